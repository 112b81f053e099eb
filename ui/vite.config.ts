// Builds the window's page into dist/, with relative addresses so that Tauri's own protocol and a plain web server can both serve it.
import { paraglideVitePlugin } from "@inlang/paraglide-js";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Address of a `brickwork serve` that the development server passes API calls to. */
const API = process.env.BRICKWORK_API ?? "http://127.0.0.1:7860";

/** The window freezes `Object.prototype`, so that no script can change what every object inherits. After that an inherited property cannot
 * be assigned to, which d3-color (a part of the canvas) does once while it loads; here it defines the property instead. */
const frozenPrototypes = () => ({
  name: "frozen-prototypes",
  transform(code: string, id: string) {
    if (!id.includes("d3-color/")) return null;
    const assigned = "prototype.constructor = constructor;";
    if (!code.includes(assigned))
      throw new Error(
        `${id} does not hold \`${assigned}\` any more: look whether it still works with frozen prototypes`,
      );
    return {
      code: code.replace(
        assigned,
        'Object.defineProperty(prototype, "constructor", { value: constructor, writable: true, configurable: true });',
      ),
      map: null,
    };
  },
});

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
    frozenPrototypes(),
  ],
  server: { port: 1420, strictPort: true, proxy: { "/api": API } },
  build: {
    target: "es2022",
    outDir: "dist",
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        // Screens are loaded one by one. What several of them share in small pieces is one file, not a request for each icon.
        codeSplitting: {
          groups: [
            {
              name: "shared",
              test: /lucide-react|paraglide|src[\\/]api[\\/]/,
              minShareCount: 2,
              maxModuleSize: 12_000,
            },
          ],
        },
      },
    },
  },
  test: {
    environment: "happy-dom",
    setupFiles: ["./src/test/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    css: false,
    // A user-event journey takes seconds on a machine that compiles beside it.
    testTimeout: 30_000,
  },
});
