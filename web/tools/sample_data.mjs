// Makes a report for development from the results in docs/results. What the core computes properly is made up simply here: `pairs` are medians of the
// rounds' ratios with a crude interval. Never to be published.
//
//     node tools/sample_data.mjs [--one] OUT.html    --one: only one run of one model, else every run there is

import { readFileSync, readdirSync, existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fill } from "./fill.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
const RESULTS = join(ROOT, "docs/results");
const FEWEST = 6;
const WIDTH = 2.6; // crude: Student's t times what the method adds

function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  return sorted[Math.floor(at)] + (sorted[Math.ceil(at)] - sorted[Math.floor(at)]) * (at % 1);
}

function quartiles(result) {
  return new Map((result.visits ?? []).map((visit) => [`${visit.block}/${visit.round}`, quantile(visit.samples_ns, 0.25)]));
}

function pairOf(a, b) {
  const [x, y] = [quartiles(a), quartiles(b)];
  const logs = [...x.keys()].filter((round) => y.has(round)).map((round) => Math.log(x.get(round) / y.get(round)));
  if (logs.length === 0) return [];
  const middle = quantile(logs, 0.5);
  const spread = Math.sqrt(logs.reduce((sum, log) => sum + (log - middle) ** 2, 0) / Math.max(1, logs.length - 1));
  const half = logs.length < FEWEST ? null : Math.max(0.002, (WIDTH * spread) / Math.sqrt(logs.length));
  const at = (shift) => (half === null ? null : Math.exp(middle + shift * half));
  return [{ a: a.contestant, b: b.contestant, ratio: Math.exp(middle), low: at(-1), high: at(1), pairs: logs.length }];
}

function cellsOf(results) {
  const cells = new Map();
  for (const result of results) {
    const { model, size, workload, precision } = result;
    const key = JSON.stringify([model, size, workload, precision]);
    const cell = cells.get(key) ?? { model, size, workload, precision, results: [] };
    cells.set(key, cell);
    cell.results.push(result);
  }
  return [...cells.values()].map(({ results: those, ...cell }) => {
    const ranked = those.filter((result) => result.ranking && result.time_ms);
    const pairs = ranked.flatMap((a, index) => ranked.slice(index + 1).filter((b) => b.ranking === a.ranking).flatMap((b) => pairOf(a, b)));
    return { ...cell, answer: [], pairs };
  });
}

function languageOf(framework) {
  const manifest = join(ROOT, "frameworks", framework, "framework.toml");
  return existsSync(manifest) ? (/^language *= *"([^"]*)"/m.exec(readFileSync(manifest, "utf8"))?.[1] ?? null) : null;
}

function extended(run) {
  const results = run.results.map((result) => ({ ...result, language: languageOf(result.framework) }));
  return { ...run, results, cells: cellsOf(results) };
}

export function readRun(file) {
  return extended(JSON.parse(readFileSync(join(RESULTS, file), "utf8")));
}

export function report(runs) {
  return { schema: 1, made: "2026-11-27T14:00:00Z", assay: "0.1.0", runs };
}

export const ONE = "smollm2-135m.json";

export function everyRun() {
  return [ONE, ...readdirSync(join(RESULTS, "cells")).filter((name) => name.endsWith(".json")).sort().map((name) => join("cells", name))].map(readRun);
}

function main() {
  const out = process.argv.slice(2).find((word) => !word.startsWith("--"));
  if (!out) {
    console.error("usage: node tools/sample_data.mjs [--one] OUT.html");
    process.exit(2);
  }
  const data = report(process.argv.includes("--one") ? [readRun(ONE)] : everyRun());
  writeFileSync(out, fill(readFileSync(join(ROOT, "web/report.html"), "utf8"), data));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
