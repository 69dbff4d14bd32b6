// SPDX-License-Identifier: Apache-2.0

// One trace: its tabs, findings and the panel of a span.
import assert from "node:assert/strict";
import { broken, failing, newest, offloading, repeating, second } from "./demo.mjs";
import { counts, desk, eventually, parameter, says, scenario, shownTab } from "./scenario.mjs";
import { tabs } from "./tabs.mjs";

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
    for (const [id, name] of Object.entries(tabs)) {
      await page.getByRole("tab", { name, exact: true }).click();
      await says(shownTab(page), new RegExp(name));
      await parameter(page, "tab", id === "waterfall" ? null : id);
      const shown = page.getByRole("tabpanel", { name, exact: true });
      await eventually(async () => assert((await shown.innerText()).trim().length > 20, `${name} is empty`));
    }
  });
}

function statistics() {
  scenario("the columns of the statistics stand below their heads", at(newest, "?tab=statistics"), async (page) => {
    const table = page.getByRole("tabpanel").getByRole("table");
    await table.getByText("POST /v1/chat").waitFor();
    const edges = (row, role) =>
      row.getByRole(role).evaluateAll((cells) => cells.map((cell) => Math.round(cell.getBoundingClientRect().right)));
    const [head, first, last] = [0, 1, -1].map((i) => table.getByRole("row").nth(i));
    const want = await edges(head, "columnheader");
    assert(want.length > 6);
    assert.deepEqual(await edges(first, "cell"), want);
    assert.deepEqual(await edges(last, "cell"), want);
  });
}

function findings() {
  scenario("a finding jumps to its spans", at(repeating), async (page) => {
    const list = page.getByRole("region", { name: "Findings" });
    await list.getByRole("button", { name: / times one after / }).click();
    await eventually(() => assert(new URL(page.url()).searchParams.get("span")));
    await panel(page).waitFor();
    const first = new URL(page.url()).searchParams.get("span");
    await says(list.locator(".finding-way"), /1 of 20 spans, the slowest first/);
    await list.getByRole("button", { name: /^Next/ }).click();
    await eventually(() => assert.notEqual(new URL(page.url()).searchParams.get("span"), first));
  });
}

function titles() {
  scenario("the head says what was asked", at(repeating), async (page) => {
    const { run } = await desk.api(`traces/${repeating.traceId}`, { view: "run", spans: "none" });
    await page.locator(".trace-question", { hasText: run.question }).waitFor();
  });

  scenario("titles of findings are there as a whole", at(repeating), async (page) => {
    const title = page.locator(".finding-text", { hasText: "SELECT passages" }).first();
    await title.waitFor();
    assert(await title.evaluate((text) => text.scrollHeight <= text.clientHeight + 1), "the title is cut");
  });

  scenario("names in the waterfall come before what is beside them", at(repeating), async (page) => {
    await page.getByRole("region", { name: "Findings" }).getByRole("button").first().click();
    const name = page.locator('.wf-row[aria-selected="true"] .wf-title');
    await name.waitFor();
    assert(await name.evaluate((text) => text.scrollWidth <= text.clientWidth), "the name is cut");
  });
}

function rowsAbove() {
  scenario("the rows above cover what is below them, up to the edge", at(repeating), async (page) => {
    await page
      .getByRole("region", { name: "Findings" })
      .getByRole("button", { name: /ran 20 times/ })
      .first()
      .click();
    await page.locator(".wf-sticky-row").first().waitFor();
    await page.waitForFunction(() => document.querySelector(".wf-marked"));
    const [sticky, list] = await page.evaluate(() => [
      document.querySelector(".wf-sticky").getBoundingClientRect().width,
      document.querySelector(".wf-list").clientWidth,
    ]);
    assert.equal(sticky, list);
  });

  scenario("the waterfall counts spans, and groups beside them", at(repeating), async (page) => {
    const text = page.getByRole("toolbar").getByRole("status");
    await says(text, new RegExp(`^${repeating.spans - 20} of ${repeating.spans} spans, 1 group$`));
    await page.getByRole("row", { name: /SELECT passages/ }).click();
    await says(text, new RegExp(`^${repeating.spans} spans, 1 group$`));
  });
}

