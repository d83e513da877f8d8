import assert from "node:assert/strict";
import { test } from "node:test";
import { front } from "../../src/pareto.ts";

test("the front are those whom nobody beats in both", () => {
  const points = [{ name: "quick", x: 1, y: 9 }, { name: "small", x: 9, y: 1 }, { name: "between", x: 4, y: 4 }, { name: "beaten", x: 5, y: 5 }];
  assert.deepEqual(front(points), ["quick", "between", "small"]);
});

test("who is equal in one figure and worse in the other is beaten", () => {
  assert.deepEqual(front([{ name: "a", x: 1, y: 1 }, { name: "b", x: 1, y: 2 }, { name: "c", x: 2, y: 1 }]), ["a"]);
});

test("equals are both on the front", () => {
  assert.deepEqual(front([{ name: "a", x: 1, y: 1 }, { name: "b", x: 1, y: 1 }]), ["a", "b"]);
  assert.deepEqual(front([]), []);
});
