// Runs in which much is missing: of older versions, without samples, without anybody who has a time, or with nothing at all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { report } from "../../tools/sample_data.mjs";
import { pair, result, run } from "../unit/make.ts";
import { open, written } from "./open.ts";

const NOTHING_KNOWN = {
  error: null, start_s: null, peak_bytes: null, memory: null, footprint_bytes: null, footprint: null, limit: null, derived: null, runner: null, visits: undefined, version: null,
};

test("a result of which only a time is known is shown", async () => {
  const results = [result("a/x@cpu", 10, NOTHING_KNOWN), result("b/x@cpu", 20, NOTHING_KNOWN)];
  const { page, done } = await open(written(report([run("1", results, [pair("a/x@cpu", "b/x@cpu", 0.5)])])));
  assert.match(await page.locator(".lead").innerText(), /^a\/x@cpu is the fastest of 2: 10\.0.ms\. The next, b\/x@cpu/);
  await page.locator(".bar-row .who button").first().click();
  assert.match(await page.locator(".detail").innerText(), /No timed steps were kept/);
  for (const axis of ["accuracy", "memory", "footprint", "cold start", "warm start"]) await page.getByRole("button", { name: axis, exact: true }).click();
  assert.match(await page.getByRole("region", { name: "What speed costs" }).innerText(), /Fewer than two/);
  await done();
});

test("a cell in which nobody has a time is said", async () => {
  const results = [result("a/x@cpu", null, { outcome: "crashed", verdict: "unchecked", reason: "it fell", ...NOTHING_KNOWN }), result("b/x@cpu", null, { verdict: "wrong", reason: "off" })];
  const { page, done } = await open(written(report([run("1", results)])));
  assert.equal(await page.locator(".lead").innerText(), "Nobody has a time here.");
  assert.equal(await page.locator(".unranked > li").count(), 2);
  assert.match(await page.locator(".unranked").innerText(), /it fell/);
  await done();
});

test("a run without cells has what its results say of their baseline", async () => {
  const second = result("b/x@cpu", 20, { ratio: { to: "a/x@cpu", median: 2, low: 1.9, high: 2.1, pairs: 20 } });
  const { page, done } = await open(written(report([run("1", [result("a/x@cpu", 10), second], [], { cells: undefined })])));
  assert.match(await page.locator(".relation.slower").innerText(), /2\.00× .*slower/);
  await done();
});

test("a report without runs, and a run without results", async () => {
  for (const runs of [[], [run("1", [])]]) {
    const { page, done } = await open(written(report(runs)));
    assert.match(await page.locator("h1").innerText(), /Nothing was measured/);
    await done();
  }
});

test("runs can be chosen by id or label, and hold only their own results", async () => {
  const older = run("1", [result("a/x@cpu", 10), result("b/x@cpu", 20)], [], { label: "before <update>" });
  const newer = run("2", [result("a/x@cpu", 8)]);
  const { page, done } = await open(written(report([older, newer])));
  const times = () => page.locator(".bar-row .time").allInnerTexts();
  assert.deepEqual((await times()).map((text) => text.replace(/\s/, " ")), ["8.00 ms", "20.0 ms"]);
  await page.locator(".runs").getByRole("button", { name: "before <update>" }).click();
  assert.deepEqual((await times()).map((text) => text.replace(/\s/, " ")), ["10.0 ms", "20.0 ms"]);
  await page.getByRole("button", { name: "show the newest of all" }).click();
  await page.evaluate(() => (location.hash = "#run=before+%3Cupdate%3E"));
  await page.getByText("Only what 1 chosen run measured").waitFor();
  assert.deepEqual((await times()).map((text) => text.replace(/\s/, " ")), ["10.0 ms", "20.0 ms"]);
  await done();
});

test("the core's sentences are the answer", async () => {
  const told = run("1", [result("a/x@cpu", 10), result("b/x@cpu", 20)], [pair("a/x@cpu", "b/x@cpu", 0.5)]);
  told.cells![0]!.answer = ["a/x@cpu is <b>it</b>.", "And so on."];
  const { page, done } = await open(written(report([told])));
  assert.equal(await page.locator(".lead").innerText(), "a/x@cpu is <b>it</b>.");
  assert.equal(await page.locator(".more").innerText(), "And so on.");
  await done();
});