function narrow() {
  const options = { viewport: { width: 800, height: 900 } };
  const place = (locator) => locator.evaluate((element) => element.getBoundingClientRect().toJSON());

  const beside = async (page) => {
    const list = page.getByRole("treegrid", { name: "Waterfall" });
    await panel(page).waitFor();
    const [above, below] = [await place(list), await place(panel(page))];
    assert(above.bottom <= below.top + 1, `${above.bottom} and ${below.top}`);
    assert(above.height > 120, `the waterfall is ${above.height} px high`);
    await list.evaluate((each) => {
      each.scrollTop = each.scrollHeight;
    });
    await page.getByRole("row", { name: /^Collapse: Model/ }).click();
    await page.getByRole("region", { name: "Findings" }).getByRole("button").first().click();
    await eventually(async () => {
      const row = await place(page.locator(".wf-row[aria-selected=true]"));
      const [shown, sticky] = [await place(list), await place(page.locator(".wf-sticky"))];
      assert(row.top >= sticky.bottom - 1 && row.bottom <= shown.bottom, "the selected row is out of sight");
    });
    await panel(page).getByRole("button", { name: "Close" }).click();
    await counts(panel(page), 0);
    await eventually(async () => assert((await place(list)).height > above.height + 150));
  };
  scenario(
    "at 800 px the panel stands below the waterfall",
    at(newest, `?span=${newest.root.spanId}`),
    beside,
    options,
  );

  const findings = async (page) => {
    const list = page.getByRole("region", { name: "Findings" });
    const { findings: all } = await desk.api(`traces/${repeating.traceId}`, { view: "findings" });
    const more = list.getByRole("button", { name: /^\d+ more$/ });
    const hidden = Number.parseInt(await more.innerText(), 10);
    await counts(list.locator(".finding:visible"), all.length - hidden);
    await more.click();
    await counts(list.locator(".finding:visible"), all.length);
    const [last, row] = [await place(list.locator(".finding").last()), await place(list)];
    assert(last.bottom <= row.bottom, "the last finding is cut off");
    await list.getByRole("button", { name: "Fewer" }).click();
    await counts(list.locator(".finding:visible"), all.length - hidden);
  };
  scenario("findings beyond two lines are one click away", at(repeating), findings, options);
}

function spanPanel() {
  const span = (trace) => at(trace, `?span=${trace.root.spanId}`);

  scenario("the panel shows a span and searches by its attributes", span(newest), async (page) => {
    await panel(page).getByText("http.route", { exact: true }).waitFor();
    await panel(page).getByRole("button", { name: "Search for this: http.route" }).click();
    await parameter(page, "q", '{ span.http.route = "/v1/chat" }');
    await page.goBack();
    await panel(page).getByRole("button", { name: "Search for others: http.route" }).click();
    await eventually(() => assert.match(page.url(), /http\.route/));
    await eventually(() => assert.match(new URL(page.url()).searchParams.get("q"), /!=/));
  });

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
    const link = new URL(answer.url()).searchParams.get("url");
    await eventually(async () => assert((await load.count()) < before));
    const same = page.locator(".content-stored").filter({ hasText: link });
    await counts(same.getByRole("button", { name: "Load the value" }), 0); // wherever it stands
  });
}

function flame() {
  scenario("the flame graph counts time or tokens", at(newest, "?tab=flame"), async (page) => {
    const operations = page.getByRole("tabpanel").getByRole("table");
    await operations.getByText("decode").waitFor();
    await page.getByRole("group", { name: "As wide as" }).getByRole("button", { name: "Tokens" }).click();
    await parameter(page, "by", "tokens");
    await page.getByRole("button", { name: "Merged", exact: true }).click();
    await parameter(page, "order", "merged");
    await operations.getByText("Model", { exact: true }).click();
    await parameter(page, "find", "Model");
  });
}

function graphs() {
  scenario("the text of the services can be read", at(newest, "?tab=services"), async (page) => {
    const text = page.getByRole("tabpanel").locator("svg text").first();
    await text.waitFor();
    const scale = await text.evaluate((element) => element.getScreenCTM().a);
    assert(scale >= 0.8, `the scale is ${scale}`);
  });

  for (const [tab, text] of Object.entries({ sequence: "POST /v1/chat", topology: "Guide", services: "engine" })) {
    scenario(`a click in the ${tab} selects a span`, at(newest, `?tab=${tab}`), async (page) => {
      await page.getByRole("tabpanel").locator("svg").getByText(text, { exact: true }).first().click();
      await panel(page).waitFor();
      await eventually(() => assert(new URL(page.url()).searchParams.get("span")));
    });
  }
}

