// SPDX-License-Identifier: Apache-2.0

// All end-to-end tests, in one process: they share a desk and a browser, and some
// run at the same time.
import { describe } from "node:test";

const suites = ["search", "lists", "trace", "keyboard", "import", "export", "hostile", "look", "axe"];

const loaded = await Promise.all(suites.map((name) => import(`./${name}.mjs`))).catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1); // which ends the desk, as an error that nobody catches does not
});

describe("the page", { concurrency: 3 }, () => {
  for (const { scenarios } of loaded) scenarios();
});
