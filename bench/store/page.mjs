// How long a page of `assay report` takes in Chromium: until its answer is shown, and until it follows a click on a chip.
//
//     node bench/store/page.mjs PAGE.html [CHROMIUM]

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { chromium } = createRequire(new URL("../../web/package.json", import.meta.url))("playwright-core");
const [page_path, program = "/usr/bin/chromium"] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox"] });
const page = await browser.newPage();
const seconds = async (what, act) => {
  const begun = performance.now();
  await act();
  console.log(`${((performance.now() - begun) / 1000).toFixed(2)} s  ${what}`);
};
await seconds("until its answer and its results are drawn", async () => {
  await page.goto(pathToFileURL(page_path).href, { waitUntil: "commit" });
  await page.locator("#results").waitFor({ timeout: 120000 });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
});
await seconds("until a click on a chip is followed", async () => {
  const before = await page.evaluate(() => location.hash);
  await page.getByRole("group", { name: "Framework" }).getByRole("button", { pressed: false }).first().click();
  await page.waitForFunction((old) => location.hash !== old, before);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
});
await browser.close();
