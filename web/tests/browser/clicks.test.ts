// Clicks through a report of one run, with the machine's own results.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { ONE, readRun, report } from "../../tools/sample_data.mjs";
import { open, written } from "./open.ts";

const run = readRun(ONE);
const file = written(report([run]));
const byWorkload = (workload: string) => run.results.filter((result) => result.workload === workload);
const [firstName = "", secondName = ""] = byWorkload("latency").filter((result) => result.ranking === "exact").map((result) => result.contestant);
const LATENCY = "#workload=latency";

const rows = (page: Page) => page.locator(".bar-row");
const hash = (page: Page) => page.evaluate(() => decodeURIComponent(location.hash.replaceAll("+", " ")));
const row = (page: Page, name: string) => rows(page).filter({ has: page.getByRole("button", { name: `strike ${name}` }) });

test("the verdict comes first, in words, with everyone's bar below", async () => {
  const { page, done } = await open(file, {}, LATENCY);
  assert.match(await page.locator("h1").innerText(), /· latency/);
  assert.match(await page.locator(".lead").innerText(), /fastest|first place/);
  assert.equal(await rows(page).count(), byWorkload("latency").filter((result) => result.ranking).length);
  const classes = new Set(byWorkload("latency").flatMap((result) => result.ranking ?? [])).size;
  assert.equal(await page.locator(".ranking h3").count(), classes > 1 ? classes : 0, "a heading where classes are to be told apart");
  await done();
});

test("a chip chooses, its state is in the hash, and Back undoes it", async () => {
  const { page, done } = await open(file);
  const chip = page.getByRole("group", { name: "Workload" }).getByRole("button", { name: "training" });
  assert.equal(await chip.getAttribute("aria-pressed"), "false");
  await chip.click();
  assert.equal(await chip.getAttribute("aria-pressed"), "true");
  assert.equal(await hash(page), "#workload=training");
  assert.match(await page.locator("h1").innerText(), /training/);
  assert.equal(await page.locator("table.matrix").count(), 0);
  await page.goBack();
  assert.equal(await chip.getAttribute("aria-pressed"), "false");
  assert.equal(await page.locator("table.matrix thead tr:nth-child(2) th").count(), 3);
  await done();
});

test("chips work from the keyboard", async () => {
  const { page, done } = await open(file);
  const chip = page.getByRole("group", { name: "Workload" }).getByRole("button", { name: "latency" });
  await chip.focus();
  await page.keyboard.press("Space");
  assert.equal(await hash(page), "#workload=latency");
  assert.ok(await chip.evaluate((element) => element === document.activeElement));
  await page.keyboard.press("Enter");
  assert.equal(await hash(page), "");
  await done();
});

test("a view is a link", async () => {
  const first = await open(file, {}, LATENCY);
  await row(first.page, secondName).getByRole("button", { name: "compare with" }).click();
  await first.page.getByRole("button", { name: "log", exact: true }).click();
  const link = await first.page.evaluate(() => location.hash);
  const second = await open(file, {}, link);
  assert.equal(await second.page.locator("main").innerText(), await first.page.locator("main").innerText());
  assert.equal(await second.page.locator(".track.log").count(), await rows(second.page).count());
  await first.done();
  await second.done();
});

test("compared with another, that one is the reference", async () => {
  const { page, done } = await open(file, {}, LATENCY);
  await page.getByLabel("Compare with").selectOption(secondName);
  assert.match(await row(page, secondName).locator(".relation").innerText(), /compared with/);
  assert.match(await page.locator(".more").first().innerText(), /^Compared with/);
  assert.match(await hash(page), /against=/);
  await done();
});

test("a struck one is gone everywhere, the rest is recomputed, and it can be put back", async () => {
  const { page, done } = await open(file, {}, LATENCY);
  const before = await rows(page).count();
  const leader = (await page.locator(".bar-row .who").first().innerText()).split("\n")[0] ?? "";
  await page.locator(".bar-row").first().getByRole("button", { name: "strike" }).click();
  assert.equal(await rows(page).count(), before - 1);
  assert.equal(await page.locator(".bar-row .place").first().innerText().then((text) => text.replace(/^place\s*/, "").slice(0, 1)), "1");
  assert.ok(!(await page.locator(".answer").innerText()).includes(leader));
  await page.getByRole("button", { name: "put back" }).click();
  assert.equal(await rows(page).count(), before);
  await done();
});

