import assert from "node:assert/strict";
import { test } from "node:test";
import { type Lookup, placeText, places } from "../../src/places.ts";
import { reverse } from "../../src/relation.ts";
import type { Pair } from "../../src/schema.ts";
import { pair } from "./make.ts";

function lookupOf(pairs: Pair[]): Lookup {
  return (a, b) => {
    const there = pairs.find((one) => one.a === a && one.b === b);
    const back = pairs.find((one) => one.a === b && one.b === a);
    return there ?? (back ? reverse(back) : null);
  };
}

function texts(names: string[], pairs: Pair[]): string[] {
  const found = places(names, lookupOf(pairs));
  return names.map((name) => placeText(found.get(name) ?? { place: null, shared: false }));
}

test("told differences make places", () => {
  assert.deepEqual(texts(["a", "b", "c"], [pair("a", "b", 0.5), pair("b", "c", 0.5), pair("a", "c", 0.25)]), ["1", "2", "3"]);
});

test("who is not told apart shares a place", () => {
  assert.deepEqual(texts(["a", "b", "c"], [pair("a", "b", 1), pair("a", "c", 0.5), pair("b", "c", 0.5)]), ["1=", "1=", "3"]);
});

test("a chain of told differences counts where the pair itself was not told", () => {
  assert.deepEqual(texts(["a", "b", "c"], [pair("a", "b", 0.9), pair("b", "c", 0.9), pair("a", "c", 0.9, 0.3)]), ["1", "2", "3"]);
});

test("not told apart is no chain", () => {
  // a and b, b and c are not told apart, but a is faster than c.
  assert.deepEqual(texts(["a", "b", "c"], [pair("a", "b", 0.98, 0.05), pair("b", "c", 0.98, 0.05), pair("a", "c", 0.9)]), ["1=", "1=", "2"]);
});

test("who is told apart by far has a place without an interval", () => {
  const far = { ...pair("a", "c", 0.02, null), comparison: "faster" };
  assert.deepEqual(texts(["a", "b", "c"], [pair("a", "b", 0.5), far]), ["1", "2=", "2="]);
});

test("without any interval there is no place, and nobody shares it", () => {
  assert.deepEqual(texts(["a", "b", "c"], [pair("a", "b", 0.5), pair("a", "c", 0.05, null), pair("b", "c", 0.1, null)]), ["1", "2", "?"]);
  assert.deepEqual(texts(["a", "b"], [pair("a", "b", 0.5, null)]), ["?", "?"]);
  assert.deepEqual(texts(["a", "b"], []), ["?", "?"]);
});

test("one alone is first", () => {
  assert.deepEqual(texts(["a"], []), ["1"]);
});

test("three that beat each other in a circle share a place", () => {
  assert.deepEqual(texts(["a", "b", "c"], [pair("a", "b", 0.9), pair("b", "c", 0.9), pair("c", "a", 0.9)]), ["3=", "3=", "3="]);
});

test("a struck one makes no chain", () => {
  const pairs = [pair("a", "b", 0.9), pair("b", "c", 0.9), pair("a", "c", 0.9, 0.3)];
  assert.deepEqual(texts(["a", "c"], pairs), ["1=", "1="]);
});
