// From runs to what is compared: a cell on a machine, with the newest result of each contestant and every ratio that was measured side by side.

import type { Host, Pair, Result, Run } from "./schema.ts";
import { type Measured, reverse } from "./relation.ts";

export interface Machine {
  id: string; // short, the same in every report
  name: string; // as short as tells it from the others here
  host: Host;
}

export interface Entry {
  result: Result;
  run: Run;
}

// A cell as it was measured on one machine with one number of threads.
export interface Cell {
  key: string;
  model: string;
  size: string;
  workload: string;
  precision: string;
  machine: Machine;
  threads: number;
  entries: Entry[];
  runs: Run[]; // that have results of it, the newest first
  lookup: (a: string, b: string) => Measured | null;
}

const WORKLOADS = ["inference", "latency", "training"];

// "latency" of "latency[@4096,x8]".
export function kindOf(workload: string): string {
  return workload.split("[")[0] ?? workload;
}

// FNV-1a: short names for machines that stay the same from report to report.
export function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (const letter of text) {
    hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0").slice(0, 6);
}

// What tells a machine from another one.
export type HostName = Pick<Host, "name" | "cpu" | "cpu_design">;

export function machineId(host: HostName): string {
  return shortHash(JSON.stringify([host.name, host.cpu, host.cpu_design ?? null]));
}

// "AuthenticAMD family 26 model 2 stepping 1" without what the processor's own name says already.
function designOf(host: HostName): string {
  return (host.cpu_design ?? "").replace(/^\S*(AMD|Intel)\S* /, "");
}

// As short as tells it from the others.
export function nameOf(host: HostName, others: readonly HostName[]): string {
  const parts = [host.cpu];
  const alike = others.filter((other) => other.cpu === host.cpu);
  if (alike.some((other) => other.name !== host.name)) parts.push(host.name);
  if (alike.some((other) => (other.cpu_design ?? "") !== (host.cpu_design ?? ""))) parts.push(designOf(host) || "design unknown");
  return parts.join(" · ");
}

// `others`: machines that are not here and that the names tell them from, too.
export function machinesOf(runs: readonly Run[], others: readonly HostName[] = []): Map<string, Machine> {
  const hosts = new Map(runs.map((run) => [machineId(run.host), run.host]));
  const all = [...hosts.values(), ...others];
  return new Map([...hosts].map(([id, host]) => [id, { id, host, name: nameOf(host, all) }]));
}

interface CellName {
  model: string;
  size: string;
  workload: string;
  precision: string;
}

function keyOf(cell: CellName, run: Run): string {
  return `${cell.model}/${cell.size}/${cell.workload}/${cell.precision}@${machineId(run.host)}/${run.threads}`;
}

// The ratios of a run in a cell. Runs from before the core wrote all pairs have those to the baseline.
export function pairsOf(run: Run, cell: CellName): Pair[] {
  const same = (other: CellName) => (["model", "size", "workload", "precision"] as const).every((key) => other[key] === cell[key]);
  const compared = run.cells?.find(same);
  if (compared) return compared.pairs;
  return run.results.filter(same).flatMap(({ contestant, ratio }) =>
    ratio && ratio.to !== contestant ? [{ a: contestant, b: ratio.to, ratio: ratio.median, low: ratio.low, high: ratio.high, pairs: ratio.pairs, comparison: ratio.comparison }] : []);
}

function pairKey(a: string, b: string): string {
  return JSON.stringify([a, b]);
}

// A ratio of an older run counts as long as both are the versions that are shown.
function lookupOf(cell: CellName, runs: readonly Run[], entries: readonly Entry[]): Cell["lookup"] {
  const version = new Map(entries.map(({ result }) => [result.contestant, result.version]));
  const known = new Map<string, Measured>();
  for (const run of runs) {
    const there = new Map(run.results.filter((result) => keyOf(result, run) === keyOf(cell, run)).map((result) => [result.contestant, result.version]));
    for (const pair of pairsOf(run, cell)) {
      const current = [pair.a, pair.b].every((name) => version.has(name) && there.get(name) === version.get(name));
      if (!current || known.has(pairKey(pair.a, pair.b))) continue;
      known.set(pairKey(pair.a, pair.b), pair);
      known.set(pairKey(pair.b, pair.a), reverse(pair));
    }
  }
  return (a, b) => known.get(pairKey(a, b)) ?? null;
}

// Of one whose run was interrupted, or could not set its framework up, nothing is said, and it hides no older result that does.
function saysSomething(result: Result): boolean {
  const failed = result.outcome !== "ok" && result.reason_code !== "not_set_up";
  return result.time_ms !== null || result.verdict === "wrong" || failed;
}

export function counts(result: Result): boolean {
  return result.ranking !== null && result.time_ms !== null;
}

// On one machine, in the order in which a reader looks for them.
function byName(a: Cell, b: Cell): number {
  const workload = (cell: Cell) => (WORKLOADS.indexOf(kindOf(cell.workload)) + WORKLOADS.length + 1) % (WORKLOADS.length + 1);
  return a.threads - b.threads || a.model.localeCompare(b.model) || a.size.localeCompare(b.size)
    || a.precision.localeCompare(b.precision) || workload(a) - workload(b) || a.workload.localeCompare(b.workload, undefined, { numeric: true });
}

function newestFirst(runs: readonly Run[]): Run[] {
  return [...runs].sort((a, b) => (a.started < b.started ? 1 : a.started > b.started ? -1 : 0));
}

// Every cell of the runs, those of the machine that was measured last first.
export function cellsOf(runs: readonly Run[], others: readonly HostName[] = []): Cell[] {
  const machines = machinesOf(newestFirst(runs), others);
  const order = [...machines.keys()];
  const found = new Map<string, { name: CellName; first: Run; entries: Map<string, Entry>; runs: Run[] }>();
  for (const run of newestFirst(runs)) {
    for (const result of run.results) {
      const key = keyOf(result, run);
      const cell = found.get(key) ?? { name: result, first: run, entries: new Map<string, Entry>(), runs: [] };
      found.set(key, cell);
      if (cell.runs.at(-1) !== run) cell.runs.push(run);
      const known = cell.entries.get(result.contestant);
      if (!known || (!saysSomething(known.result) && saysSomething(result))) cell.entries.set(result.contestant, { result, run });
    }
  }
  const cells = [...found].map(([key, cell]): Cell => {
    const { model, size, workload, precision } = cell.name;
    const entries = [...cell.entries.values()];
    const machine = machines.get(machineId(cell.first.host)) as Machine;
    return { key, model, size, workload, precision, machine, threads: cell.first.threads, entries, runs: cell.runs, lookup: lookupOf(cell.name, cell.runs, entries) };
  });
  return cells.sort((a, b) => order.indexOf(a.machine.id) - order.indexOf(b.machine.id) || byName(a, b));
}
