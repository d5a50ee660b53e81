import { address } from "./where.js";

const find = (id) => document.getElementById(id);
find("start").addEventListener("click", () => find("dialog").showModal());
find("close").addEventListener("click", () => find("dialog").close());
find("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const { kind, part } = Object.fromEntries(new FormData(event.target));
  if (kind && part) window.open(address(`${kind} (${part})`));
});
