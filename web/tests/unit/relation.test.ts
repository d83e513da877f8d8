import assert from "node:assert/strict";
import { test } from "node:test";
import { relate, reverse, say, wordOf } from "../../src/relation.ts";

const measured = (ratio: number, low: number | null, high: number | null) => ({ ratio, low, high, pairs: 20 });

test("an interval that excludes 1 tells who is faster", () => {
  assert.equal(wordOf(measured(0.9, 0.85, 0.999), 0.03), "faster");
  assert.equal(wordOf(measured(1.1, 1.001, 1.2), 0.03), "slower");
});

test("a difference that was told is told, also within the margin", () => {
  assert.equal(wordOf(measured(1.01, 1.005, 1.015), 0.03), "slower");
});

test("equal is what lies within the margin on both sides", () => {
  assert.equal(wordOf(measured(1, 0.98, 1.02), 0.03), "equal");
  assert.equal(wordOf(measured(1, 1 / 1.03, 1.03), 0.03), "equal");
  assert.equal(wordOf(measured(1, 0.97, 1.02), 0.03), "undecided"); // 0.97 is below 1 / 1.03
  assert.equal(wordOf(measured(1, 0.98, 1.031), 0.03), "undecided");
});

test("an interval that begins or ends at 1 tells nothing", () => {
  assert.equal(wordOf(measured(1.05, 1, 1.1), 0.03), "undecided");
  assert.equal(wordOf(measured(0.95, 0.9, 1), 0.03), "undecided");
});

test("without an interval there were too few rounds", () => {
  assert.equal(wordOf(measured(20, null, null), 0.03), "few");
  assert.equal(say(relate(measured(20, null, null), 20, 0.03), 0.03), "too few rounds");
});

test("the words name the margin and half of the interval", () => {
  assert.equal(say(relate(measured(1, 0.99, 1.01), 1, 0.03), 0.03), "equal within 3\u202f%");
  assert.equal(say(relate(measured(1, 0.9, 1.1), 1, 0.03), 0.03), "not told apart (±10\u202f%)");
});

test("who was not measured in the same run is not compared", () => {
  assert.equal(relate(null, 2, 0.03).word, "apart");
});

test("the reverse of a ratio swaps its bounds", () => {
  assert.deepEqual(reverse(measured(2, 1.6, 2.5)), { ratio: 0.5, low: 0.4, high: 0.625, pairs: 20 });
  assert.deepEqual(reverse(measured(4, null, null)), { ratio: 0.25, low: null, high: null, pairs: 20 });
});
