// SPDX-License-Identifier: Apache-2.0

// What comes from traces is text, whatever it looks like.
import assert from "node:assert/strict";
import { logOf, traceOf } from "./otlp.mjs";
import { desk, eventually, scenario } from "./scenario.mjs";
import { tabs } from "./tabs.mjs";

/** HTML that would run a script if it were any. */
export const image = '<img src="/x" onerror="hacked=1">';
const script = "</script><script>hacked=1</script>";
const backwards = "\u202Eשלום مرحبا\u202C";
const faces = "👩‍👩‍👧‍👦🇨🇭🙈";
const long = `<b>start</b> ${"lorem ipsum ".repeat(90_000)}<i>end</i>`;

async function send() {
  const service = `${image} shop`;
  const { traceId, ids, body } = traceOf({
    service,
    spans: [
      { name: `${image} ${script}`, attributes: { [image]: script, "session.id": image, right: backwards, faces } },
      { name: `${backwards} ${faces}`, attributes: { long }, events: [image], failed: script },
      { name: "javascript:alert(1)", attributes: { "gen_ai.tool.name": image, url: "javascript:alert(1)" } },
    ],
  });
  await desk.send("traces", body);
  await desk.send("logs", logOf({ service, traceId, spanId: ids[1], text: `${image} ${script}` }));
  return { traceId, ids };
}

/** A trace of such texts, when it was sent. */
export const sent = send();

/** Fails when a text of the trace has become more than text. */
export async function clean(page) {
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator("img, #content script, a[href^='javascript']").count(), 0);
}

/** All tests of hostile text. */
export function scenarios() {
  const path = async () => {
    const { traceId, ids } = await sent;
    return `/trace/${traceId}?span=${ids[1]}`;
  };

  scenario("names, attributes and logs with HTML show as text in every tab", path, async (page) => {
    await page.getByRole("heading", { level: 1 }).getByText(image).waitFor();
    const panel = page.getByRole("complementary", { name: "Selected span" });
    await panel.getByText("<b>start</b>").first().waitFor();
    await panel.getByText(faces).first().waitFor();
    for (const name of Object.values(tabs)) {
      await page.getByRole("tab", { name, exact: true }).click();
      const shown = page.getByRole("tabpanel", { name, exact: true });
      await eventually(async () => assert((await shown.innerText()).trim().length > 20, `${name} is empty`));
      await clean(page);
    }
  });

  scenario("a value of 1 MB is cut, and shown as a whole when asked for", path, async (page) => {
    const panel = page.getByRole("complementary", { name: "Selected span" });
    await panel.getByText("<b>start</b>").first().waitFor();
    assert((await panel.innerText()).length < 20_000);
    await panel.getByRole("button", { name: /Show all \(1\.\d+ M/ }).click();
    await eventually(async () => assert((await panel.innerText()).length > 1_000_000));
    await clean(page);
  });

  scenario("lists, sessions and services show hostile text as text", "/", async (page) => {
    const { traceId } = await sent;
    const list = `/?q=${encodeURIComponent(`{ trace:id = "${traceId}" }`)}`;
    for (const at of [list, "/sessions", `/sessions/${encodeURIComponent(image)}`, "/services"]) {
      await page.goto(desk.page + at);
      await page.getByText(image).first().waitFor();
      await clean(page);
    }
  });
}
