// SPDX-License-Identifier: Apache-2.0

// The pages beside the traces, what comes live, and addresses.
import assert from "node:assert/strict";
import { failing, newest } from "./demo.mjs";
import { simple } from "./otlp.mjs";
import { counts, desk, eventually, notFound, parameter, rows, says, scenario, shownTab } from "./scenario.mjs";

function sessions() {
  scenario("sessions lead to a session, and that to its traces and back", "/sessions", async (page) => {
    await page.getByRole("button", { name: "Chat", exact: true }).click();
    const { traces } = await desk.api("sessions/chat-1");
    await page.getByText(/^\d+ chats?$/).waitFor();
    await page.getByRole("columnheader", { name: "Chat" }).waitFor();
    await rows(page, "Sessions").getByRole("link", { name: "chat-1" }).click();
    await page.waitForURL(/\/sessions\/chat-1/);
    await eventually(async () => assert.equal(await page.locator("a.row-link").count(), traces.length));
    await says(page.locator(".session-figures"), /Cost\s+[\d.]+ USD/);
    await page.locator("a.row-link").first().click();
    await page.waitForURL(/\/trace\//);
    await page.locator(".trace-session a").click();
    await page.waitForURL(/\/sessions\//);
  });

  scenario("sessions are told apart by what was asked first", "/sessions", async (page) => {
    const { sessions: all } = await desk.api("sessions", { by: "chat" });
    const chat = all.find(({ id }) => id === "chat-3");
    const { runs } = await desk.api("runs", { trace: chat.firstTrace });
    await page.getByRole("button", { name: "Chat", exact: true }).click();
    await rows(page, "Sessions").filter({ hasText: "chat-3" }).getByText(runs[0].question, { exact: true }).waitFor();
  });

  scenario("a session says what it cost", "/sessions/chat-3", async (page) => {
    await says(page.locator(".session-figures"), /Cost\s+0\.\d+ USD/);
  });

  const missing = async (page) => {
    await page.getByText("There is no session no-such-session").waitFor();
  };
  scenario("a session that is not there says so", "/sessions/no-such-session", missing, { allowed: notFound });
}

function services() {
  scenario("services: table, map, operations, and traces of one", "/services", async (page) => {
    for (const name of ["engine", "gateway", "tools"]) {
      await rows(page, "Services").getByRole("link", { name }).waitFor();
      await page.locator(".map").getByText(name, { exact: true }).waitFor();
    }
    await page.locator(".map").getByText("engine", { exact: true }).click();
    await parameter(page, "service", "engine");
    await page.getByRole("link", { name: "Flights" }).first().click();
    await page.waitForURL(/\?.*q=/);
    await parameter(page, "q", '{ resource.service.name = "engine" && name = "Flights" }');
    await eventually(async () => assert((await rows(page, "Traces").count()) > 0));
  });
}

function live() {
  scenario(
    "a trace that comes while one looks appears",
    "/?live=1&q=%7B+name+%3D+%22came+live%22+%7D",
    async (page) => {
      await page.getByText("Following what comes").waitFor();
      await page.getByText("No trace matches").waitFor();
      await desk.send("traces", simple({ service: "live-shop", name: "came live" }));
      await rows(page, "Traces").getByText("came live").waitFor();
      await page.getByRole("switch", { name: "Live" }).click();
      await parameter(page, "live", null);
    },
  );

  const late = async (page) => {
    await page.getByText("No trace matches").waitFor();
    await desk.send("traces", simple({ service: "live-shop", name: "before live" }));
    await eventually(async () => assert((await desk.api("traces", { q: beforeLive })).traces.length === 1));
    const toggle = page.getByRole("switch", { name: "Live" });
    await toggle.click();
    await counts(rows(page, "Traces"), 1);
    await desk.send("traces", simple({ service: "live-shop", name: "before live" }));
    await counts(rows(page, "Traces"), 2);
    await says(page.locator(".traces-total"), /^2 traces/);
    await toggle.click();
    await counts(page.getByText("Following what comes"), 0);
    await says(page.locator(".traces-total"), /^2 traces/);
    await counts(rows(page, "Traces"), 2);
  };
  const beforeLive = '{ name = "before live" }';
  scenario("live begins and ends with all that is there", `/?q=${encodeURIComponent(beforeLive)}`, late);
}

function addresses() {
  scenario("the state survives a reload, and back and forward go through it", "/", async (page) => {
    await page.getByRole("button", { name: "Errors", exact: true }).first().click();
    await parameter(page, "q", "{ status = error }");
    await rows(page, "Traces").first().locator("a.row-link").click();
    await page.waitForURL(/\/trace\//);
    await page.getByRole("tab", { name: "Agent run" }).click();
    await parameter(page, "tab", "run");
    await page.reload();
    await says(shownTab(page), /Agent run/);
    await page.goBack();
    await says(shownTab(page), /Waterfall/);
    await page.goBack();
    await parameter(page, "q", "{ status = error }");
    await rows(page, "Traces").first().waitFor();
    await page.goForward();
    await page.getByRole("tab", { name: "Agent run" }).waitFor();
  });

  scenario("spans can be listed instead of traces", "/?mode=spans&q=%7B+status+%3D+error+%7D", async (page) => {
    await page.getByRole("table").getByRole("link").first().click();
    await page.waitForURL(/\/trace\/.*span=/);
    await page.getByRole("complementary", { name: "Selected span" }).waitFor();
  });

  const lost = async (page) => {
    await page.getByText(`There is no trace ${"0".repeat(31)}1`).waitFor();
    await page.getByRole("link", { name: "Go to the traces" }).click();
    await rows(page, "Traces").first().waitFor();
  };
  scenario("a trace that is not there says so", `/trace/${"0".repeat(31)}1`, lost, { allowed: notFound });

  const nowhere = async (page) => {
    assert.equal((await page.reload()).status(), 404);
    await page.getByText("There is no such page").waitFor();
    await page.getByText("/no/such/place").waitFor();
    await page.getByRole("link", { name: "Go to the traces" }).click();
    await rows(page, "Traces").first().waitFor();
  };
  scenario("an address of nothing says so, and leads home", "/no/such/place", nowhere, { allowed: notFound });

  const strict = () => `/trace/${failing.traceId}?span=${newest.root.spanId}`;
  scenario("the page comes with a strict policy", strict, async (page) => {
    const response = await page.reload();
    const policy = response.headers()["content-security-policy"];
    assert.match(policy, /default-src 'self'/);
    assert.doesNotMatch(policy, /unsafe-inline[^;]*;.*script|script[^;]*unsafe|unsafe-eval/);
    await counts(page.locator("script:not([src])"), 0);
  });
}

/** All tests of the lists. */
export function scenarios() {
  sessions();
  services();
  live();
  addresses();
}
