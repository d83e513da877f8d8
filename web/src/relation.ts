// One rule for words, colours and places: what may be said of two contestants, given the ratio of their times and its interval.

export type Word = "faster" | "slower" | "equal" | "undecided" | "few" | "apart" | "itself";

// The time of one over that of another. low and high are null without an interval; then `comparison` may say "faster" or "slower" all the same: by far, as
// the core judges a few rounds.
export interface Measured {
  ratio: number;
  low: number | null;
  high: number | null;
  pairs: number;
  comparison?: string | null;
}

export interface Relation {
  word: Word;
  ratio: number;
  low: number | null;
  high: number | null;
}

export const ITSELF: Relation = { word: "itself", ratio: 1, low: null, high: null };

export function reverse(measured: Measured): Measured {
  const { ratio, low, high, pairs, comparison } = measured;
  const turned = comparison === "faster" ? "slower" : comparison === "slower" ? "faster" : comparison;
  return { ratio: 1 / ratio, low: high === null ? null : 1 / high, high: low === null ? null : 1 / low, pairs, ...(turned ? { comparison: turned } : {}) };
}

// The margin is a share: 0.03 lets [0.971, 1.03] count as equal.
export function wordOf(measured: Measured, margin: number): Word {
  const { low, high, comparison } = measured;
  if (low === null || high === null) return comparison === "faster" || comparison === "slower" ? comparison : "few";
  if (high < 1) return "faster";
  if (low > 1) return "slower";
  return low >= 1 / (1 + margin) && high <= 1 + margin ? "equal" : "undecided";
}

// Of a pair that was measured side by side; `null` has only the medians of two runs to go by, whose quotient is no comparison.
export function relate(measured: Measured | null, quotient: number, margin: number): Relation {
  if (!measured) return { word: "apart", ratio: quotient, low: null, high: null };
  return { word: wordOf(measured, margin), ratio: measured.ratio, low: measured.low, high: measured.high };
}

// Half of the interval, relative to the ratio.
export function halfWidth(relation: Relation): number | null {
  return relation.low === null || relation.high === null ? null : (relation.high - relation.low) / 2 / relation.ratio;
}

function roundedPercent(share: number): string {
  const value = share * 100;
  return `${value < 1 ? value.toFixed(1) : value.toFixed(0)}\u202f%`;
}

export function say(relation: Relation, margin: number): string {
  switch (relation.word) {
    case "faster":
    case "slower":
      return relation.word;
    case "equal":
      return `equal within ${roundedPercent(margin)}`;
    case "undecided":
      return `not told apart (±${roundedPercent(halfWidth(relation) ?? 0)})`;
    case "few":
      return "too few rounds";
    case "apart":
      return "not side by side";
    case "itself":
      return "compared with";
  }
}
