// Addresses from page to page, and what the index says.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { IndexCell, IndexData } from "../../src/schema.ts";
import { firstPlaces, indexAnswer, isDecided, pageAddress, saidOf } from "../../src/site.ts";
import { INITIAL } from "../../src/state.ts";
import { pair, result, run } from "./make.ts";
import { siteOf } from "./make_site.ts";

function cell(first: string[], said: string, more: Partial<IndexCell> = {}): IndexCell {
  return { machine: 0, model: 0, size: "full", workload: "inference", precision: "f32", threads: 2, ranking: "exact", first, said, median_ms: 1, ranked: 4, open: 0, contestants: 5, ...more };
}

const words = (phrase: ReturnType<typeof indexAnswer>) => phrase.map((part) => (typeof part === "string" ? part : part.name)).join("");

test("an address leads only to a page of the site", () => {
  assert.equal(pageAddress("models/net.html", "index", INITIAL), "models/net.html");
  assert.equal(pageAddress("machines/cpu-1.html", "page", INITIAL), "../machines/cpu-1.html");
  assert.equal(pageAddress("index.html", "page", { ...INITIAL, scheme: "dark" }), "../index.html#scheme=dark");
  assert.equal(pageAddress("models/net.html", "index", INITIAL, { model: ["a&b <c>"] }), "models/net.html#model=a%26b+%3Cc%3E");
  for (const file of ["javascript" + ":alert(1)", "http://x/a.html", "//x/models/a.html", "models/../../a.html", "models/.a.html", "other.html", "models/a b.html", "models/a.html\nx", ""]) {
    assert.equal(pageAddress(file, "index", INITIAL), null, file);
  }
});

test("what is said of the first", () => {
  assert.equal(saidOf(cell(["a"], "faster")), "fastest of 4");
  assert.equal(saidOf(cell(["a"], "faster", { open: 1 })), "fastest of 3");
  assert.equal(saidOf(cell(["a", "b"], "equal")), "equally fast, of 4");
  assert.equal(saidOf(cell(["a", "b"], "undecided")), "not told apart, of 4");
  assert.match(saidOf(cell(["a"], "none")), /too few rounds/);
  assert.match(saidOf(cell(["a"], "none", { ranked: 1 })), /nobody to compare/);
  assert.match(saidOf(cell([], "none", { ranking: null, ranked: 0 })), /5 contestants, none with a time/);
});

test("first places are counted where several were told", () => {
  const cells = [cell(["a"], "faster"), cell(["a", "b"], "equal"), cell(["b"], "none", { ranked: 1 }), cell(["c"], "none"), cell([], "none", { ranking: null, ranked: 0 })];
  assert.deepEqual(cells.map(isDecided), [true, true, false, false, false]);
  assert.deepEqual(firstPlaces(cells), [{ name: "a", alone: 1, shared: 1 }, { name: "b", alone: 0, shared: 1 }]);
  assert.equal(words(indexAnswer(cells, 1)), "a comes first most often: in 2 of 2 decided cells on 1 machine, alone in 1.");
  assert.equal(words(indexAnswer([cell(["b", "a"], "equal")], 2)), "a and b come first most often, each in 1 of 1 decided cell on 2 machines.");
  assert.match(words(indexAnswer([cell(["a", "b", "c", "d"], "undecided")], 1)), /Nobody stands out: 4 contestants/);
  assert.match(words(indexAnswer([cell(["a"], "none")], 1)), /Nobody has a first place/);
});

test("the sample's index has every cell, and pages only what is theirs", () => {
  const one = run("1", [result("a/x@cpu", 10), result("b/x@cpu", 20)], [pair("a/x@cpu", "b/x@cpu", 0.5)]);
  const other = run("2", [result("a/x@cpu", 10, { model: "second" })], [], { host: { ...one.host, name: "g", cpu: "Other" } });
  const site = siteOf([one, other]);
  const index = site.get("index.html") as IndexData;
  assert.deepEqual(index.cells.map(({ first, said }) => [first, said]), [[["a/x@cpu"], "none"], [["a/x@cpu"], "faster"]]);
  assert.deepEqual([...site.keys()].filter((file) => file.startsWith("models/")), ["models/net.html", "models/second.html"]);
});
