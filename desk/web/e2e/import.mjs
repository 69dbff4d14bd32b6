// SPDX-License-Identifier: Apache-2.0

// Files that are dropped on the page.
import assert from "node:assert/strict";
import { traceOf } from "./otlp.mjs";
import { desk, says, scenario } from "./scenario.mjs";

async function drop(page, name, text) {
  const files = await page.evaluateHandle(
    ([fileName, content]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([content], fileName));
      return transfer;
    },
    [name, text],
  );
  await page.dispatchEvent("main", "dragover", { dataTransfer: files });
  await page.getByText("Drop the file to import its traces").waitFor();
  await page.dispatchEvent("main", "drop", { dataTransfer: files });
}

/** All tests of imports. */
export function scenarios() {
  scenario("a dropped file is imported, and its trace opens", "/", async (page) => {
    const { traceId, body } = traceOf({ service: "imported", spans: [{ name: "from a file" }, { name: "below" }] });
    await drop(page, "traces.json", JSON.stringify(body));
    await page.waitForURL(new RegExp(`/trace/${traceId}`));
    await says(page.getByRole("heading", { level: 1 }), /from a file/);
    assert.equal((await desk.api(`traces/${traceId}`, { view: "findings" })).spans.length, 2);
  });
}
