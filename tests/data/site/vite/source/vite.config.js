import { defineConfig } from "vite";

export default defineConfig({
  envPrefix: "PUBLIC_",
  build: { rollupOptions: { input: ["index.html", "plain.html", "dialog.html", "module.html"] } },
});
