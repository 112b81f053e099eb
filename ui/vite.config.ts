// Builds the window's page into dist/, with relative addresses so that Tauri's own protocol and a plain web server can both serve it.
import { paraglideVitePlugin } from "@inlang/paraglide-js";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Address of a `brickwork serve` that the development server passes API calls to. */
const API = process.env.BRICKWORK_API ?? "http://127.0.0.1:7860";

export default defineConfig({
  base: "./",
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  plugins: [
    // Tests use the messages that `npm run messages` compiled: the plugin's file watcher would keep them from ending.
    !process.env.VITEST &&
      paraglideVitePlugin({
        project: "./project.inlang",
        outdir: "./src/paraglide",
        strategy: ["globalVariable", "baseLocale"],
      }),
    react(),
  ],
  server: { port: 1420, strictPort: true, proxy: { "/api": API } },
  build: { target: "es2022", outDir: "dist", assetsInlineLimit: 0, chunkSizeWarningLimit: 1200 },
  test: {
    environment: "happy-dom",
    setupFiles: ["./src/test/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    css: false,
    // A user-event journey takes seconds on a machine that compiles beside it.
    testTimeout: 30_000,
  },
});
