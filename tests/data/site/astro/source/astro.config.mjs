import preact from "@astrojs/preact";
import { defineConfig } from "astro/config";

export default defineConfig({
  site: "https://archicratie.example",
  integrations: [preact()],
  vite: { build: { assetsInlineLimit: 0, sourcemap: process.env.FIXTURE_MAPS === "1" } },
});
