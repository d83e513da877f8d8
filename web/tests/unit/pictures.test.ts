import assert from "node:assert/strict";
import { test } from "node:test";
import { barScale } from "../../src/bar_scale.ts";
import { cellsOf } from "../../src/cells.ts";
import { sorted } from "../../src/columns.ts";
import { lowerQuartile, samplesOf } from "../../src/samples.ts";
import { linearTicks, logTicks, logarithmic } from "../../src/scale.ts";
import { rankedOf, standing } from "../../src/standing.ts";
import { placeLabels, spots } from "../../src/tradeoff.ts";
import { result, run } from "./make.ts";

const rows = (...ms: number[]) => rankedOf(standing(cellsOf([run("1", ms.map((one, index) => result(`f${index}/x@cpu`, one)))])[0]!, "", 0.03));

test("ticks are round", () => {
  assert.deepEqual(linearTicks(432, 5), [0, 100, 200, 300, 400]);
  assert.deepEqual(linearTicks(0.9, 4), [0, 0.25, 0.5, 0.75]);
  assert.deepEqual(linearTicks(0, 4), [0]);
  assert.deepEqual(logTicks(8, 120, 6), [10, 20, 50, 100]);
  assert.deepEqual(logTicks(1, 1e6, 4), [1, 100, 10000, 1e6]);
});

test("a logarithmic scale goes from end to end", () => {
  const scale = logarithmic(1, 100);
  assert.deepEqual([1, 10, 100].map((value) => Number(scale.at(value).toFixed(9))), [0, 0.5, 1]);
});

test("bars far longer than the shortest are torn, others whole", () => {
  const scale = barScale(rows(10, 20, 400), [5], "linear");
  assert.deepEqual([10, 20, 400].map(scale.torn), [false, false, true]);
  assert.ok(scale.at(20) < 1);
  assert.equal(barScale(rows(10, 20, 400), [5], "log").torn(400), false);
});

test("a limit beyond the bars is on the scale", () => {
  assert.ok(barScale(rows(10, 12), [30], "linear").at(30) <= 1);
});

test("labels cover neither points nor each other, and stay inside", () => {
  const points = Array.from({ length: 12 }, (_, index) => ({ name: String(index), x: 40 + (index % 3) * 6, y: 40 + index * 4, low: 30, high: 60, onFront: index === 0, text: "a long label" }));
  const labels = placeLabels(points, { left: 0, top: 0, width: 200, height: 120 }, () => 70);
  const boxes = labels.map(({ x, y }) => ({ x, y: y - 11, right: x + 70, bottom: y + 3 }));
  boxes.forEach((a, index) => boxes.slice(index + 1).forEach((b) => assert.ok(a.x >= b.right || b.x >= a.right || a.y >= b.bottom || b.y >= a.bottom)));
  assert.ok(labels.length > 1 && boxes.every((box) => box.x >= 0 && box.right <= 200 && box.y >= 0 && box.bottom <= 120));
});

test("the front of a trade-off is marked, and a figure of 0 has no point", () => {
  const [cell] = cellsOf([run("1", [result("a/x@cpu", 10), result("b/x@cpu", 20, { peak_bytes: 5e8 }), result("c/x@cpu", 30), result("d/x@cpu", 1, { peak_bytes: 0 })])]);
  const found = spots(standing(cell!, "", 0.03), "memory");
  assert.deepEqual(found.map((spot) => [spot.name, spot.onFront]), [["a/x@cpu", true], ["b/x@cpu", true], ["c/x@cpu", false]]);
});

test("the table is sorted by a column, and who has no figure comes last", () => {
  const three = rows(30, 10, 20);
  three[0]!.entry.result.footprint_bytes = null;
  const names = (sort: string) => sorted(three, sort).map((row) => row.ms);
  assert.deepEqual(names("median"), [10, 20, 30]);
  assert.deepEqual(names("-median"), [30, 20, 10]);
  assert.equal(names("footprint").at(-1), three[0]!.ms);
  assert.deepEqual(names("no such column"), three.map((row) => row.ms));
});

test("samples come in the order of blocks and rounds", () => {
  const visit = (block: number, round: number, samples_ns: number[], disturbed = false) => ({ block, round, position: 0, samples_ns, cpu_pressure: 0, steal: 0, other_cpus: 0, disturbed });
  const samples = samplesOf(result("a/x@cpu", 1, { visits: [visit(1, 0, [3e6]), visit(0, 1, [2e6, 4e6], true), visit(0, 0, [1e6])] }));
  assert.deepEqual(samples.ms, [1, 2, 4, 3]);
  assert.deepEqual(samples.disturbed, [false, true, true, false]);
  assert.deepEqual(samples.blocks, [{ block: 0, first: 0, last: 1 }, { block: 1, first: 2, last: 2 }]);
  assert.equal(lowerQuartile([4, 1, 3, 2]), 1.75);
});
