import react from "@astrojs/react";
import { defineConfig } from "astro/config";

export default defineConfig({
  site: "https://archicratie.example",
  integrations: [react()],
  vite: { build: { assetsInlineLimit: 0 } },
});
