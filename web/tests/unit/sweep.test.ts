import assert from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, kindOf } from "../../src/cells.ts";
import type { Sweep, SweepPoint } from "../../src/schema.ts";
import { linesOf, sizesOf, spread, sweepsOf } from "../../src/sweep.ts";
import { result, run } from "./make.ts";

const point = (size: number, rate: number | null, more: Partial<SweepPoint> = {}): SweepPoint => ({
  size, workload: size === 128 ? "latency" : `latency[@${size}]`, verdict: "exact", outcome: "ok", items_per_s: rate, time_ms: rate === null ? null : 1000 / rate, low: null, high: null, ...more,
});

const sweep: Sweep = {
  model: "net", size: "full", workload: "latency", precision: "f32", axis: "context", item: "tokens",
  series: [
    { contestant: "slow/a@cpu", points: [point(128, 50), point(4096, 20, { low: 40, high: 100 })] },
    { contestant: "fast/a@cpu", points: [point(128, 40), point(4096, 30)] },
    { contestant: "broken/a@cpu", points: [point(128, null, { outcome: "crashed", verdict: "unchecked" })] },
    { contestant: "wrong/a@cpu", points: [point(128, 90, { verdict: "wrong" })] },
  ],
};

test("lines are of those with a rate that counts, by the largest size", () => {
  assert.deepEqual(linesOf(sweep).map((line) => line.contestant), ["fast/a@cpu", "slow/a@cpu"]);
  assert.deepEqual(sizesOf(sweep), [128, 4096]);
});

test("a time's interval becomes that of the rate", () => {
  const last = linesOf(sweep)[1]?.points[1];
  assert.deepEqual(last, { size: 4096, rate: 20, low: 10, high: 25 });
});

test("a cell has the sweeps that it is part of, of its newest run with one", () => {
  const results = [result("slow/a@cpu", 20, { workload: "latency[@4096]" }), result("slow/a@cpu", 20)];
  const cells = cellsOf([run("1", results, [], { sweeps: [sweep] }), run("2", [result("slow/a@cpu", 21, { workload: "latency[@4096]" })])]);
  const found = new Map(cells.map((cell) => [cell.workload, sweepsOf(cell)]));
  assert.deepEqual(found.get("latency[@4096]"), [sweep]);
  assert.deepEqual(found.get("inference"), []);
});

test("cells come by kind, then by size as a number", () => {
  const names = ["latency[@4096]", "inference", "latency[@512]", "latency", "training"];
  const cells = cellsOf([run("1", names.map((workload) => result("a/b@cpu", 1, { workload })))]);
  assert.deepEqual(cells.map((cell) => cell.workload), ["inference", "latency", "latency[@512]", "latency[@4096]", "training"]);
  assert.equal(kindOf("latency[@4096,x8]"), "latency");
});

test("labels are moved apart, and stay above the bottom", () => {
  assert.deepEqual(spread([10, 11, 50], 15, 60), [10, 25, 50]);
  assert.deepEqual(spread([58, 59], 15, 60), [45, 60]);
});
