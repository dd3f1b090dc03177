import { readdirSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vite";

// The unit tests, compiled for node's own runner (`node --test`).
const tests = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".test.ts"));

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    ssr: true,
    outDir: process.env["AURORA_UNIT"] ?? "unit",
    emptyOutDir: true,
    target: "node20",
    minify: false,
    rollupOptions: {
      input: Object.fromEntries(tests.map((name) => [name.replace(/\.ts$/, "").replaceAll("/", "_"), join("src", name)])),
      output: { entryFileNames: "[name].mjs" },
    },
  },
});
