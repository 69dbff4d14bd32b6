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
    rolldownOptions: {
      output: {
        // Few files compress better than many small ones.
        codeSplitting: {
          groups: [
            { name: "vendor", test: /node_modules\/(preact|@preact)/, priority: 3 },
            { name: "base", test: /src\/(api|format|i18n|state|ui)\//, priority: 2 },
            { name: "trace", test: /src\/(trace|content|graph|compare)\//, priority: 1 },
            { name: "lists", test: /src\/(traces|services|sessions)\/|uplot/, priority: 1 },
          ],
        },
      },
    },
  },
  worker: { format: "es" },
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx"], environment: "node" },
});
