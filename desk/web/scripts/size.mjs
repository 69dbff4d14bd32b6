// SPDX-License-Identifier: Apache-2.0

// Fails when all JavaScript of the page together, compressed with gzip, is larger
// than it may be.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const limit = 150 * 1024;
const folder = new URL("../dist/", import.meta.url);

const sizes = [...readdirSync(folder), ...readdirSync(new URL("assets/", folder)).map((name) => `assets/${name}`)]
  .filter((name) => name.endsWith(".js"))
  .map((name) => ({ name, bytes: gzipSync(readFileSync(new URL(name, folder)), { level: 9 }).length }))
  .sort((a, b) => b.bytes - a.bytes);
const total = sizes.reduce((sum, file) => sum + file.bytes, 0);
for (const file of sizes) console.log(`${String(file.bytes).padStart(8)}  ${file.name}`);
console.log(`${String(total).padStart(8)}  of ${limit} bytes`);
if (total > limit) process.exit(1);
