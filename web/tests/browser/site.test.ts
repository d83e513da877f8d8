// A site opened from its folder: its index, a page for each model and machine, and the way from one to another.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import type { Run } from "../../src/schema.ts";
import { everyRun } from "../../tools/sample_data.mjs";
import { pair, result, run } from "../unit/make.ts";
import { siteOf } from "../unit/make_site.ts";
import { SIZES, complaints, photograph } from "./looks.ts";
import { open, writtenSite } from "./open.ts";

const PICTURES = process.env.ASSAY_TEST_SCREENSHOTS;

// The same runs on another machine; only for looking at pages.
function moved(runs: readonly Run[], cpu: string, name: string, keep: (model: string) => boolean): Run[] {
  return runs.map((one) => ({ ...one, run: `${one.run}-${name}`, host: { ...one.host, cpu, name, cpu_design: null }, results: one.results.filter((own) => keep(own.model)), cells: one.cells?.filter((own) => keep(own.model)) }) as Run)
    .filter((one) => one.results.length > 0);
}

const measured = everyRun();
const runs = [...measured, ...moved(measured, "AMD EPYC 9R14", "host-b", () => true), ...moved(measured, "Intel(R) Xeon(R) Platinum 8488C", "host-c", (model) => model !== "sd15-unet")];
const pages = siteOf(runs);
const site = writtenSite(pages);
const INDEX = join(site, "index.html");
const [machineFile = ""] = [...pages.keys()].filter((file) => file.startsWith("machines/"));
const [modelFile = ""] = [...pages.keys()].filter((file) => file.startsWith("models/"));
const machineCount = [...pages.keys()].filter((file) => file.startsWith("machines/")).length;
const models = new Set(runs.flatMap((one) => one.results.map((own) => own.model)));

const inSite = (file: string, options = {}, hash = "") => open(join(site, file), options, hash, site);
const title = (page: Page) => page.locator("h1").innerText();

test("the index says who comes first, and has every machine and model", async () => {
  const { page, done } = await inSite("index.html");
  assert.equal(await title(page), `${models.size} models on ${machineCount} machines`);
  assert.match(await page.locator(".lead").innerText(), /first/);
  assert.equal(await page.locator(".index-matrix tbody tr").count(), models.size);
  assert.equal(await page.locator(".index-matrix thead th").count(), machineCount + 1);
  assert.equal(await page.locator(".card").count(), machineCount);
  assert.ok((await page.locator(".index-matrix td.absent").count()) >= 1, "what was not measured is said");
  await done();
});

test("every link of the index leads to a page that shows what it names", async () => {
  const { page, done } = await inSite("index.html");
  const addresses = await page.locator("main a[href]").evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href));
  assert.ok(addresses.length > 20);
  for (const address of new Set(addresses.map((one) => one.split("#")[0] ?? ""))) {
    await page.goto(address);
    await page.locator("#results").waitFor();
    assert.doesNotMatch(await title(page), /Nothing/, address);
  }
  await done();
});

