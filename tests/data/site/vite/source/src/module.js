document.getElementById("start").addEventListener("click", async () => {
  const { address } = await import("./where.js");
  const link = Object.assign(document.createElement("a"), { href: address(document.title), textContent: "Ouvrir le formulaire" });
  document.getElementById("root").replaceChildren(link);
});
