// Names and reasons are text whatever they hold, and the page can reach nobody.

import assert from "node:assert/strict";
import { test } from "node:test";
import { report } from "../../tools/sample_data.mjs";
import { pair, result, run } from "../unit/make.ts";
import { open, written } from "./open.ts";

const MARKUP = "<img src=x onerror=alert(1)>/<script>alert(2)</script>@cpu";
const RIGHT_TO_LEFT = "מסגרת/עברית@cpu";
const EMOJI = "🦀🔥/👩🏽‍💻&amp;\u202eevil@cpu";
const CLOSING = "</script><script>alert(3)</script><!--";
const NAMES = [MARKUP, RIGHT_TO_LEFT, EMOJI];

function hostile() {
  const visits = [0, 1].map((block) => ({ block, round: 0, position: 0, samples_ns: [1e7, 1.1e7], cpu_pressure: 0, steal: 0, other_cpus: 0, disturbed: block === 1 }));
  const results = NAMES.map((name, index) => result(name, 10 + index, {
    framework: name.split("/")[0], language: CLOSING, version: CLOSING, visits, why_wide: CLOSING, reached_target: false,
    runner: { framework: CLOSING, device: MARKUP, threads: 2, notes: MARKUP, details: { [MARKUP]: CLOSING, emoji: EMOJI }, key: CLOSING },
    footprint: { build: MARKUP, installed_bytes: 1, packages: [{ name: MARKUP, version: CLOSING, tag: EMOJI }], mapped: null, linkage: null, programs: [] },
  }));
  results.push(result(`bad ${MARKUP}`, null, { outcome: "crashed", verdict: "unchecked", reason: CLOSING, stderr: [CLOSING, MARKUP], nodes: [MARKUP] }));
  const hostileRun = run("1", results, [pair(MARKUP, RIGHT_TO_LEFT, 0.9), pair(MARKUP, EMOJI, 0.8)], { label: MARKUP, notes: [CLOSING], command: `assay run -m '${CLOSING}'` });
  hostileRun.cells![0]!.answer = [];
  hostileRun.host.cpu = CLOSING;
  return report([hostileRun]);
}

for (const packed of [false, true]) {
  test(`markup, right-to-left text and emoji stay text, ${packed ? "packed" : "plain"}`, async () => {
    const { page, done } = await open(written(hostile(), { packed }));
    for (const name of NAMES) {
      const button = page.locator(".bar-row .who button").filter({ hasText: name.split("/")[0] });
      assert.equal((await button.innerText()).replaceAll("\n", ""), name.replace("@cpu", ""));
      await button.click();
      await page.locator(".detail canvas").waitFor();
      assert.ok((await page.locator(".detail").innerText()).includes(CLOSING));
    }
    await page.locator(".unranked button.link").click();
    assert.ok((await page.locator(".detail .stderr").innerText()).includes(MARKUP));
    assert.equal(await page.locator("#app img, #app script, #app iframe").count(), 0);
    assert.equal(await page.locator("bdi").filter({ hasText: RIGHT_TO_LEFT.split("/")[0] }).first().evaluate((element) => getComputedStyle(element).unicodeBidi), "isolate");
    await done();
  });
}

test("a hostile hash is text too", async () => {
  const { page, done } = await open(written(hostile()), {}, `#without=${encodeURIComponent(MARKUP)}&model=${encodeURIComponent(CLOSING)}&detail=${encodeURIComponent(MARKUP)}`);
  assert.ok((await page.locator(".chip.struck").innerText()).includes(MARKUP));
  assert.equal(await page.locator("#app img, #app script").count(), 0);
  await done();
});

test("the page's policy lets it reach nobody", async () => {
  const { page } = await open(written(hostile()));
  const refused = await page.evaluate(async () => {
    const directives: string[] = [];
    document.addEventListener("securitypolicyviolation", (event) => directives.push(event.effectiveDirective));
    const add = (name: string, attribute: string) => {
      const element = document.createElement(name);
      element.setAttribute(attribute, "http://127.0.0.1:9/x");
      document.body.append(element);
    };
    await fetch("http://127.0.0.1:9/").catch(() => undefined);
    add("img", "src");
    add("script", "src");
    add("iframe", "src");
    add("audio", "src");
    await new Promise((resolve) => setTimeout(resolve, 300));
    return directives;
  });
  assert.deepEqual(refused.sort(), ["connect-src", "frame-src", "img-src", "media-src", "script-src-elem"]);
});
