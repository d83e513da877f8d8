import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { readData } from "../../src/data.ts";

const DATA = { schema: 1, made: "2026-11-27T14:00:00Z", assay: "0.1.0", runs: [] };

function pageWith(elements: Record<string, string>): Document {
  return { getElementById: (id: string) => (id in elements ? { textContent: elements[id] } : null) } as unknown as Document;
}

test("plain and packed data are read", async () => {
  const text = JSON.stringify(DATA);
  assert.deepEqual(await readData(pageWith({ data: text })), DATA);
  assert.deepEqual(await readData(pageWith({ "data-gz": `\n${gzipSync(text).toString("base64")}\n` })), DATA);
});

test("what cannot be read is said", async () => {
  await assert.rejects(readData(pageWith({})), /no data/);
  await assert.rejects(readData(pageWith({ data: "@ASSAY_DATA@" })), /empty template/);
  await assert.rejects(readData(pageWith({ data: '{"schema": 2, "runs": []}' })), /schema 1/);
});
