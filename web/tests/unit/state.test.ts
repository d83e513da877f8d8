import assert from "node:assert/strict";
import { test } from "node:test";
import { INITIAL, type State, fromHash, toHash, toggled } from "../../src/state.ts";

const NASTY = "<img src=x onerror=alert(1)>&run=1#=% +🦀 שלום";

test("the first view has an empty hash", () => {
  assert.equal(toHash(INITIAL), "");
  assert.deepEqual(fromHash(""), INITIAL);
  assert.deepEqual(fromHash("#"), INITIAL);
});

test("every choice survives the way through the hash", () => {
  const state: State = {
    only: { ...INITIAL.only, model: ["a", NASTY], language: ["C++"], threads: ["2"] },
    runs: ["r1", "r2"], cell: `net/full/inference/f32@abc/2`, against: NASTY, struck: [NASTY, "x/y@cpu"], detail: NASTY, sort: "-median", scale: "log", axis: "memory", margin: 1.5, scheme: "dark",
  };
  assert.deepEqual(fromHash(`#${toHash(state)}`), state);
});

test("nonsense in a hash is as at the beginning", () => {
  assert.deepEqual(fromHash("#scale=cubic&axis=&margin=-3&scheme=pink&unknown=1&margin"), INITIAL);
  assert.equal(fromHash("#margin=1e9").margin, 3);
  assert.equal(fromHash("#%E0%A4%A&&&=&model").only.model.length, 1);
});

test("a value named twice counts once", () => {
  assert.deepEqual(fromHash("#run=a&run=a").runs, ["a"]);
});

test("a toggle adds and takes away", () => {
  assert.deepEqual(toggled(["a"], "b"), ["a", "b"]);
  assert.deepEqual(toggled(["a", "b"], "a"), ["b"]);
});