function run() {
  scenario(
    "the run says what was asked, what it cost and which tools it used",
    at(newest, "?tab=run"),
    async (page) => {
      const shown = page.getByRole("tabpanel", { name: "Agent run" });
      await shown.getByText("Question", { exact: true }).waitFor();
      await shown.getByText("Answer", { exact: true }).first().waitFor();
      await shown.getByRole("tab", { name: /Tokens and cost/ }).click();
      await shown.getByText(/USD/).first().waitFor();
      await shown.getByRole("tab", { name: /Tool calls/ }).click();
      await shown.getByText("flights").first().waitFor();
    },
  );

  scenario("the failed node says what went in and what went wrong", at(broken, "?tab=run"), async (page) => {
    const shown = page.getByRole("tabpanel", { name: "Agent run" });
    await shown.getByText("Flights", { exact: true }).first().click();
    await shown.getByText("Atlantis").first().waitFor();
    await shown
      .getByText(/no airline flies to Atlantis/)
      .first()
      .waitFor();
  });
}

function comparison() {
  const both = `/compare?baseline=${newest.traceId}&comparison=${second.traceId}`;

  scenario("two traces are compared in every way", both, async (page) => {
    for (const name of ["Tree", "Flame graph", "Topology", "Statistics", "Input and output"]) {
      await page.getByRole("tab", { name, exact: true }).click();
      await says(page.getByRole("tab", { selected: true }), new RegExp(name));
      await eventually(async () => assert((await page.getByRole("tabpanel").innerText()).trim().length > 20, name));
    }
    await page.reload();
    await says(page.getByRole("tab", { selected: true }), /Input and output/);
    const delta = page.locator(".compare-sides tr").last().locator("td");
    await says(delta.nth(1), /^[+−][\d.]+ \w+ \([+−][\d.]+ %\)$/);
    await counts(delta.nth(1).locator(".more, .less"), 1);
    await counts(delta.nth(2).locator(".more, .less"), 0);
    await page.getByRole("button", { name: "Swap A and B" }).click();
    await parameter(page, "baseline", second.traceId);
  });

  scenario("what is compared is told apart by what was asked", both, async (page) => {
    const { runs } = await desk.api("runs", { trace: newest.traceId });
    await page.locator(".compare-sides tr").nth(1).getByText(runs[0].question, { exact: true }).waitFor();
  });

  const within = async (page) => {
    await page.locator(".compare-delta").nth(1).waitFor();
    const list = page.getByRole("table", { name: "Statistics" });
    assert(await list.evaluate((each) => each.scrollWidth <= each.clientWidth), "a column is out of sight");
  };
  const narrow = { viewport: { width: 800, height: 900 } };
  scenario("at 800 px the numbers of a comparison are in sight", `${both}&view=statistics`, within, narrow);

  scenario("a trace to compare with is searched for, and the longest come first", "/compare", async (page) => {
    const picker = page.getByRole("region", { name: "Choose the first trace (A)" });
    await picker.getByRole("textbox").fill("Atlantis");
    await picker.getByRole("button", { name: "Search" }).click();
    const { traces } = await desk.api("traces", { q: '{ any like "*Atlantis*" }', limit: 50 });
    await counts(picker.getByRole("listitem"), traces.length);
    await picker.getByRole("button", { name: "Longest first" }).click();
    await eventually(async () => {
      const shown = await picker.locator(".picker-duration").allInnerTexts();
      const values = shown.map((text) => Number.parseFloat(text) * (text.endsWith(" s") ? 1000 : 1));
      assert.deepEqual(
        values,
        values.toSorted((a, b) => b - a),
      );
    });
  });

  scenario("a trace is compared with one that is chosen", at(newest, "?tab=compare"), async (page) => {
    const other = page.getByRole("tabpanel").getByRole("listitem").getByRole("button");
    await other.first().click();
    await page.getByRole("tab", { name: "Input and output" }).waitFor();
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
  statistics();
  findings();
  titles();
  rowsAbove();
  narrow();
  spanPanel();
  flame();
  graphs();
  run();
  comparison();
  find();
}
