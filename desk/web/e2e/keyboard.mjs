// SPDX-License-Identifier: Apache-2.0

// Everything by keyboard.
import assert from "node:assert/strict";
import { newest } from "./demo.mjs";
import { counts, desk, eventually, parameter, rows, scenario } from "./scenario.mjs";

const query = '{ resource.service.name = "engine" && status = error }';

function travel() {
  scenario("from a search to a span and back without a mouse", "/", async (page) => {
    await rows(page, "Traces").first().waitFor();
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement.id), "search");
    await page.keyboard.type(query);
    await page.keyboard.press("Enter");
    await parameter(page, "q", query);
    const { traces } = await desk.api("traces", { q: query, limit: 100 });
    await counts(rows(page, "Traces"), traces.length);
    await page.keyboard.press("Escape");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await counts(page.locator(".row.current"), 1);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/trace\//);
    await page.getByRole("tabpanel").getByText("POST /v1/chat").first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await eventually(() => assert(new URL(page.url()).searchParams.get("span")));
    await page.getByRole("complementary", { name: "Selected span" }).waitFor();
    await page.keyboard.press("f");
    await parameter(page, "finding", "0");
    await page.keyboard.press("F");
    await page.keyboard.press("f");
    await parameter(page, "finding", "0");
    await page.keyboard.press("2");
    await parameter(page, "tab", "flame");
    await page.keyboard.press("1");
    await page.keyboard.press("Escape");
    await counts(page.getByRole("complementary", { name: "Selected span" }), 0);
    await page.keyboard.press("Escape");
    await parameter(page, "finding", null);
    await page.keyboard.press("Escape");
    await page.waitForURL((url) => url.pathname === "/");
  });
}

function nodes() {
  scenario(
    "the list of the run's nodes says where the keyboard is",
    `/trace/${newest.traceId}?tab=run`,
    async (page) => {
      const list = page.getByRole("listbox", { name: "Nodes" });
      await list.focus();
      const active = () => list.evaluate((element) => element.getAttribute("aria-activedescendant"));
      const before = await active();
      await page.keyboard.press("j");
      await eventually(async () => {
        assert.notEqual(await active(), before);
        assert.equal(await page.locator(`#${await active()}`).getAttribute("aria-selected"), "true");
      });
    },
  );
}

/** All tests of the keyboard. */
export function scenarios() {
  travel();
  nodes();

  scenario("Tab comes to every control of the list, and each shows that it has the focus", "/", async (page) => {
    await rows(page, "Traces").first().waitFor();
    const seen = new Set();
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press("Tab");
      const { name, visible } = await page.evaluate(focused);
      if (name === "body") break;
      assert(visible, `${name}: no mark of the focus`);
      seen.add(name);
    }
    for (const name of ["Traces", "Theme", "Language", "Search", "Builder", "Errors", "Columns"])
      assert(seen.has(name), name);
  });

  scenario("the sheet of keys opens and closes, and keys lead to the places", "/", async (page) => {
    await rows(page, "Traces").first().waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await page.keyboard.press("Escape");
    await counts(page.getByRole("dialog"), 0);
    for (const [key, path] of Object.entries({ s: "/sessions", v: "/services", c: "/compare", t: "/" })) {
      await page.keyboard.press("g");
      await page.keyboard.press(key);
      await page.waitForURL((url) => url.pathname === path && url.origin === desk.page);
    }
  });
}

/** In the page: what has the focus, and whether one sees it. */
function focused() {
  const element = document.activeElement;
  const { outlineStyle, boxShadow, outlineWidth } = getComputedStyle(element);
  const around = getComputedStyle(element.parentElement ?? element);
  const marked = (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
  const byParent = around.outlineStyle !== "none" || around.boxShadow !== "none" || element.closest(":focus-within");
  const name = element.getAttribute("aria-label") || element.textContent || element.tagName;
  return { name: element === document.body ? "body" : name.trim(), visible: marked || Boolean(byParent) };
}
