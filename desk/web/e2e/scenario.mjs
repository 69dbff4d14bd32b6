// SPDX-License-Identifier: Apache-2.0

// One desk and one browser for all tests; each test has a context of its own.
import assert from "node:assert/strict";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { launch, usual, watch } from "./browser.mjs";
import { startDesk, workFolder } from "./desk.mjs";

/** The desk that all tests ask. */
export const desk = await startDesk();

/** The browser of all tests. */
export const browser = await launch();

after(async () => {
  await browser.close();
  await desk.stop();
});

const patience = 20_000;

/** Where pictures of what failed go. */
const failures = join(workFolder, "failed");
rmSync(failures, { recursive: true, force: true });

/** Tries until nothing is thrown any more, or the time is over. */
export async function eventually(check) {
  const deadline = Date.now() + patience;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** The tab of a trace that is shown. */
export const shownTab = (page) =>
  page.getByRole("tablist", { name: "Views of the trace" }).locator('[aria-selected="true"]');

/** A parameter of the address is what is wanted, in the end. */
export function parameter(page, name, want) {
  return eventually(() => assert.equal(new URL(page.url()).searchParams.get(name), want));
}

/** The text of an element matches, in the end. */
export function says(locator, want) {
  return eventually(async () => assert.match(await locator.innerText({ timeout: patience }), want));
}

/** There are that many, in the end. */
export function counts(locator, want) {
  return eventually(async () => assert.equal(await locator.count(), want));
}

/** The rows of a table, without its head. */
export function rows(page, name) {
  return page
    .getByRole("table", { name, exact: true })
    .getByRole("row")
    .filter({ has: page.locator("a") });
}

async function photographed(page, name, run) {
  try {
    await run();
  } catch (error) {
    mkdirSync(failures, { recursive: true });
    const path = join(failures, `${name.replace(/\W+/g, "-")}.png`);
    await page.screenshot({ path }).catch(() => undefined);
    error.message += `\nat ${page.url()}\nsee ${path}`;
    throw error;
  }
}

/** What browsers say of themselves about an answer that something is not there. */
export const notFound = /status of 404/;

/**
 * A test that opens a path of the desk and does something there. Whatever the page
 * complains of fails it, but for what matches allowed; the other options are those
 * of the browser's context.
 */
export function scenario(name, path, run, { allowed = /^$/, ...options } = {}) {
  test(name, { timeout: 90_000 }, async () => {
    const context = await browser.newContext({ ...usual, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(patience);
    const complaints = watch(page, desk.page);
    try {
      await photographed(page, name, async () => {
        await page.goto(desk.page + (typeof path === "function" ? await path() : path));
        await run(page);
        assert.deepEqual(
          complaints.filter((complaint) => !allowed.test(complaint)),
          [],
        );
      });
    } finally {
      await context.close();
    }
  });
}
