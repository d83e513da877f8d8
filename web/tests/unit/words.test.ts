import assert from "node:assert/strict";
import { test } from "node:test";
import { numbered } from "../../src/caveats.ts";
import { cellsOf } from "../../src/cells.ts";
import { accuracy, atTick, bytes, milliseconds, percent, seconds, threeDigits, times } from "../../src/format.ts";
import { cellCommand, shellWord, shellWords } from "../../src/repeat.ts";
import { result, run } from "./make.ts";

const plain = (text: string) => text.replaceAll("\u202f", " ");

test("figures have three digits and a unit", () => {
  assert.deepEqual([0.00123, 0.5, 12.345, 186.6, 9999, 16_400].map((ms) => plain(milliseconds(ms))), ["1.23 µs", "500 µs", "12.3 ms", "187 ms", "9999 ms", "16.4 s"]);
  assert.deepEqual([3.96, 54.3, 125, 0.05].map((s) => plain(seconds(s))), ["4.0 s", "54 s", "2 min 5 s", "50.0 ms"]);
  assert.deepEqual([760_935_424, 999.4, 5.52e9].map((size) => plain(bytes(size))), ["761 MB", "999 B", "5.52 GB"]);
  assert.equal(plain(percent(0.826)), "83 %");
  assert.equal(times(1.494), "1.49×");
  assert.equal(times(1234), "1234×");
  assert.equal(threeDigits(0), "0");
  assert.deepEqual(["50.0\u202fms", "2.50\u202fGB", "100\u202fms", "10.0×", "200×"].map((text) => plain(atTick(text))), ["50 ms", "2.5 GB", "100 ms", "10×", "200×"]);
});

test("what is not known is a dash", () => {
  assert.deepEqual([milliseconds(null), seconds(undefined), bytes(NaN), percent(null), accuracy(null), times(Infinity)], Array(6).fill("–"));
});

test("words of a command come through the shell as they are", () => {
  const words = ["plain", "a/b@cpu", "two words", "it's", "$HOME", "", "<x>", "~/models/m"];
  assert.deepEqual(shellWords(words.map(shellWord).join(" ")), words);
  assert.equal(shellWord("$(x)"), "'$(x)'");
  assert.equal(shellWord(""), "''");
});

test("the command that repeats a cell keeps what the run was asked for", () => {
  const asked = run("1", [result("a/x@cpu", 10, { model: "my net" })], [], { command: "assay run --setup -m 'my net' --budget 6m --deadline=4m -f a -f b --label x", seed: 7, kept_environment: { OMP_PLACES: "cores" } });
  const [cell] = cellsOf([asked]);
  assert.equal(cellCommand(cell!, asked, ["a/x@cpu"]), "./run -m 'my net' -w inference --threads 2 --budget 6m --deadline 4m --seed 7 --keep-env OMP_PLACES -f a/x@cpu");
});

test("the same caveat has the same number everywhere", () => {
  const wrong = { verdict: "wrong", reason: "off by 9" };
  const few = result("c/x@cpu", 10);
  few.time_ms!.rounds = 3;
  const cells = cellsOf([run("1", [result("a/x@cpu", null, wrong), result("b/x@cpu", null, wrong), few])]);
  const caveats = numbered(cells);
  const numbers = Object.fromEntries(cells[0]!.entries.map((entry) => [entry.result.contestant, caveats.numbers(cells[0]!, entry)]));
  assert.deepEqual(numbers, { "a/x@cpu": [1], "b/x@cpu": [1], "c/x@cpu": [2] });
  assert.deepEqual(caveats.list.map(({ number, text, of }) => [number, text.slice(0, 15), of]), [[1, "wrong: off by 9", ["a/x@cpu", "b/x@cpu"]], [2, "fewer than 6 ro", ["c/x@cpu"]]]);
});
