import assert from "node:assert/strict";
import { test } from "node:test";
import { type Phrase, answer, comparison, overview } from "../../src/answer.ts";
import { type Cell, cellsOf } from "../../src/cells.ts";
import { chosenCells } from "../../src/selection.ts";
import { standing } from "../../src/standing.ts";
import { INITIAL } from "../../src/state.ts";
import { pair, result, run } from "./make.ts";

const text = (phrase: Phrase | null | undefined) => (phrase ?? []).map((part) => (typeof part === "string" ? part : part.name)).join("");
const one = (cells: Cell[]) => cells[0] as Cell;
const [A, B, C] = ["a/x@cpu", "b/x@cpu", "c/x@cpu"] as const;

function three(): Cell {
  return one(cellsOf([run("1", [result(A, 10), result(B, 15), result(C, 40, { verdict: "f32-fast", ranking: "f32-fast" })], [pair(A, B, 0.667)])]));
}

test("one that is faster than all others is the fastest, and the next is named", () => {
  const [first = [], second = []] = answer(standing(three(), "", 0.03));
  assert.equal(text(first), "a/x@cpu is the fastest of 2: 10.0\u202fms. That is 50\u202f% of what this machine can reach. The next, b/x@cpu, takes 1.50 times as long [1.48, 1.51].");
  assert.match(text(second), /^Of those in the class f32-fast .*c\/x@cpu has nobody to be compared with: 40\.0\u202fms/);
});

test("those not told apart share the first place", () => {
  const cell = one(cellsOf([run("1", [result(A, 10), result(B, 10.5)], [pair(A, B, 0.95, 0.2)])]));
  assert.equal(text(answer(standing(cell, "", 0.03))[0]), "a/x@cpu and b/x@cpu share the first place of 2: they are not told apart (10.0\u202fms to 10.5\u202fms).");
});

test("too few rounds are said", () => {
  const cell = one(cellsOf([run("1", [result(A, 10), result(B, 10.5)], [pair(A, B, 0.95, null)])]));
  assert.match(text(answer(standing(cell, "", 0.03))[0]), /^Too few rounds to say who is fastest. a\/x@cpu has the lowest median/);
});

test("who is wrong or failed is named with what happened", () => {
  const cell = one(cellsOf([run("1", [result(A, 10), result(B, null, { verdict: "wrong", reason: "off" }), result(C, null, { outcome: "timed_out", verdict: "unchecked" })])]));
  assert.equal(text(answer(standing(cell, "", 0.03)).at(-1)), "No place: b/x@cpu (wrong); c/x@cpu (out of time).");
});

test("the core's sentences stand while exactly its contestants are shown", () => {
  const cells = cellsOf([run("1", [result(A, 10), result(B, 15)], [], { cells: [{ model: "net", size: "full", workload: "inference", precision: "f32", answer: ["It is so."], pairs: [pair(A, B, 0.667)] }] })]);
  assert.deepEqual(answer(standing(one(cells), "", 0.03)), [["It is so."]]);
  const struck = chosenCells(cells, INITIAL.only, [B]);
  assert.match(text(answer(standing(one(struck), "", 0.03))[0]), /nobody to be compared with/);
});

test("compared with a chosen one, the others are counted by word", () => {
  const [ranking] = standing(three(), B, 0.03).rankings;
  assert.equal(text(comparison(ranking!)), "Compared with b/x@cpu: 1 faster.");
  const [own] = standing(three(), "", 0.03).rankings;
  assert.equal(comparison(own!), null);
});

test("over several cells first places are counted", () => {
  const other = cellsOf([run("2", [result(B, 15, { model: "other" }), result(A, 40, { model: "other" })], [pair(A, B, 2)])]);
  const both = [...other, three()].map((cell) => standing(cell, "", 0.03));
  assert.equal(text(overview(both)), "First places in 2 decided cells, shared ones included: a/x@cpu 1, b/x@cpu 1.");
});

test("classes have references of their own when the chosen one is in another", () => {
  const { rankings } = standing(three(), C, 0.03);
  assert.deepEqual(rankings.map((ranking) => [ranking.className, ranking.reference.name, ranking.chosen]), [["exact", A, false], ["f32-fast", C, true]]);
});
