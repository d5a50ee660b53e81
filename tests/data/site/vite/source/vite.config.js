import { defineConfig } from "vite";

const pages = ["index", "plain", "dialog", "module", "split", "whole"];
const ownChunk = (id) => (id.includes("/split/") ? id.split("/").pop().replace(".js", "") : undefined);

export default defineConfig({
  envPrefix: "PUBLIC_",
  build: { rollupOptions: { input: pages.map((name) => `${name}.html`), output: { manualChunks: ownChunk } } },
});