test("an entry of the matrix leads to its machine, with the model and workload chosen", async () => {
  const { page, done } = await inSite("index.html");
  const entry = page.locator(".index-matrix tbody tr").first().locator("td").first().locator("a").first();
  const [workload = ""] = (await entry.locator(".first-title").innerText()).split(" ");
  const model = await page.locator(".index-matrix tbody tr").first().locator("th").innerText();
  const names = await entry.locator(".first-name").allInnerTexts();
  await entry.click();
  await page.locator(".site-nav").waitFor();
  assert.match(page.url(), /machines\/[^/]*\.html#/);
  assert.equal((await title(page)).replaceAll(/\s+/g, " "), `${model} · ${workload}`);
  const [first = "?"] = (await page.locator(".bar-row .who").first().innerText()).split("\n");
  assert.ok(names.some((name) => name.startsWith(first)), `${first} of ${names}`);
  await done();
});

test("from page to page and back to the index", async () => {
  const { page, done } = await inSite(machineFile);
  await page.locator(".site-links a").first().click();
  await page.waitForURL(/models\//);
  await page.locator(".site-links a").nth(1).click();
  await page.waitForURL(/machines\//);
  await page.getByRole("link", { name: "All machines and models" }).click();
  await page.waitForURL(/index\.html$/);
  assert.match(await title(page), /models on \d machines/);
  await page.goBack();
  await page.waitForURL(/machines\//);
  await done();
});

test("a page of a model leads to its machines where it names them, and the other way round", async () => {
  const first = await inSite(modelFile);
  assert.equal(await first.page.locator(".matrix thead a").count(), 0);
  await first.page.locator(".where a").click();
  await first.page.waitForURL(/machines\//);
  assert.ok((await first.page.locator(".matrix thead a").count()) > 0);
  await first.page.locator(".matrix thead a").first().click();
  await first.page.waitForURL(/models\//);
  await first.done();
});

test("chips choose on the index, their state is the hash, and a link takes the colours along", async () => {
  const { page, done } = await inSite("index.html");
  await page.getByRole("group", { name: "Workload" }).getByRole("button", { name: "latency" }).click();
  assert.match(page.url(), /#workload=latency$/);
  assert.deepEqual([...new Set(await page.locator(".first-title").allInnerTexts())], ["latency"]);
  await page.getByRole("button", { name: "dark", exact: true }).click();
  await page.locator(".card a").first().click();
  await page.waitForURL(/scheme=dark/);
  await page.locator("html[data-scheme=dark]").waitFor();
  await page.goBack();
  await page.waitForURL(/index\.html#/);
  assert.deepEqual([...new Set(await page.locator(".first-title").allInnerTexts())], ["latency"]);
  await done();
});

test("a choice that leaves nothing is said on the index", async () => {
  const { page, done } = await inSite("index.html", {}, "#model=no-such-model");
  assert.match(await title(page), /Nothing was measured/);
  await page.locator(".answer").getByRole("button", { name: "show everything" }).click();
  assert.match(await title(page), /models on/);
  await done();
});

const MARKUP = "<img src=x onerror=alert(1)>/<script>alert(2)</script>@cpu";
const CLOSING = "</script><script>alert(3)</script><!--";
const RIGHT_TO_LEFT = "מודל עברי";

test("hostile names stay text on every page, and their links lead to pages", async () => {
  const host = { name: CLOSING, os: MARKUP, kernel: "", arch: CLOSING, cpu: MARKUP, cores: 2, cpus: 2, memory_bytes: null, gpus: [CLOSING, RIGHT_TO_LEFT] };
  const hostile = [CLOSING, RIGHT_TO_LEFT, "javascript" + ":alert(4)"].map((model, index) =>
    run(String(index + 1), [result(MARKUP, 10, { model, workload: CLOSING }), result("b/x@cpu", 20, { model, workload: CLOSING })], [pair(MARKUP, "b/x@cpu", 0.5)], { label: MARKUP, host }));
  const folder = writtenSite(siteOf(hostile));
  const { page, done } = await open(join(folder, "index.html"), {}, "", folder);
  assert.ok((await page.locator("main").innerText()).includes(CLOSING));
  for (let link = 0; link < 3; link += 1) {
    await page.locator(".index-matrix tbody th a").nth(link).click();
    await page.locator(".site-nav").waitFor();
    assert.equal(await page.locator("#app img, #app script, #app iframe").count(), 0);
    await page.locator(".site-nav a").first().click();
    await page.locator(".index-matrix").waitFor();
  }
  assert.equal(await page.locator("#app img, #app script, #app iframe").count(), 0);
  await done();
});

test("data that names other addresses makes no links to them", async () => {
  const data = siteOf([run("1", [result("a/x@cpu", 10)])]);
  const index = data.get("index.html") as { machines: { file: string }[]; models: { file: string }[] };
  index.machines[0]!.file = "javascript" + ":alert(1)";
  index.models[0]!.file = "https://example.invalid/models/a.html";
  const folder = writtenSite(data);
  const { page, done } = await open(join(folder, "index.html"), {}, "", folder);
  assert.equal(await page.locator("main a").count(), 0);
  assert.equal(await page.locator(".card").count(), 1);
  await done();
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    test(`axe finds nothing and nothing is too wide in a site, ${size}, ${colorScheme}`, async () => {
      for (const file of ["index.html", machineFile, modelFile]) {
        const { page, done } = await inSite(file, { colorScheme, viewport });
        assert.deepEqual(await complaints(page), [], file);
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= viewport.width, file);
        await done();
      }
    });
  }
}

test("the index fits the narrowest phone", async () => {
  const { page, done } = await inSite("index.html", { viewport: { width: 320, height: 700 } });
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 320);
  await done();
});

if (PICTURES) {
  photograph(PICTURES, [{ name: "site-index", file: INDEX, hash: "", site }, { name: "site-machine", file: join(site, machineFile), hash: "", site }, { name: "site-model", file: join(site, modelFile), hash: "", site }]);
}
