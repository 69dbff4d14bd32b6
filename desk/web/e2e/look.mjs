// SPDX-License-Identifier: Apache-2.0

// Languages and themes, which the browser chooses and a reader can.
import assert from "node:assert/strict";
import { newest } from "./demo.mjs";
import { desk, eventually, rows, scenario } from "./scenario.mjs";
import { tabs } from "./tabs.mjs";

const root = (page, name) => page.evaluate((each) => document.documentElement.getAttribute(each), name);

async function pick(page, menu, item) {
  await page.getByRole("button", { name: menu }).click();
  await page.getByRole("menuitemcheckbox", { name: item }).click();
}

/** Text of the page's own in the other language, as far as the names of the tabs tell. */
async function namesOfTabs(page) {
  await page.getByRole("tab").first().waitFor();
  return page.getByRole("tab").allInnerTexts();
}

/** All tests of languages and themes. */
export function scenarios() {
  const chinese = { locale: "zh-CN" };
  const trace = `/trace/${newest.traceId}`;

  scenario(
    "a Chinese browser gets Chinese, in every tab",
    trace,
    async (page) => {
      const names = await namesOfTabs(page);
      assert.equal(names.length, Object.keys(tabs).length);
      for (const name of names) assert.match(name, /[\u4e00-\u9fff]/);
      assert.equal(await root(page, "lang"), "zh-CN");
      const { findings } = await desk.api(`traces/${newest.traceId}`, { view: "findings" });
      const first = page.locator(".finding-text").first();
      await eventually(async () => assert.equal(await first.innerText(), findings[0].translations["zh-CN"].title));
    },
    chinese,
  );

  scenario("the language can be changed, and stays", "/", async (page) => {
    await rows(page, "Traces").first().waitFor();
    await pick(page, "Language", "简体中文");
    await eventually(async () => assert.equal(await root(page, "lang"), "zh-CN"));
    await page.reload();
    await eventually(async () => assert.equal(await root(page, "lang"), "zh-CN"));
    await page.getByRole("navigation").getByText("会话").waitFor();
  });

  scenario("the page fills the window", "/", async (page) => {
    await rows(page, "Traces").first().waitFor();
    await page.getByRole("main").waitFor();
    await page.goto(new URL(trace, page.url()).href);
    await page.getByRole("tab", { name: "Agent run" }).click(); // with its styles
    await page.getByRole("tabpanel", { name: "Agent run" }).waitFor();
    const ends = () => page.getByRole("main").evaluate((main) => innerHeight - main.getBoundingClientRect().bottom);
    assert.equal(await ends(), 0);
  });

  scenario("the theme follows the system until it is chosen, and then stays", "/", async (page) => {
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await rows(page, "Traces").first().waitFor();
    const light = await ground();
    await page.emulateMedia({ colorScheme: "dark" });
    await eventually(async () => assert.notEqual(await ground(), light));
    await pick(page, "Theme", "Light");
    await eventually(async () => assert.equal(await ground(), light));
    await page.reload();
    await rows(page, "Traces").first().waitFor();
    assert.equal(await ground(), light);
  });
}
