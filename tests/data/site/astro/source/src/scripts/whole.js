const env = import.meta.env;
export function setting(name) {
  return env[name];
}
window.fixtureSettings = { mode: env.MODE, all: env };
