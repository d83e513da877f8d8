// What cannot be clicked: accessibility, the width of phones, print, and pictures of the page for people to look at.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ONE, everyRun, readRun, report } from "../../tools/sample_data.mjs";
import { SIZES, complaints, photograph } from "./looks.ts";
import { open, written } from "./open.ts";

const PICTURES = process.env.ASSAY_TEST_SCREENSHOTS;

const runs = everyRun();
const [latest] = runs;
const detailOf = latest?.results.find((result) => result.workload === "latency")?.contestant ?? "";
const struck = latest?.results.filter((result) => result.workload === "latency").at(-1)?.contestant ?? "";
const all = written(report(runs));
const one = written(report([readRun(ONE)]));
const DETAIL = `#workload=latency&detail=${encodeURIComponent(detailOf)}`;

for (const colorScheme of ["light", "dark"] as const) {
  for (const [what, file, hash] of [["all runs", all, ""], ["one contestant in detail", one, DETAIL], ["compared and struck", one, `#workload=latency&device=cpu&scale=log&without=${encodeURIComponent(struck)}&against=${encodeURIComponent(detailOf)}`]] as const) {
    test(`axe finds nothing, ${what}, ${colorScheme}`, async () => {
      const { page, done } = await open(file, { colorScheme }, hash);
      assert.deepEqual(await complaints(page), []);
      await done();
    });
  }
}

test("axe finds nothing on a phone", async () => {
  const { page, done } = await open(all, { viewport: SIZES.phone });
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

if (PICTURES) {
  photograph(PICTURES, [{ name: "all", file: all, hash: "" }, { name: "detail", file: one, hash: DETAIL }]);
}
