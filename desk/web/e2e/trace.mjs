// SPDX-License-Identifier: Apache-2.0

// One trace: its tabs, findings and the panel of a span.
import assert from "node:assert/strict";
import { failing, newest, offloading, repeating } from "./demo.mjs";
import { counts, desk, eventually, parameter, says, scenario, shownTab } from "./scenario.mjs";
import { filled, tabs } from "./tabs.mjs";

const panel = (page) => page.getByRole("complementary", { name: "Selected span" });
const at = (trace, query = "") => `/trace/${trace.traceId}${query}`;

function head() {
  scenario("the head says what the trace is", at(failing), async (page) => {
    await says(page.getByRole("heading", { level: 1 }), /POST \/v1\/chat/);
    const figures = page.locator(".figures");
    await says(figures, new RegExp(`SPANS\\s+${failing.spans}`, "i"));
    await says(figures, new RegExp(`ERRORS\\s+${failing.errors}`, "i"));
  });

  scenario("every tab shows something", at(failing), async (page) => {
    for (const [id, name] of Object.entries(filled)) {
      await page.getByRole("tab", { name, exact: true }).click();
      await says(shownTab(page), new RegExp(name));
      await parameter(page, "tab", id === "waterfall" ? null : id);
      const shown = page.getByRole("tabpanel", { name, exact: true });
      await eventually(async () => assert((await shown.innerText()).trim().length > 20, `${name} is empty`));
    }
  });
}

function findings() {
  scenario("a finding jumps to its spans", at(repeating), async (page) => {
    const list = page.getByRole("region", { name: "Findings" });
    await list.getByRole("button").first().click();
    await eventually(() => assert(new URL(page.url()).searchParams.get("span")));
    await panel(page).waitFor();
    const first = new URL(page.url()).searchParams.get("span");
    await list.getByRole("button", { name: /^Next/ }).click();
    await eventually(() => assert.notEqual(new URL(page.url()).searchParams.get("span"), first));
  });
}

function spanPanel() {
  scenario("a value in object storage is loaded when asked for", at(offloading, "?tab=run"), async (page) => {
    await page.getByRole("tabpanel").getByText("Model", { exact: true }).first().click();
    const load = page.getByRole("button", { name: "Load the value" });
    await load.first().waitFor();
    const before = await load.count();
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url().includes("/objects?")),
      load.first().click(),
    ]);
    assert(answer.ok());
    await counts(load, before - 1);
  });
}

function find() {
  scenario("a search in the trace goes from match to match", at(newest), async (page) => {
    const field = page.getByRole("searchbox", { name: "Find in this trace" });
    await field.fill("agent");
    await says(page.getByRole("search").getByRole("status"), /of \d+/);
    await field.press("Enter");
    await says(page.getByRole("search").getByRole("status"), /^1 of/);
    await field.press("Enter");
    await says(page.getByRole("search").getByRole("status"), /^2 of/);
    await page.getByRole("button", { name: "Previous" }).click();
    await says(page.getByRole("search").getByRole("status"), /^1 of/);
  });

  scenario("the selected span is the same in every tab", at(newest), async (page) => {
    const { spans } = await desk.api(`traces/${newest.traceId}`, { view: "findings" });
    await page.goto(`${desk.page}${at(newest, `?span=${spans[3].id}`)}`);
    for (const name of Object.values(tabs).slice(0, 6)) {
      await page.getByRole("tab", { name, exact: true }).click();
      await parameter(page, "span", spans[3].id);
    }
  });
}

/** All tests of a trace. */
export function scenarios() {
  head();
  findings();
  spanPanel();
  find();
}
