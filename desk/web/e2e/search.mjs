// SPDX-License-Identifier: Apache-2.0

// Looking for traces: words, TraceQL, the builder, filters, time, ids.
import assert from "node:assert/strict";
import { broken, newest } from "./demo.mjs";
import { traceOf } from "./otlp.mjs";
import { counts, desk, eventually, parameter, rows, says, scenario } from "./scenario.mjs";

const field = (page) => page.getByRole("combobox", { name: "Search", exact: true });
const total = (page) => page.locator(".traces-total");

async function search(page, text) {
  await field(page).fill(text);
  await field(page).press("Enter");
}

async function choose(page, filter, item) {
  await page.getByRole("group", { name: "Quick filters" }).getByRole("button", { name: filter }).click();
  await page.getByRole("menu").getByRole("menuitemcheckbox", { name: item }).click();
}

function text() {
  scenario("a search by TraceQL finds what it says", "/", async (page) => {
    const { traces } = await desk.api("traces", { q: "{ status = error }", limit: 100 });
    await search(page, "{ status = error }");
    await parameter(page, "q", "{ status = error }");
    await says(total(page), new RegExp(`^${traces.length} traces, ${traces.length} with errors`));
    await counts(rows(page, "Traces"), traces.length);
  });

  scenario("a search by words finds what was said", "/", async (page) => {
    await search(page, "Atlantis");
    await parameter(page, "q", '{ any like "*Atlantis*" }');
    const { traces } = await desk.api("traces", { q: '{ any like "*Atlantis*" }' });
    assert(traces.length > 0);
    await counts(rows(page, "Traces"), traces.length);
  });

  scenario("a search without matches says what to do", "/?q=%7B+name+%3D+%22nothing+like+it%22+%7D", async (page) => {
    await page.getByText("No trace matches").waitFor();
    await page.getByRole("button", { name: "Clear the query" }).click();
    await parameter(page, "q", null);
  });

  scenario("suggestions complete keys, operators and values", "/", async (page) => {
    await field(page).click();
    await page.keyboard.type("{ stat");
    await page
      .getByRole("option", { name: /^status/ })
      .first()
      .waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    assert.equal(await field(page).inputValue(), "{ status ");
    await page.keyboard.type("= e");
    await page.getByRole("option", { name: "error" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Tab");
    await page.keyboard.type("}");
    await page.keyboard.press("Enter");
    await parameter(page, "q", "{ status = error }");
  });
}

function fields() {
  scenario("values are asked for of fields that there are", "/?builder=1", async (page) => {
    const asked = [];
    page.on("request", (request) => asked.push(request.url()));
    await field(page).click();
    await page.keyboard.type("{ cost > ");
    await page.keyboard.type("5");
    await field(page).fill("{ tool = ");
    await page.getByRole("option", { name: "flights" }).waitFor();
    const form = page.locator("form.builder");
    await form.getByLabel("Value").focus();
    await form.getByLabel("Field").pressSequentially("model");
    await eventually(() => assert(asked.some((url) => url.includes("field=model"))));
    const values = asked.filter((url) => url.includes("/fields/values"));
    assert.deepEqual([...new Set(values.map((url) => new URL(url).searchParams.get("field")))], ["tool", "model"]);
  });

  scenario("spans have tokens and an order, and a column is a field that there is", "/?mode=spans", async (page) => {
    const all = (await desk.api("spans", { limit: 1, total: true })).total.count;
    await says(total(page), new RegExp(`^${String(all).replace(/\B(?=(\d{3})+$)/g, "\\s")} spans$`));
    await page.getByRole("columnheader", { name: "Tokens" }).waitFor();
    await page.getByRole("columnheader", { name: "Duration" }).getByRole("button").click();
    await parameter(page, "order", "longest");
    await page.getByRole("button", { name: "Columns" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Field", { exact: true }).fill("cost");
    await dialog.getByRole("button", { name: "Add" }).click();
    await dialog.getByRole("alert").waitFor();
    await parameter(page, "field", null);
    await dialog.getByLabel("Field", { exact: true }).fill("model");
    await dialog.getByRole("button", { name: "Add" }).click();
    await parameter(page, "field", "model");
    await counts(dialog.getByRole("alert"), 0);
    await page.keyboard.press("Escape");
    await page.getByRole("columnheader", { name: "model" }).waitFor();
  });
}

function wrong() {
  scenario("a query that cannot be read shows its error under the column", "/", async (page) => {
    await search(page, "{ name = }");
    await says(page.locator(".query-error"), /Column 10/);
    await eventually(async () => assert.equal(await field(page).getAttribute("aria-invalid"), "true"));
    await page.getByRole("button", { name: "Clear", exact: true }).click();
    await counts(page.locator(".query-error"), 0);
  });

  scenario("a query that cannot be read comes with some that can be", "/?q=%7B+name+%3D+%7D", async (page) => {
    const examples = page.locator(".wrong-examples button.mono");
    for (const example of await examples.allInnerTexts()) {
      assert.equal((await desk.api("query", { q: example })).valid, true, example);
    }
    await examples.first().click();
    await parameter(page, "q", "{ status = error }");
    await rows(page, "Traces").first().waitFor();
  });

  scenario("a query that cannot be read leaves the list, which says of what it is", "/", async (page) => {
    await rows(page, "Traces").first().waitFor();
    const before = await rows(page, "Traces").count();
    await search(page, "{ name = }");
    await page.getByText("What is listed is of the query before.").waitFor();
    await counts(rows(page, "Traces"), before);
    await counts(page.locator(".list.stale"), 1);
    await search(page, "{ status = error }");
    await counts(page.locator(".list.stale"), 0);
  });
}

function builder() {
  scenario("the builder writes TraceQL and reads it", "/?builder=1", async (page) => {
    const form = page.locator("form.builder");
    await form.getByLabel("Field").fill("span.node.type");
    await form.getByLabel("Value").fill("tool");
    await form.getByRole("button", { name: "Add a condition" }).click();
    await form.getByLabel("Field").nth(1).fill("duration");
    await form.getByLabel("Operator").nth(1).selectOption(">=");
    await form.getByLabel("Value").nth(1).fill("1ms");
    await form.getByRole("button", { name: "Search" }).click();
    await parameter(page, "q", '{ span.node.type = "tool" && duration >= 1ms }');
    await search(page, "{ kind = server && duration > 5ms }");
    await eventually(async () => assert.equal(await form.getByLabel("Field").first().inputValue(), "kind"));
    assert.equal(await form.getByLabel("Operator").nth(1).inputValue(), ">");
    assert.equal(await form.getByLabel("Value").nth(1).inputValue(), "5ms");
    await search(page, "{ status = error } | count() > 1");
    await page.getByText("can be edited as text only").waitFor();
  });
}

function failedRuns() {
  scenario("failed runs are a filter of their own, and marked", "/", async (page) => {
    const failed = page.getByRole("button", { name: "Failed", exact: true });
    await rows(page, "Traces").first().waitFor();
    await page.keyboard.press("e");
    await parameter(page, "q", "{ status = error }");
    const some = await desk.api("traces", { q: "{ status = error }", limit: 100 });
    await counts(rows(page, "Traces"), some.traces.length);
    const asked = page.waitForResponse((response) => response.url().includes("/traces?"));
    await failed.click();
    await asked;
    const q = new URL(page.url()).searchParams.get("q");
    const { traces } = await desk.api("traces", { q, limit: 100 });
    assert(traces.some(({ traceId }) => traceId === broken.traceId));
    assert(traces.length < some.traces.length, `${traces.length} of ${some.traces.length}`);
    await counts(rows(page, "Traces"), traces.length);
    await counts(rows(page, "Traces").filter({ hasText: "Failed" }), traces.length);
    await failed.click();
    await parameter(page, "q", "{ status = error }");
    await counts(rows(page, "Traces").filter({ hasText: "Failed" }), traces.length);
    await choose(page, "Tool", "Any tool");
    await parameter(page, "q", "{ status = error && tool != nil }");
    await page.getByRole("button", { name: "Any tool" }).waitFor();
  });
}

function filters() {
  scenario("quick filters add conditions and take them away", "/", async (page) => {
    const errors = page.getByRole("button", { name: "Errors", exact: true }).first();
    await errors.click();
    await parameter(page, "q", "{ status = error }");
    await errors.click();
    await parameter(page, "q", null);
    await choose(page, /Service/, "engine");
    await choose(page, /Slow/, "Longer than 100 ms");
    await parameter(page, "q", '{ resource.service.name = "engine" && traceDuration >= 100ms }');
    await page.getByRole("button", { name: /Longer than 100 ms/ }).click();
    await page.getByRole("menuitemcheckbox", { name: "Longer than 1 min" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /Service: engine/ }).click();
    await page.getByRole("menuitem", { name: "Without this filter" }).click();
    await parameter(page, "q", "{ traceDuration >= 100ms }");
  });

  scenario("a time range is part of the address", "/", async (page) => {
    await page.getByRole("button", { name: "Time range" }).click();
    await page.getByRole("menuitemcheckbox", { name: "Last 15 minutes" }).click();
    await parameter(page, "from", "now-15m");
    await page.getByRole("button", { name: "Time range" }).click();
    await page.getByRole("menuitemcheckbox", { name: "From … to …" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("From").fill("2001-02-03T04:05:06");
    await dialog.getByLabel("To").fill("2001-02-03T05:05:06");
    await dialog.getByRole("button", { name: "Apply" }).click();
    await page.getByText("No trace matches").waitFor();
    await page.getByRole("button", { name: "Look in all time" }).click();
    await counts(page.getByText("No trace matches"), 0);
  });

  scenario("dragging over the durations selects time and duration", "/", async (page) => {
    const box = await page.getByRole("img", { name: "Durations of traces over time" }).boundingBox();
    await page.mouse.move(box.x + box.width * 0.4, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await eventually(() => assert.match(page.url(), /from=\d+.*to=\d+/));
    await eventually(() => assert.match(page.url(), /traceDuration/));
  });

  scenario("columns and order are part of the address", "/", async (page) => {
    await page.getByRole("button", { name: "Columns" }).click();
    await page.getByRole("menuitemcheckbox", { name: "Logs" }).click();
    await page.keyboard.press("Escape");
    await page.getByRole("columnheader", { name: "Logs" }).waitFor();
    await page.getByRole("button", { name: "Duration", exact: true }).click();
    await parameter(page, "order", "longest");
    const { traces } = await desk.api("traces", { order: "longest", limit: 1 });
    const first = rows(page, "Traces").first().locator("a.row-link");
    await eventually(async () => assert.match(await first.getAttribute("href"), new RegExp(traces[0].traceId)));
  });
}

/** What the cells of a column say, from the top. */
async function column(page, title) {
  const titles = await page.getByRole("table", { name: "Traces" }).getByRole("columnheader").allInnerTexts();
  const at = titles.findIndex((each) => each.startsWith(title));
  return Promise.all((await rows(page, "Traces").all()).map((row) => row.getByRole("cell").nth(at).innerText()));
}

function figures() {
  const asked = [];
  const listen = async (page) => {
    page.on("request", (request) => asked.push(request.url()));
    await page.reload();
  };

  scenario("rows say what was asked and what it cost, in a request for several", "/", async (page) => {
    await listen(page);
    const { runs } = await desk.api("runs", { trace: newest.traceId });
    assert.match(runs[0].question, /\w+/);
    const row = rows(page, "Traces").filter({ has: page.locator(`a[href*="${newest.traceId}"]`) });
    await row.getByText(runs[0].question).waitFor();
    await eventually(async () => assert((await column(page, "Cost")).every((cost) => cost !== "")));
    const shown = await rows(page, "Traces").count();
    const requests = asked.filter((url) => url.includes("/runs?"));
    assert(requests.length <= shown / 4, `${requests.length} requests for ${shown} rows`);
    assert.deepEqual(
      asked.filter((url) => url.includes("view=run")),
      [],
    );
  });

  scenario("costs below each other have as many decimals", "/", async (page) => {
    await eventually(async () => {
      const costs = (await column(page, "Cost")).filter((cost) => cost.includes("USD"));
      assert(costs.length > 5);
      assert.equal(new Set(costs.map((cost) => cost.split(".")[1].length)).size, 1, costs.join());
    });
  });

  const many = async () => {
    const sent = Array.from({ length: 101 }, () => traceOf({ service: "many", days: 2, spans: [{ name: "one" }] }));
    await desk.send("traces", { resourceSpans: sent.flatMap(({ body }) => body.resourceSpans) });
    return `/?from=all&order=spans&q=${encodeURIComponent('{ resource.service.name = "many" }')}`;
  };
  scenario("rows that are sorted before all are loaded say so", many, async (page) => {
    await page.getByText("Sorted among the 100 that are loaded; there are more").waitFor();
    await page.getByRole("button", { name: "Load all" }).click();
    await counts(page.getByText("Sorted among the"), 0);
  });

  const narrow = async (page) => {
    await page.getByRole("button", { name: "Sort" }).click();
    await page.getByRole("menuitemcheckbox", { name: "Cost" }).click();
    await parameter(page, "order", "cost");
    const head = page.getByRole("columnheader", { name: /^Cost/ });
    await head.waitFor();
    assert.equal(await head.getAttribute("aria-sort"), "descending");
    await says(rows(page, "Traces").first(), /USD/);
  };
  scenario("at 800 px one can sort by what has no column there", "/", narrow, {
    viewport: { width: 800, height: 900 },
  });

  for (const title of ["Tokens", "Cost", "Spans"]) {
    scenario(`a click on the head sorts by ${title}, and another ends it`, "/", async (page) => {
      await page.getByRole("columnheader", { name: title }).getByRole("button").click();
      await parameter(page, "order", title.toLowerCase());
      const value = (text) => (text === "–" ? -1 : Number.parseFloat(text) * (text.endsWith("k") ? 1000 : 1));
      await eventually(async () => {
        const values = (await column(page, title)).map(value);
        assert.deepEqual(
          values,
          [...values].sort((a, b) => b - a),
        );
        assert(values[0] > values.at(-1));
      });
      await page.getByRole("columnheader", { name: title }).getByRole("button").click();
      await parameter(page, "order", null);
    });
  }
}

function ids() {
  scenario("a pasted trace id leads to the trace", "/", async (page) => {
    await search(page, newest.traceId);
    await page.waitForURL(new RegExp(`/trace/${newest.traceId}`));
  });

  scenario("a pasted span id leads to the span", "/", async (page) => {
    await search(page, newest.root.spanId);
    await page.waitForURL(new RegExp(`/trace/${newest.traceId}.*span=${newest.root.spanId}`));
    await page.getByRole("complementary", { name: "Selected span" }).waitFor();
  });

  scenario("a pasted session id leads to the session", "/", async (page) => {
    await search(page, newest.identity.sid);
    await page.waitForURL(/\/sessions\/svc/);
  });
}

/** All tests of the search. */
export function scenarios() {
  text();
  fields();
  wrong();
  builder();
  filters();
  failedRuns();
  figures();
  ids();
}
