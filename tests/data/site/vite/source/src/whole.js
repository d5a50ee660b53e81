const settings = import.meta.env;
const part = (name) => settings[`PUBLIC_GITEA_${name}`];
document.getElementById("start").addEventListener("click", () => {
  location.assign([part("BASE"), part("OWNER"), part("REPO"), "issues/new"].join("/") + "?title=Proposition");
});
window.fixtureSettings = { ...settings };
