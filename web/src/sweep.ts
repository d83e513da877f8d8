// A workload over the sizes of its requests: the lines of a picture, and the figures of its table.

import type { Cell } from "./cells.ts";
import type { Sweep, SweepPoint } from "./schema.ts";

// The sweeps that a cell is part of, as its newest run with one has them.
export function sweepsOf(cell: Cell): Sweep[] {
  const has = (sweep: Sweep) => sweep.model === cell.model && sweep.size === cell.size && sweep.precision === cell.precision
    && sweep.series.some(({ points }) => points.some((point) => point.workload === cell.workload));
  for (const run of cell.runs) {
    const found = (run.sweeps ?? []).filter(has);
    if (found.length > 0) return found;
  }
  return [];
}

export interface LinePoint {
  size: number;
  rate: number;
  low: number; // ends of the rate's interval; the rate itself where there is none
  high: number;
}

export interface Line {
  contestant: string;
  points: LinePoint[];
}

const CLASSES = ["exact", "f32-fast", "reduced", "quantised"];

// A time's interval as that of its rate: what a step counts stays the same.
function linePoint(point: SweepPoint): LinePoint | null {
  const { items_per_s: rate, time_ms: time, low, high } = point;
  if (rate === null || time === null || !(rate > 0) || !CLASSES.includes(point.verdict) || point.size <= 0) return null;
  return { size: point.size, rate, low: high === null ? rate : (rate * time) / high, high: low === null ? rate : (rate * time) / low };
}

// Who has a rate somewhere, the quickest at the largest size first.
export function linesOf(sweep: Sweep): Line[] {
  const lines = sweep.series.map(({ contestant, points }): Line => ({ contestant, points: points.map(linePoint).filter((point) => point !== null) }));
  const last = (line: Line) => line.points.at(-1) as LinePoint;
  return lines.filter((line) => line.points.length > 0).sort((a, b) => last(b).size - last(a).size || last(b).rate - last(a).rate);
}

export function sizesOf(sweep: Sweep): number[] {
  return [...new Set(sweep.series.flatMap(({ points }) => points.map((point) => point.size)))].sort((a, b) => a - b);
}

// Moves labels apart that would lie over each other: heights from the top, each at least `gap` below the one before.
export function spread(heights: readonly number[], gap: number, bottom: number): number[] {
  const order = heights.map((height, index) => ({ height, index })).sort((a, b) => a.height - b.height);
  let last = Number.NEGATIVE_INFINITY;
  for (const one of order) {
    one.height = Math.max(one.height, last + gap);
    last = one.height;
  }
  let limit = bottom;
  for (const one of order.reverse()) {
    one.height = Math.min(one.height, limit);
    limit = one.height - gap;
  }
  const result = [...heights];
  for (const { height, index } of order) result[index] = height;
  return result;
}
