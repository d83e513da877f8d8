// The points of a trade-off between speed and another figure, and where their labels fit.

import { accuracy, bytes, seconds } from "./format.ts";
import type { Result } from "./schema.ts";
import { type Standing, rankedOf } from "./standing.ts";
import type { Axis } from "./state.ts";
import { type Point, front } from "./pareto.ts";

export interface AxisKind {
  title: string; // what the axis shows, less being better
  short: string;
  value: (result: Result) => number | null | undefined;
  text: (value: number) => string;
}

export const AXIS_KINDS: Record<Axis, AxisKind> = {
  accuracy: { title: "error, as a multiple of float32 rounding", short: "accuracy", value: (result) => result.error?.times_f32, text: accuracy },
  memory: { title: "peak memory", short: "memory", value: (result) => result.peak_bytes, text: bytes },
  footprint: { title: "installed size", short: "footprint", value: (result) => result.footprint_bytes, text: bytes },
  cold: { title: "cold start, to the first correct output", short: "cold start", value: (result) => result.start_s?.cold, text: seconds },
  warm: { title: "warm start", short: "warm start", value: (result) => result.start_s?.warm?.total, text: seconds },
};

export interface Spot extends Point {
  low: number | null;
  high: number | null;
  className: string;
  onFront: boolean;
}

// Everyone with a time and that figure; both axes are logarithmic, so a figure of 0 has no point.
export function spots(standing: Standing, axis: Axis): Spot[] {
  const found = rankedOf(standing).flatMap((row): Omit<Spot, "onFront">[] => {
    const y = AXIS_KINDS[axis].value(row.entry.result);
    const time = row.entry.result.time_ms;
    return y != null && y > 0 && row.ms > 0 ? [{ name: row.name, x: row.ms, y, low: time?.low ?? null, high: time?.high ?? null, className: row.entry.result.ranking ?? "" }] : [];
  });
  const best = front(found);
  return found.map((spot) => ({ ...spot, onFront: best.includes(spot.name) }));
}

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Label {
  name: string;
  x: number; // of the text's start
  y: number; // of its baseline
}

const TEXT_HEIGHT = 14;
const GAP = 8;

function overlap(a: Box, b: Box): boolean {
  return a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height;
}

// A point with its whisker, in pixels. Right of and above one on the front goes the line of the front.
export interface Labelled {
  name: string;
  text: string;
  x: number;
  y: number;
  low: number;
  high: number;
  onFront: boolean;
}

// Beside the whisker, above and below the point, and at the corners.
function candidates({ x, y, low, high, onFront }: Labelled, width: number): Box[] {
  const height = TEXT_HEIGHT;
  const middle = y - height / 2;
  const centre = x - width / 2;
  const [right, left, above, below] = [high + GAP, low - GAP - width, y - GAP - height, y + GAP];
  const beside = [[right, middle], [left, middle], [centre, above]] as const;
  const under = [[centre, below], [x - GAP, below], [x + GAP - width, below]] as const;
  const corners = [[x + GAP, above], [x - GAP - width, above], [right, below], [left, below]] as const;
  return (onFront ? [...under, ...beside, ...corners] : [...beside, ...under, ...corners]).map(([at, top]) => ({ left: at, top, width, height }));
}

// Places the labels one after the other where they cover neither points nor whiskers nor each other; one that fits nowhere has none.
export function placeLabels(points: readonly Labelled[], area: Box, widthOf: (text: string) => number): Label[] {
  const inside = (box: Box) => box.left >= area.left && box.left + box.width <= area.left + area.width && box.top >= area.top && box.top + box.height <= area.top + area.height;
  const taken: Box[] = points.flatMap(({ x, y, low, high }) => [{ left: x - 6, top: y - 6, width: 12, height: 12 }, { left: low, top: y - 2, width: high - low, height: 4 }]);
  return points.flatMap((point) => {
    const box = candidates(point, widthOf(point.text)).find((one) => inside(one) && !taken.some((other) => overlap(one, other)));
    if (!box) return [];
    taken.push(box);
    return [{ name: point.name, x: box.left, y: box.top + TEXT_HEIGHT - 3 }];
  });
}
