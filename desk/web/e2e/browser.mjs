// SPDX-License-Identifier: Apache-2.0

// The browser, and what a page must not do in it.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

function executable() {
  const found = [process.env.CHROMIUM ?? "", ...places].find(existsSync);
  if (!found) throw new Error(`no Chromium in ${places.join(", ")}; install it, or say in CHROMIUM where it is`);
  return found;
}

const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];

/** Starts Chromium. Root cannot have its sandbox. */
export function launch() {
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: executable(), args: [...quiet, ...sandbox] });
}

/** What every context starts with. */
export const usual = {
  viewport: { width: 1440, height: 900 },
  locale: "en-US",
  timezoneId: "UTC",
  colorScheme: "light",
  reducedMotion: "reduce",
};

/**
 * Collects what a page says and asks that it must not: warnings, errors, and requests
 * to other hosts than its own but for the files that it is.
 */
export function watch(page, origin, files = []) {
  const complaints = [];
  page.on("console", (message) => {
    if (["warning", "error", "assert"].includes(message.type())) {
      complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  page.on("pageerror", (error) => complaints.push(`error: ${error.stack}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    const own = url.origin === origin || url.protocol === "data:" || url.protocol === "blob:";
    const file = files.includes(url.href.replace(/[?#].*$/, ""));
    if (!own && !file) complaints.push(`request to ${url.href}`);
  });
  return complaints;
}
