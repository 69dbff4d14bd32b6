// SPDX-License-Identifier: Apache-2.0

import { defineConfig } from "vitest/config";

/** The desk that pages under development ask; another by the variable DESK. */
const desk = process.env.DESK ?? "http://127.0.0.1:7070";

export default defineConfig({
  define: { __STANDALONE__: "false" },
  server: { proxy: { "/api": { target: desk, changeOrigin: true, headers: { origin: desk } } } },
  build: {
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  worker: { format: "es" },
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx"], environment: "node" },
});
