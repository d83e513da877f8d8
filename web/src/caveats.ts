// What a reader should know before believing a figure, numbered over the page: the same words have the same number wherever they stand.

import type { Cell, Entry } from "./cells.ts";
import { happened } from "./answer.ts";
import { counted } from "./format.ts";
import type { Run } from "./schema.ts";

const FEWEST_ROUNDS = 6; // docs/method.md: fewer have no interval

export interface Caveats {
  numbers: (cell: Cell, entry: Entry) => number[];
  list: { number: number; text: string; of: string[] }[]; // of: contestants
}

// Kinds rather than figures, so that the list stays short; the figures are in the contestant's detail.
function ofTime({ result, run }: Entry): string[] {
  const { time_ms: time, reached_target: reached } = result;
  if (!time) return [];
  const found: string[] = [];
  if (time.rounds < FEWEST_ROUNDS) found.push(`fewer than ${FEWEST_ROUNDS} rounds, which are too few for an interval`);
  else if (reached === false && run.target !== null) found.push(`the interval is wider than the ±${Number((run.target * 100).toPrecision(3))}\u202f% that were aimed for`);
  if (time.disturbed_rounds * 2 > time.rounds) found.push("something else disturbed the machine in most rounds");
  else if (time.disturbed_rounds > 0) found.push("something else disturbed the machine in some rounds");
  return found;
}

// Whose results most of a cell's contestants have.
function mainRun(cell: Cell): Run | undefined {
  const number = (run: Run) => cell.entries.filter((entry) => entry.run === run).length;
  return [...cell.runs].sort((a, b) => number(b) - number(a))[0];
}

function ofRun(cell: Cell, { run, result }: Entry): string[] {
  const found: string[] = [];
  if (!run.complete) found.push(`run ${run.run} was interrupted or out of budget`);
  const kept = Object.keys(run.kept_environment ?? {});
  if (kept.length > 0) found.push(`run ${run.run} kept variables that steer frameworks: ${kept.join(", ")}`);
  if (result.runner?.threads != null && result.runner.threads !== run.threads) found.push(`ran with ${counted(result.runner.threads, "thread")} where ${run.threads} were given`);
  if (run !== mainRun(cell)) found.push("measured in another run than most of its cell");
  return found;
}

export function caveatsOf(cell: Cell, entry: Entry): string[] {
  const { outcome, verdict, reason } = entry.result;
  const told = reason && (outcome !== "ok" || verdict === "wrong") ? [`${happened(entry)}: ${reason}`] : [];
  return [...told, ...ofTime(entry), ...ofRun(cell, entry)];
}

export function numbered(cells: readonly Cell[]): Caveats {
  const texts = new Map<string, { number: number; text: string; of: Set<string> }>();
  const numbersOf = new Map<Entry, number[]>();
  for (const cell of cells) {
    for (const entry of cell.entries) {
      const numbers = caveatsOf(cell, entry).map((text) => {
        const known = texts.get(text) ?? { number: texts.size + 1, text, of: new Set<string>() };
        texts.set(text, known);
        known.of.add(entry.result.contestant);
        return known.number;
      }).sort((a, b) => a - b);
      numbersOf.set(entry, numbers);
    }
  }
  return { numbers: (_, entry) => numbersOf.get(entry) ?? [], list: [...texts.values()].map((one) => ({ ...one, of: [...one.of] })) };
}
