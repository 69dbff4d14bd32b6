// SPDX-License-Identifier: Apache-2.0

// Builds the page that is one file with one trace in it: all of its JavaScript and
// CSS in one file each, which package desk/web puts into a document.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Nothing in a script may look like the end of it, or like a comment of HTML. */
function inline(code) {
  return code.replace(/<(?=\/script|!--|script)/gi, "\\x3c");
}

/** Builds into the folder standalone of dist, or of another folder. */
export async function buildStandalone(dist = join(root, "dist")) {
  const { output } = await build({
    root,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    define: { __STANDALONE__: "true" },
    build: {
      target: "es2023",
      write: false,
      cssCodeSplit: false,
      modulePreload: false,
      rolldownOptions: {
        input: join(root, "src/standalone/main.tsx"),
        output: { format: "es", codeSplitting: false },
      },
    },
  });
  const script = output.find((file) => file.type === "chunk");
  const style = output.find((file) => file.fileName.endsWith(".css"));
  const folder = join(dist, "standalone");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "page.js"), inline(script.code));
  writeFileSync(join(folder, "page.css"), String(style.source).replaceAll("</style", "<\\/style"));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildStandalone();
