// From figures to places on an axis, and the round figures at its ticks.

export interface Scale {
  at: (value: number) => number; // 0 … 1 within the domain
  ticks: number[];
}

const ROUND = [1, 2, 2.5, 5, 10];

// Round figures from 0 to the end, about so many.
export function linearTicks(end: number, about: number): number[] {
  if (!(end > 0)) return [0];
  const rough = end / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (ROUND.find((round) => round * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

export function linear(end: number, about = 5): Scale {
  return { at: (value) => value / end, ticks: linearTicks(end, about) };
}

const STEPS = [[1, 1.5, 2, 3, 4, 5, 7], [1, 2, 5], [1, 3], [1]];

// Round figures between the ends, the fewer of each power of ten the more powers there are.
export function logTicks(low: number, high: number, most: number): number[] {
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 }, (_, index) => 10 ** (Math.floor(Math.log10(low)) + index));
  const within = (values: number[]) => values.filter((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)).map((value) => Number(value.toPrecision(12)));
  const candidates = STEPS.map((steps) => within(powers.flatMap((power) => steps.map((step) => step * power))));
  const fitting = candidates.find((ticks) => ticks.length <= most);
  if (fitting) return fitting;
  const alone = candidates.at(-1) ?? [];
  const every = Math.ceil(alone.length / most);
  return alone.filter((_, index) => index % every === 0);
}

// Both ends positive.
export function logarithmic(low: number, high: number, most = 6): Scale {
  const span = Math.log(high / low) || 1;
  return { at: (value) => Math.log(value / low) / span, ticks: logTicks(low, high, most) };
}

// The ends of a logarithmic axis with some air around the values.
export function logEnds(values: readonly number[], air = 1.25): [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  return [low / air, high * air];
}
