import { base } from "./split/base.js";
import { path } from "./split/path.js";

document.getElementById("start").addEventListener("click", () => window.open(`${base}/${path}/issues/new`));