test("the margin moves the line between equal and not told apart", async () => {
  const { page, done } = await open(file, {}, LATENCY);
  await page.getByLabel("Equal within").fill("50");
  assert.equal(await page.locator(".relation.undecided").count(), 0);
  assert.match(await hash(page), /margin=50/);
  await done();
});

test("the drill-down has samples, versions, machine and the command", async () => {
  const { page, done } = await open(file, {}, LATENCY);
  await row(page, firstName).locator(".who button").click();
  const detail = page.locator(".detail");
  await detail.locator("canvas").waitFor();
  assert.ok(await page.locator("#detail-title").evaluate((element) => element === document.activeElement));
  const result = byWorkload("latency").find((one) => one.contestant === firstName)!;
  await detail.getByText("Every visit and every sample").click();
  assert.equal(await detail.locator("table.visits tbody tr").count(), result.visits?.length);
  const text = await detail.innerText();
  assert.ok(text.includes(`${result.time_ms?.samples} in ${result.time_ms?.rounds} rounds`) && text.includes(run.host.kernel) && text.includes(result.version ?? "?"));
  assert.ok(text.includes(`./run -m ${result.model} -w latency --threads ${run.threads}`) && text.includes(run.command));
  await detail.getByRole("button", { name: "close" }).click();
  assert.equal(await detail.count(), 0);
  assert.ok(await row(page, firstName).locator(".who button").evaluate((element) => element === document.activeElement));
  await done();
});

test("the trade-off can be had against every figure, with its front in words and as a table", async () => {
  const { page, done } = await open(file, {}, LATENCY);
  const section = page.getByRole("region", { name: "What speed costs" });
  for (const axis of ["accuracy", "memory", "footprint", "cold start", "warm start"]) {
    await section.getByRole("button", { name: axis, exact: true }).click();
    assert.ok((await section.locator(".spot.front").count()) >= 1, axis);
  }
  await section.getByText("The picture as a table").click();
  const marked = await section.locator("tbody tr").evaluateAll((all) => all.filter((one) => one.lastElementChild?.textContent === "yes").length);
  assert.equal(marked, await section.locator(".spot.front").count());
  await done();
});

test("the table is sorted by a click on a column", async () => {
  const { page, done } = await open(file, {}, LATENCY);
  const column = page.locator("table.figures thead").getByRole("button", { name: "installed" });
  await column.click();
  assert.equal(await page.locator("table.figures th[aria-sort=ascending]").count(), 1);
  const names = await page.locator("table.figures tbody th").allInnerTexts();
  const smallest = [...byWorkload("latency").filter((result) => result.ranking)].sort((a, b) => (a.footprint_bytes ?? 0) - (b.footprint_bytes ?? 0))[0];
  assert.ok(names[0]?.replaceAll("\n", "").startsWith(smallest?.contestant ?? "?"), names[0] ?? "");
  await done();
});

test("a workload of the matrix is shown in full", async () => {
  const { page, done } = await open(file);
  await page.locator("table.matrix thead").getByRole("button", { name: "training" }).click();
  assert.match(await page.locator("h1").innerText(), /training/);
  assert.match(await hash(page), /cell=.*training/);
  await done();
});

test("nothing chosen is said, and everything is a click away", async () => {
  const { page, done } = await open(file, {}, "#model=no-such-model");
  assert.match(await page.locator("h1").innerText(), /Nothing was measured/);
  await page.locator(".answer").getByRole("button", { name: "show everything" }).click();
  assert.ok((await rows(page).count()) > 0);
  await done();
});

test("the colours follow the system, or the switch", async () => {
  const { page, done } = await open(file, { colorScheme: "dark" });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const becomes = (dark: boolean) => page.locator(`html[data-scheme=${dark ? "dark" : "light"}]`).waitFor();
  const dark = await background();
  await page.getByRole("button", { name: "light", exact: true }).click();
  await becomes(false);
  assert.notEqual(await background(), dark);
  await page.getByRole("button", { name: "system", exact: true }).click();
  await becomes(true);
  assert.equal(await background(), dark);
  await page.emulateMedia({ colorScheme: "light" });
  await becomes(false);
  assert.notEqual(await background(), dark);
  await done();
});
