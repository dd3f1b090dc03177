import { defineConfig } from "vite";

// What comes out is the same for the same sources and lock file, byte by byte. Addresses are
// relative, so that the page also works below a path of a reverse proxy. No source maps: the bytes
// are embedded in the daemon.
export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: process.env["AURORA_DIST"] ?? "dist",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssCodeSplit: true,
    reportCompressedSize: true,
  },
});
