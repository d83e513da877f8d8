// The axis of the ranked bars. Linear bars begin at 0; those that are many times longer than the shortest are torn rather than shrinking the rest.

import type { Ranked } from "./standing.ts";
import { type Scale, linear, logEnds, logarithmic } from "./scale.ts";

const LONGEST = 6; // times the shortest that are drawn whole
const LOG_TICKS = 4; // as many as have room on a phone
const AIR = 1.06;

export interface BarScale extends Scale {
  kind: "linear" | "log";
  torn: (ms: number) => boolean;
}

function ends(row: Ranked): number[] {
  const { low, high } = row.entry.result.time_ms ?? { low: null, high: null };
  return [row.ms, low ?? row.ms, high ?? row.ms];
}

// limits: of the machine, where they are known.
export function barScale(rows: readonly Ranked[], limits: readonly number[], kind: "linear" | "log"): BarScale {
  const shortest = Math.min(...rows.map((row) => row.ms));
  if (kind === "log") {
    const [low, high] = logEnds([...rows.flatMap(ends), ...limits].filter((value) => value > 0));
    return { ...logarithmic(low, high, LOG_TICKS), kind, torn: () => false };
  }
  const whole = rows.filter((row) => row.ms <= LONGEST * shortest);
  const end = Math.max(...whole.flatMap(ends), ...limits.filter((ms) => ms <= LONGEST * shortest)) * AIR;
  const torn = rows.some((row) => row.ms > end);
  return { ...linear(torn ? end * 1.12 : end), kind, torn: (ms) => ms > end };
}
