// SPDX-License-Identifier: Apache-2.0

// What axe-core says of every page and tab, light and dark, wide and narrow.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { failing, newest, second } from "./demo.mjs";
import { rows, scenario } from "./scenario.mjs";
import { tabs } from "./tabs.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** In the page: what is serious, each in one line. Themes differ in their colours only. */
async function violations(theme) {
  const rules = theme === "dark" ? { runOnly: ["color-contrast"] } : {};
  const { violations: found } = await window.axe.run({ resultTypes: ["violations"], ...rules });
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 200)).join("\n    ")}`);
}

async function check(page) {
  await page.evaluate(axe);
  for (const width of [1440, 800]) {
    for (const colorScheme of ["light", "dark"]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await page.evaluate(violations, colorScheme), [], `${colorScheme}, ${width} px`);
    }
  }
}

/** Waits until nothing says any more that it loads. */
async function settled(page) {
  await page.waitForLoadState("networkidle");
  await page.locator('[aria-busy="true"]').waitFor({ state: "detached" });
}

function pages() {
  const compare = `/compare?baseline=${newest.traceId}&comparison=${second.traceId}`;
  return {
    "the list of traces": "/",
    "the builder": "/?builder=1&q=%7B+status+%3D+error+%7D",
    "a query that cannot be read": "/?q=%7B+name+%3D+%7D",
    "a list without rows": "/?q=%7B+name+%3D+%22nothing%22+%7D",
    "spans with a column": "/?mode=spans&field=model",
    sessions: "/sessions",
    "a session": "/sessions/chat-3",
    "services and operations": "/services?service=engine",
    compare,
    "compare without traces": "/compare",
  };
}

/** All tests by axe-core. */
export function scenarios() {
  for (const [name, path] of Object.entries(pages())) {
    scenario(`axe: ${name}`, path, async (page) => {
      await settled(page);
      await check(page);
    });
  }
  for (const [tab, name] of Object.entries(tabs)) {
    scenario(
      `axe: ${name} of a trace`,
      `/trace/${failing.traceId}?tab=${tab}&span=${failing.root.spanId}`,
      async (page) => {
        await page.getByRole("tabpanel").first().waitFor();
        await settled(page);
        await check(page);
      },
    );
  }
  scenario("axe: the sheet of keys, and a menu", "/", async (page) => {
    await rows(page, "Traces").first().waitFor();
    await page.getByRole("button", { name: "Theme" }).click();
    await page.getByRole("menu").waitFor();
    await check(page);
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    await check(page);
  });
}
