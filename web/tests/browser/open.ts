// A browser that opens filled reports from files, and what it must never do: report an error, or ask for anything but the file.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, type Page, chromium } from "playwright-core";
import { fill } from "../../tools/fill.mjs";

declare const WEB_FOLDER: string;

const PROGRAM = process.env.ASSAY_CHROMIUM ?? "/usr/bin/chromium";
// Without what a browser does for itself on the network, and without a sandbox, which containers do not allow.
const ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const TEMPLATE = readFileSync(join(WEB_FOLDER, "report.html"), "utf8");

let browser: Promise<Browser> | null = null;
const folder = mkdtempSync(join(tmpdir(), "assay-report-"));
let number = 0;

after(async () => {
  await (await browser)?.close();
  rmSync(folder, { recursive: true, force: true });
});

export interface Opened {
  page: Page;
  done: () => Promise<void>; // closes it, and complains of errors and requests
}

export function written(data: unknown, options: { packed?: boolean } = {}): string {
  number += 1;
  const file = join(folder, `report-${number}.html`);
  writeFileSync(file, fill(TEMPLATE, data, options));
  return file;
}

// A folder of pages, by their paths in it; says where it is.
export function writtenSite(pages: ReadonlyMap<string, unknown>): string {
  number += 1;
  const site = join(folder, `site-${number}`);
  for (const [file, data] of pages) {
    mkdirSync(dirname(join(site, file)), { recursive: true });
    writeFileSync(join(site, file), fill(TEMPLATE, data));
  }
  return site;
}

// `site`: the folder of which every page may be asked for; without it only the file.
export async function open(file: string, options: BrowserContextOptions = {}, hash = "", site = ""): Promise<Opened> {
  browser ??= chromium.launch({ executablePath: PROGRAM, args: ARGUMENTS });
  const context = await (await browser).newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const address = pathToFileURL(file).href;
  const faults: string[] = [];
  page.on("console", (message) => (message.type() === "error" || message.type() === "warning") && faults.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => faults.push(`exception: ${error.stack ?? error.message}`));
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  const allowed = (url: string) => url.split("#")[0] === address || (site !== "" && /\.html(#|$)/.test(url) && url.startsWith(`${pathToFileURL(site).href}/`));
  page.on("request", (request) => !allowed(request.url()) && faults.push(`request: ${request.url()}`));
  await page.goto(address + hash);
  await page.locator("#results").waitFor();
  const done = async () => {
    await context.close();
    assert.deepEqual(faults, []);
  };
  return { page, done };
}
