// Runs and results for tests, with only what a test is about.

import type { Pair, Result, Run } from "../../src/schema.ts";

export function result(contestant: string, ms: number | null, more: Partial<Result> = {}): Result {
  const [framework = "", rest = ""] = contestant.split("/");
  const [variant = "", device = "cpu"] = rest.split("@");
  return {
    contestant, framework, variant, device, version: "1.0", model: "net", size: "full", workload: "inference", precision: "f32", outcome: "ok", reason: "", verdict: "exact",
    error: { rel_l2: 1e-6, max_rel: 1e-6, times_f32: 1, worst: "out" },
    time_ms: ms === null ? null : { median: ms, low: ms * 0.95, high: ms * 1.05, p90: null, p95: null, p99: null, samples: 60, rounds: 20, blocks: 5, disturbed_rounds: 0 },
    ratio: null, ranking: ms === null ? null : "exact", half_width: null, reached_target: null, why_wide: null,
    start_s: { cold: 2, import: 1, load: 0.5, prepare: 0.5, dropped_share: 1, warm: { total: 1, import: 0.5, load: 0.25, prepare: 0.25, launches: 5 } },
    peak_bytes: 1e9, memory: { anonymous_bytes: 6e8, file_bytes: 4e8 }, footprint_bytes: 1e8,
    footprint: { build: "b", installed_bytes: 1e8, packages: [], mapped: null, linkage: null, programs: [] },
    limit: { ms: 5, source: "measured", share: ms === null ? null : 5 / ms, bound: "compute", compute_ms: 5, memory_ms: 1 },
    derived: { flop_per_s: 1e9, items_per_s: 100, item: "images", joules_per_step: null },
    runner: { framework, device: "processor", threads: 2, notes: "", details: {}, key: "k" }, visits: [], ...more,
  };
}

export function run(id: string, results: Result[], pairs: Pair[] = [], more: Partial<Run> = {}): Run {
  const cell = results[0] ?? result("a/b@cpu", 1);
  return {
    run: id, label: null, started: `2026-01-02T03:04:${id.padStart(2, "0")}Z`, complete: true, command: "assay run -m net", threads: 2, notes: [], seed: 0, target: 0.03,
    host: { name: "h", os: "Linux", kernel: "6", arch: "x86_64", cpu: "CPU", cpu_design: null, cores: 2, cpus: 2, memory_bytes: 1e10 },
    results, cells: [{ model: cell.model, size: cell.size, workload: cell.workload, precision: cell.precision, pairs }], ...more,
  };
}

export function pair(a: string, b: string, ratio: number, half: number | null = 0.01): Pair {
  return { a, b, ratio, low: half === null ? null : ratio * (1 - half), high: half === null ? null : ratio * (1 + half), pairs: 20 };
}
