// SPDX-License-Identifier: Apache-2.0

// A trace as one file, opened from the disk in a browser without a network.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { usual, watch } from "./browser.mjs";
import { newest } from "./demo.mjs";
import { clean, image, sent } from "./hostile.mjs";
import { browser, desk, eventually, says, scenario } from "./scenario.mjs";

/** The tabs that need no desk, and what each draws of a run of the demo. */
const shown = {
  Waterfall: "[role=treegrid] [role=gridcell]",
  "Flame graph": "canvas",
  Sequence: ".seq-row",
  Topology: ".graph-node",
  Services: ".graph-node",
  Statistics: "[role=cell]",
  "Agent run": ".step",
  Logs: ".log-line",
};

async function saved(page, folder) {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page
      .getByRole("button", { name: "Save", exact: true })
      .click()
      .then(() => page.getByRole("menuitem", { name: /^HTML/ }).click()),
  ]);
  const path = join(folder, download.suggestedFilename());
  await download.saveAs(path);
  return pathToFileURL(path).href;
}

/** Saves the trace of a page, and looks at the file in a context of its own. */
async function opened(page, look) {
  const folder = await mkdtemp(join(tmpdir(), "desk-export-"));
  const url = await saved(page, folder);
  const context = await browser.newContext({ ...usual, offline: true });
  try {
    const file = await context.newPage();
    const complaints = watch(file, "file://", [url]);
    await file.goto(url);
    await look(file);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
    await rm(folder, { recursive: true });
  }
}

/** Where the parts of a tab stand, by their selectors. */
function places(page, selectors) {
  return page.evaluate(
    (wanted) =>
      wanted.map((selector) => {
        const { left, width, height } = document.querySelector(selector).getBoundingClientRect();
        return [selector, left, width, height].join(" ");
      }),
    selectors,
  );
}

async function everyTab(file, look) {
  for (const name of Object.keys(shown)) {
    await file.getByRole("tab", { name, exact: true }).click();
    const panel = file.getByRole("tabpanel", { name, exact: true });
    await eventually(async () => assert((await panel.innerText()).trim().length > 20, `${name} is empty`));
    await look?.(panel, name);
  }
}

/** All tests of exports. */
export function scenarios() {
  scenario("a saved trace opens from the disk, without a desk or a network", `/trace/${newest.traceId}`, (page) =>
    opened(page, async (file) => {
      await says(file.getByRole("heading", { level: 1 }), /POST \/v1\/chat/);
      await everyTab(file, (panel, name) => panel.locator(shown[name]).first().waitFor());
      const ends = file.getByRole("main").evaluate((main) => innerHeight - main.getBoundingClientRect().bottom);
      assert.equal(await ends, 0);
      await file.getByRole("tab", { name: "Waterfall" }).click();
      await file.keyboard.press("j");
      await file.keyboard.press("Enter");
      await file.getByRole("complementary", { name: "Selected span" }).waitFor();
      await file.getByRole("region", { name: "Findings" }).getByRole("button").first().click();
      await file.getByText(/1 of \d+ spans?/).waitFor();
    }),
  );

  scenario("a saved trace looks as in the desk", `/trace/${newest.traceId}?tab=run`, async (page) => {
    const parts = [".figures", ".run-figures", ".node-facts", ".node-head", ".content", ".trace-tab"];
    const ready = (where) => where.getByText("Answer", { exact: true }).first().waitFor();
    await ready(page);
    await opened(page, async (file) => {
      await file.getByRole("tab", { name: "Agent run" }).click();
      await ready(file);
      await eventually(async () => {
        const [own, kept] = [await places(page, parts), await places(file, parts)];
        assert.deepEqual(kept, own);
      });
    });
  });

  scenario("a trace is saved as JSON that can be imported", `/trace/${newest.traceId}`, async (page) => {
    await page.getByRole("button", { name: "Save", exact: true }).click();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: /^JSON/ }).click(),
    ]);
    assert.equal(file.suggestedFilename(), `trace-${newest.traceId}.json`);
    await page.goto(desk.page);
    const [chooser] = await Promise.all([
      page.waitForEvent("filechooser"),
      page.getByRole("button", { name: "Import a file" }).click(),
    ]);
    await chooser.setFiles(await file.path());
    await page.waitForURL(new RegExp(`/trace/${newest.traceId}`));
  });

  const hostile = async () => `/trace/${(await sent).traceId}`;
  scenario("a saved trace with hostile text shows it as text", hostile, (page) =>
    opened(page, async (file) => {
      await file.getByRole("heading", { level: 1 }).getByText(image).waitFor();
      await everyTab(file);
      await clean(file);
    }),
  );
}
