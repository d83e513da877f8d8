// What cannot be clicked: accessibility, the width of phones, print, and pictures of the page for people to look at.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { ONE, everyRun, readRun, report } from "../../tools/sample_data.mjs";
import { open, written } from "./open.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PICTURES = process.env.ASSAY_TEST_SCREENSHOTS;
const SIZES = { phone: { width: 390, height: 844 }, laptop: { width: 1280, height: 800 }, wide: { width: 1920, height: 1080 } };

const runs = everyRun();
const [latest] = runs;
const detailOf = latest?.results.find((result) => result.workload === "latency")?.contestant ?? "";
const struck = latest?.results.filter((result) => result.workload === "latency").at(-1)?.contestant ?? "";
const all = written(report(runs));
const one = written(report([readRun(ONE)]));
const DETAIL = `#workload=latency&detail=${encodeURIComponent(detailOf)}`;

interface Axe {
  run: () => Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
}

async function complaints(page: Page): Promise<string[]> {
  await page.addScriptTag({ content: AXE });
  const { violations } = await page.evaluate(() => (window as unknown as { axe: Axe }).axe.run());
  return violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary ?? ""}`));
}

for (const colorScheme of ["light", "dark"] as const) {
  for (const [what, file, hash] of [["all runs", all, ""], ["one contestant in detail", one, DETAIL], ["compared and struck", one, `#workload=latency&device=cpu&scale=log&without=${encodeURIComponent(struck)}&against=${encodeURIComponent(detailOf)}`]] as const) {
    test(`axe finds nothing, ${what}, ${colorScheme}`, async () => {
      const { page, done } = await open(file, { colorScheme }, hash);
      await page.evaluate(() => document.querySelectorAll("details").forEach((element) => (element.open = true)));
      assert.deepEqual(await complaints(page), []);
      await done();
    });
  }
}

test("axe finds nothing on a phone", async () => {
  const { page, done } = await open(all, { viewport: SIZES.phone });
  await page.evaluate(() => document.querySelectorAll("details").forEach((element) => (element.open = true)));
  assert.deepEqual(await complaints(page), []);
  await done();
});

for (const width of [320, 390, 768, 1280]) {
  test(`no page is wider than a window of ${width}`, async () => {
    for (const [file, hash] of [[all, ""], [one, DETAIL]] as const) {
      const { page, done } = await open(file, { viewport: { width, height: 800 } }, hash);
      await page.evaluate(() => document.querySelectorAll("details").forEach((element) => (element.open = true)));
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width);
      await done();
    }
  });
}

test("on paper there are no controls, and colours are those for paper", async () => {
  const { page, done } = await open(one, { colorScheme: "dark" });
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  await page.locator("html[data-scheme=light]").waitFor();
  assert.equal(await page.locator(".toolbar").isVisible(), false);
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
  if (PICTURES) {
    mkdirSync(PICTURES, { recursive: true });
    await page.emulateMedia({ media: null });
    await page.goto(`${page.url()}${DETAIL}`);
    await page.pdf({ path: join(PICTURES, "print.pdf"), format: "A4", printBackground: true });
  }
  await done();
});

test("every picture has a table or words beside it", async () => {
  const { page, done } = await open(one, {}, DETAIL);
  const pictures = await page.locator("[role=img]").evaluateAll((elements) => elements.map((element) => [element.getAttribute("aria-label") ?? "", element.closest("section")?.querySelectorAll("table").length ?? 0] as const));
  assert.ok(pictures.length >= 2 && pictures.every(([label, tables]) => label.length > 20 && tables >= 1), JSON.stringify(pictures));
  assert.equal(await page.locator("svg:not([role=img]):not([aria-hidden=true])").count(), 0);
  await done();
});

function photograph(size: string, viewport: { width: number; height: number }, colorScheme: "light" | "dark", folder: string): void {
  test(`pictures of the page, ${size}, ${colorScheme}`, async () => {
    mkdirSync(folder, { recursive: true });
    for (const [what, file, hash] of [["all", all, ""], ["detail", one, DETAIL]] as const) {
      const { page, done } = await open(file, { viewport, colorScheme }, hash);
      await page.waitForTimeout(200); // pictures take their width from the page
      await page.screenshot({ path: join(folder, `${what}-${size}-${colorScheme}.png`), fullPage: true });
      await done();
    }
  });
}

if (PICTURES) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    photograph(size, viewport, "light", PICTURES);
    photograph(size, viewport, "dark", PICTURES);
  }
}
