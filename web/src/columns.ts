// The columns of the table of all figures.

import { accuracy, bytes, milliseconds, percent, rate, seconds } from "./format.ts";
import { placeText } from "./places.ts";
import type { Ranked } from "./standing.ts";

export interface Column {
  id: string;
  title: string;
  explained: string;
  number: (row: Ranked) => number | null | undefined; // what is sorted by
  text: (row: Ranked) => string;
}

function figure(id: string, title: string, explained: string, number: Column["number"], text: (value: number) => string): Column {
  return { id, title, explained, number, text: (row) => text(number(row) ?? NaN) };
}

export const COLUMNS: readonly Column[] = [
  { id: "place", title: "place", explained: "1 + those told faster, directly or by a chain", number: (row) => row.place.place, text: (row) => placeText(row.place) },
  figure("median", "median", "of all timed steps", (row) => row.ms, milliseconds),
  { id: "interval", title: "95 % interval", explained: "of the median", number: (row) => row.entry.result.time_ms?.low, text: (row) => {
    const { low, high } = row.entry.result.time_ms ?? { low: null, high: null };
    return low === null || high === null ? "–" : `${milliseconds(low)} … ${milliseconds(high)}`;
  } },
  figure("p90", "p90", "90th percentile; needs 64 samples", (row) => row.entry.result.time_ms?.p90, milliseconds),
  figure("p99", "p99", "99th percentile; needs 662 samples", (row) => row.entry.result.time_ms?.p99, milliseconds),
  figure("first-token", "first token", "of a whole request: until its first token is there", (row) => row.entry.result.first_token_ms?.median, milliseconds),
  figure("further-token", "each further", "of a whole request: each token after the first", (row) => row.entry.result.further_token_ms?.median, milliseconds),
  { id: "accuracy", title: "error", explained: "as a multiple of float32 rounding", number: (row) => row.entry.result.error?.times_f32, text: (row) => `${accuracy(row.entry.result.error?.times_f32)} ${row.entry.result.verdict}` },
  figure("cold", "cold start", "program executed to first correct output, caches empty", (row) => row.entry.result.start_s?.cold, seconds),
  figure("warm", "warm start", "the same with caches full", (row) => row.entry.result.start_s?.warm?.total, seconds),
  figure("memory", "memory", "highest proportional set size of the process tree", (row) => row.entry.result.peak_bytes, bytes),
  figure("footprint", "installed", "files of the framework", (row) => row.entry.result.footprint_bytes, bytes),
  figure("limit", "of the limit", "share of what this machine can reach", (row) => row.entry.result.limit?.share, percent),
  { id: "rate", title: "rate", explained: "at the median time", number: (row) => row.entry.result.derived?.items_per_s, text: (row) => rate(row.entry.result.derived?.items_per_s, ` ${row.entry.result.derived?.item ?? ""}/s`).replace("\u202f", "") },
  figure("flops", "FLOP/s", "at the median time", (row) => row.entry.result.derived?.flop_per_s, (value) => rate(value, "")),
  figure("energy", "energy", "of the processor packages, a step", (row) => row.entry.result.derived?.joules_per_step, (value) => (Number.isFinite(value) ? `${value.toPrecision(3)} J` : "–")),
  figure("rounds", "rounds", "visits that were timed", (row) => row.entry.result.time_ms?.rounds, (value) => (Number.isFinite(value) ? String(value) : "–")),
];

// Columns of which anybody has a figure.
export function columnsFor(rows: readonly Ranked[]): Column[] {
  return COLUMNS.filter((column) => column.id === "place" || rows.some((row) => Number.isFinite(column.number(row) ?? NaN)));
}

// By a column's id, from high to low with "-" before it; those without the figure come last. An unknown id leaves the order as it is.
export function sorted(rows: readonly Ranked[], sort: string): Ranked[] {
  const descending = sort.startsWith("-");
  const id = descending ? sort.slice(1) : sort;
  if (id === "name") return [...rows].sort((a, b) => a.name.localeCompare(b.name) * (descending ? -1 : 1));
  const column = COLUMNS.find((one) => one.id === id);
  if (!column) return [...rows];
  const value = (row: Ranked) => column.number(row) ?? NaN;
  return [...rows].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return descending ? y - x : x - y;
  });
}
