// Text must not become markup: nothing in the sources can make it so.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

declare const WEB_FOLDER: string;

const FORBIDDEN = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|javascript:|createContextualFragment|\bfetch\(|XMLHttpRequest/;

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)]));
}

test("no source makes markup of text or asks a server", () => {
  const found = files(join(WEB_FOLDER, "src")).flatMap((file) => readFileSync(file, "utf8").split("\n").filter((line) => FORBIDDEN.test(line)).map((line) => `${file}: ${line.trim()}`));
  assert.deepEqual(found, []);
});

test("no address but in the page's own policy", () => {
  const page = readFileSync(join(WEB_FOLDER, "report.html"), "utf8");
  const addresses = [...page.matchAll(/https?:\/\/[^\s"'`)<]+/g)].map(([address]) => address).filter((address) => !address.startsWith("http://www.w3.org/"));
  assert.deepEqual(addresses, []);
});
