// SPDX-License-Identifier: Apache-2.0

// Pictures of every page and tab, wide and narrow, light and dark, of a desk with
// the demo's traces: npm run pictures FOLDER [NAME…]. The names are those of the
// pictures to take, or their beginnings. npm run pictures -- --readme takes those of
// the READMEs into docs.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launch, usual } from "../e2e/browser.mjs";
import { repository, startDesk } from "../e2e/desk.mjs";
import { tabs } from "../e2e/tabs.mjs";

const [given, ...wanted] = process.argv.slice(2);
if (!given) {
  console.error("usage: npm run pictures FOLDER [NAME…], or npm run pictures -- --readme");
  process.exit(2);
}
const readme = given === "--readme";
const folder = readme ? join(repository, "docs") : given;
mkdirSync(folder, { recursive: true });

const viewports = readme
  ? [{ width: 1280, height: 800 }]
  : [
      { width: 1440, height: 900 },
      { width: 800, height: 900 },
    ];
const themes = ["light", "dark"];

/** The pictures of the READMEs, each of one of the places. */
const inReadme = { traces: "web-traces", finding: "web-finding", "tab-run-model": "web-run" };

/** A trace whose questions were answered although something failed, and one beside it. */
async function chosen(desk) {
  const { traces } = await desk.api("traces", { q: "{ status = error }", limit: 50 });
  const [first, second] = [...traces].sort((a, b) => b.spans - a.spans);
  const { spans } = await desk.api(`traces/${first.traceId}`, { view: "findings" });
  const model = spans.find((span) => span.name === "Model") ?? spans[0];
  return { first: first.traceId, second: second.traceId, span: model.id };
}

/** Clicks the first that fits. */
const click = (selector) => (page) => page.locator(selector).first().click();

/** What pictures are taken of: an address, and what is done there before. */
function places({ first, second, span }) {
  const query = (q) => `/?q=${encodeURIComponent(q)}`;
  const trace = (tab, more = "") => `/trace/${first}?tab=${tab}${more}`;
  return {
    traces: ["/"],
    "traces-query": [query("{ status = error }")],
    "traces-builder": [`${query('{ status = error && span.node.type = "tool" }')}&builder=1`],
    "traces-wrong": [query("{ name = }")],
    "traces-none": [query('{ name = "nothing" }')],
    "traces-menu": ["/", click(".quick button[aria-haspopup]")],
    "traces-complete": [
      "/",
      async (page) => {
        await page.keyboard.press("/");
        await page.keyboard.type("{ span.");
      },
    ],
    spans: ["/?mode=spans&field=model"],
    keys: ["/", (page) => page.keyboard.press("?")],
    sessions: ["/sessions"],
    session: ["/sessions/chat-3"],
    services: ["/services"],
    "services-one": ["/services?service=engine"],
    compare: [`/compare?baseline=${first}&comparison=${second}`],
    "compare-choose": ["/compare"],
    ...Object.fromEntries(
      ["flame", "topology", "statistics", "nodes"].map((view) => [
        `compare-${view}`,
        [`/compare?baseline=${first}&comparison=${second}&view=${view}`],
      ]),
    ),
    missing: ["/trace/00000000000000000000000000000001"],
    finding: [trace("waterfall"), click('.finding:has-text("SELECT passages")')],
    panel: [trace("waterfall", `&span=${span}`)],
    find: [trace("waterfall", "&find=flights")],
    ...Object.fromEntries(Object.keys(tabs).map((tab) => [`tab-${tab}`, [trace(tab)]])),
    "tab-run-model": [trace("run", `&span=${span}`)],
    "tab-run-money": [trace("run", "&part=money")],
    "tab-run-tools": [trace("run", "&part=tools")],
    "tab-services-list": [trace("services", "&as=list")],
    "tab-flame-panel": [trace("flame", `&span=${span}`)],
  };
}

async function settled(page) {
  await page.waitForLoadState("networkidle");
  await page.locator('[aria-busy="true"]').waitFor({ state: "detached" });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

async function take(context, { base, file, place: [path, act] }) {
  const page = await context.newPage();
  await page.goto(base + path);
  await settled(page);
  await act?.(page);
  await settled(page);
  await page.screenshot({ path: join(folder, `${file}.png`) });
  await page.close();
}

function isWanted(name) {
  if (readme) return name in inReadme;
  return wanted.length === 0 || wanted.some((each) => name.startsWith(each));
}

async function takeAll(desk, browser) {
  const all = Object.entries(places(await chosen(desk)));
  const some = all.filter(([name]) => isWanted(name));
  for (const viewport of viewports) {
    for (const colorScheme of themes) {
      const context = await browser.newContext({ ...usual, colorScheme, viewport });
      for (const [name, place] of some) {
        const file = readme ? `${inReadme[name]}-${colorScheme}` : `${name}-${viewport.width}-${colorScheme}`;
        await take(context, { base: desk.page, file, place });
      }
      await context.close();
    }
  }
}

const desk = await startDesk();
const browser = await launch();
try {
  await takeAll(desk, browser);
} finally {
  await browser.close();
  await desk.stop();
}
