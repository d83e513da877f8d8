// The timed steps of a result, in the order in which they were made.

import type { Result, Visit } from "./schema.ts";

export interface Samples {
  visit: number[]; // of each sample, the visit's number, with the samples of a visit spread over one
  ms: number[];
  disturbed: boolean[];
  blocks: { block: number; first: number; last: number }[]; // visits from first to last, last included
}

export function inOrder(visits: readonly Visit[]): Visit[] {
  return [...visits].sort((a, b) => a.block - b.block || a.round - b.round);
}

// As in docs/method.md: what a visit contributes to a comparison.
export function lowerQuartile(values: readonly number[]): number {
  return quantile(values, 0.25);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? NaN;
  const above = sorted[Math.ceil(at)] ?? NaN;
  return below + (above - below) * (at - Math.floor(at));
}

export function samplesOf(result: Result): Samples {
  const samples: Samples = { visit: [], ms: [], disturbed: [], blocks: [] };
  inOrder(result.visits ?? []).forEach((visit, number) => {
    visit.samples_ns.forEach((ns, index) => {
      samples.visit.push(number + (index + 0.5) / visit.samples_ns.length);
      samples.ms.push(ns / 1e6);
      samples.disturbed.push(visit.disturbed);
    });
    const block = samples.blocks.at(-1);
    if (block?.block === visit.block) block.last = number;
    else samples.blocks.push({ block: visit.block, first: number, last: number });
  });
  return samples;
}
