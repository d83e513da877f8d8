import assert from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, machineId, machinesOf } from "../../src/cells.ts";
import { chipRows, chosenCells } from "../../src/selection.ts";
import { INITIAL } from "../../src/state.ts";
import { pair, result, run } from "./make.ts";

test("the newest result of each contestant is taken", () => {
  const [cell] = cellsOf([run("2", [result("a/x@cpu", 20)]), run("1", [result("a/x@cpu", 10), result("b/x@cpu", 30)])]);
  assert.deepEqual(cell?.entries.map(({ result: { contestant, time_ms } }) => [contestant, time_ms?.median]), [["a/x@cpu", 20], ["b/x@cpu", 30]]);
});

test("what tells nothing of a contestant hides no older result that does", () => {
  const silent = [result("a/x@cpu", null), result("b/x@cpu", null, { outcome: "failed", reason_code: "not_set_up" })];
  const failed = [result("c/x@cpu", null, { outcome: "crashed", reason_code: "none" }), result("d/x@cpu", null, { verdict: "wrong" })];
  const older = ["a/x@cpu", "b/x@cpu", "c/x@cpu", "d/x@cpu"].map((name) => result(name, 10));
  const [cell] = cellsOf([run("1", older), run("2", [...silent, ...failed])]);
  assert.deepEqual(cell?.entries.map((entry) => [entry.result.contestant, entry.run.run]), [["a/x@cpu", "1"], ["b/x@cpu", "1"], ["c/x@cpu", "2"], ["d/x@cpu", "2"]]);
});

test("ratios are found in both directions, the newest first", () => {
  const both = () => [result("a/x@cpu", 10), result("b/x@cpu", 20)];
  const [cell] = cellsOf([run("1", both(), [pair("a/x@cpu", "b/x@cpu", 0.4)]), run("2", both(), [pair("a/x@cpu", "b/x@cpu", 0.5)])]);
  assert.equal(cell?.lookup("a/x@cpu", "b/x@cpu")?.ratio, 0.5);
  assert.equal(cell?.lookup("b/x@cpu", "a/x@cpu")?.ratio, 2);
  assert.equal(cell?.lookup("a/x@cpu", "c/x@cpu"), null);
});

test("a ratio of another version than the one shown does not count", () => {
  const old = run("1", [result("a/x@cpu", 10), result("b/x@cpu", 20)], [pair("a/x@cpu", "b/x@cpu", 0.5)]);
  const [cell] = cellsOf([old, run("2", [result("a/x@cpu", 15, { version: "2.0" })])]);
  assert.equal(cell?.lookup("a/x@cpu", "b/x@cpu"), null);
});

test("runs without pairs have the ratios to their baseline", () => {
  const second = result("b/x@cpu", 20, { ratio: { to: "a/x@cpu", median: 2, low: 1.9, high: 2.1, pairs: 20 } });
  const [cell] = cellsOf([run("1", [result("a/x@cpu", 10), second], [], { cells: undefined })]);
  assert.equal(cell?.lookup("b/x@cpu", "a/x@cpu")?.low, 1.9);
});

test("machines are told apart by name, processor and design, and cells by machine and threads", () => {
  const first = run("1", [result("a/x@cpu", 10)]);
  const other = run("2", [result("a/x@cpu", 10)], [], { host: { ...first.host, cpu_design: "AuthenticAMD family 26 model 2" } });
  const fewer = run("3", [result("a/x@cpu", 10)], [], { threads: 1 });
  assert.equal(cellsOf([first, other, fewer]).length, 3);
  const names = [...machinesOf([first, other]).values()].map((machine) => machine.name);
  assert.deepEqual(names.sort(), ["CPU · design unknown", "CPU · family 26 model 2"]);
  const elsewhere = { name: "elsewhere", cpu: "CPU", cpu_design: null };
  assert.deepEqual([...machinesOf([first], [elsewhere]).values()].map((machine) => machine.name), ["CPU · h"], "told from those that are not here, too");
  assert.notEqual(machineId(first.host), machineId(other.host));
  assert.match(machineId(first.host), /^[0-9a-f]{6}$/);
});

test("chips say what would leave nothing", () => {
  const runs = [run("1", [result("a/x@cpu", 10), result("b/x@gpu", 10)]), run("2", [result("a/x@cpu", 10, { model: "other" })])];
  const cells = cellsOf(runs);
  const rows = chipRows(cells, { ...INITIAL, only: { ...INITIAL.only, device: ["gpu"] } });
  const row = (dimension: string) => rows.find((one) => one.dimension === dimension)?.chips.map((chip) => [chip.value, chip.pressed, chip.empty]);
  assert.deepEqual(row("model"), [["net", false, false], ["other", false, true]]);
  assert.deepEqual(row("framework"), [["a", false, true], ["b", false, false]]);
  assert.deepEqual(row("device"), [["cpu", false, false], ["gpu", true, false]]);
  assert.equal(row("language"), undefined);
});

test("chips and strikes leave the rest, and cells without anybody are gone", () => {
  const cells = cellsOf([run("1", [result("a/x@cpu", 10), result("b/x@cpu", 10)]), run("2", [result("a/x@cpu", 10, { model: "other" })])]);
  assert.deepEqual(chosenCells(cells, INITIAL.only, ["a/x@cpu"]).map((cell) => [cell.model, cell.entries.length]), [["net", 1]]);
  assert.equal(chosenCells(cells, { ...INITIAL.only, framework: ["b"] }, []).length, 1);
});
