// SPDX-License-Identifier: Apache-2.0

// Says whether dist is what the sources build: builds them into a folder of its own
// and compares.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { buildStandalone } from "./standalone.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const committed = join(root, "dist");
const built = mkdtempSync(join(tmpdir(), "desk-web-"));

function files(folder) {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    all.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path)];
    }),
  );
}

function differences(have, want) {
  const names = [...new Set([...have.keys(), ...want.keys()])].sort();
  return names.filter((name) => !have.get(name)?.equals(want.get(name) ?? Buffer.alloc(0)));
}

try {
  await build({ root, logLevel: "warn", build: { outDir: built, emptyOutDir: true } });
  await buildStandalone(built);
  const wrong = differences(files(committed), files(built));
  if (wrong.length > 0) {
    console.error(`dist is not what the sources build: run npm run build\n  ${wrong.join("\n  ")}`);
    process.exitCode = 1;
  }
} finally {
  rmSync(built, { recursive: true });
}
