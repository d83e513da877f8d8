// The answer in words. Where the core said it for exactly what is shown, its sentences stand; else they are made here from the places.

import type { Cell, Entry } from "./cells.ts";
import type { ComparedCell } from "./schema.ts";
import { counted, interval, milliseconds, percent } from "./format.ts";
import { type Ranked, type Ranking, type Standing, CLASS_WORDS, isFirst, rankedOf } from "./standing.ts";

// A sentence in pieces: plain words, and names of contestants, which are set apart since they may be written in any direction.
export type Phrase = (string | { name: string })[];

function named(rows: readonly { name: string }[]): Phrase {
  return rows.flatMap(({ name }, index): Phrase => [index === 0 ? "" : index === rows.length - 1 ? " and " : ", ", { name }]);
}

function joinedNames(entries: readonly Entry[]): Phrase {
  return named(entries.map((entry) => ({ name: entry.result.contestant })));
}

// The core's sentences, when everyone they speak of is shown with the result they speak of, and nobody else is.
export function givenAnswer(cell: Cell): string[] {
  const runs = new Set(cell.entries.map((entry) => entry.run));
  const [run] = runs;
  if (!run || runs.size !== 1) return [];
  const same = (one: Omit<ComparedCell, "pairs">) => one.model === cell.model && one.size === cell.size && one.workload === cell.workload && one.precision === cell.precision;
  const whole = run.results.filter(same).length === cell.entries.length;
  return whole ? (run.cells?.find(same)?.answer ?? []) : [];
}

function reach(row: Ranked): string {
  const limit = row.entry.result.limit;
  return limit?.share == null ? "" : ` That is ${percent(Math.min(limit.share, 1))} of what this machine can reach.`;
}

function single(ranking: Ranking, first: Ranked): Phrase {
  const others = ranking.rows.filter((row) => row !== first && row.place.place !== null);
  const next = others[0];
  const time = milliseconds(first.ms);
  if (ranking.rows.length === 1) return [{ name: first.name }, ` has nobody to be compared with: ${time}.${reach(first)}`];
  const lead: Phrase = [{ name: first.name }, ` is the fastest of ${ranking.rows.length}: ${time}.${reach(first)}`];
  const relation = ranking.reference.name === first.name ? next?.relation : undefined;
  if (!next || relation?.word !== "slower") return lead;
  return [...lead, " The next, ", { name: next.name }, `, takes ${relation.ratio.toFixed(2)} times as long ${interval(relation.low, relation.high)}.`];
}

function shared(ranking: Ranking, firsts: readonly Ranked[]): Phrase {
  const equal = firsts.every((row) => row.relation.word === "equal" || row.relation.word === "itself");
  const quickest = firsts.reduce((a, b) => (a.ms <= b.ms ? a : b));
  const slowest = firsts.reduce((a, b) => (a.ms >= b.ms ? a : b));
  const range = quickest === slowest ? milliseconds(quickest.ms) : `${milliseconds(quickest.ms)} to ${milliseconds(slowest.ms)}`;
  return [...named(firsts), ` share the first place of ${ranking.rows.length}: `, equal ? "they are equally fast" : "they are not told apart", ` (${range}).`];
}

function withoutIntervals(ranking: Ranking): Phrase {
  const quickest = ranking.rows.reduce((a, b) => (a.ms <= b.ms ? a : b));
  return ["Too few rounds to say who is fastest. ", { name: quickest.name }, ` has the lowest median, ${milliseconds(quickest.ms)}.`];
}

function ofRanking(ranking: Ranking): Phrase {
  const firsts = ranking.rows.filter(isFirst);
  const [first] = firsts;
  if (!first) return withoutIntervals(ranking);
  const lead = firsts.length === 1 ? single(ranking, first) : shared(ranking, firsts);
  const open = ranking.rows.filter((row) => row.place.place === null);
  return open.length === 0 ? lead : [...lead, " Too few rounds for a place: ", ...named(open), "."];
}

const WHAT_HAPPENED: Record<string, string> = {
  wrong: "wrong", unchecked: "not checked", unsupported: "not able to run it", crashed: "crashed", timed_out: "out of time", failed: "failed", unsteady: "never steady",
};

export function happened(entry: Entry): string {
  const { outcome, verdict } = entry.result;
  const key = outcome === "ok" ? verdict : outcome;
  return WHAT_HAPPENED[key] ?? (outcome === "ok" ? "without a time" : outcome);
}

function without(unranked: readonly Entry[]): Phrase {
  const kinds = [...new Set(unranked.map(happened))];
  return ["No place: ", ...kinds.flatMap((kind, index): Phrase => [index ? "; " : "", ...joinedNames(unranked.filter((entry) => happened(entry) === kind)), ` (${kind})`]), "."];
}

// The sentences for one cell, the most important first.
export function answer(one: Standing): Phrase[] {
  const given = givenAnswer(one.cell);
  if (given.length > 0) return given.map((sentence) => [sentence]);
  const sentences = one.rankings.map((ranking, index): Phrase =>
    index === 0 && ranking.className === "exact" ? ofRanking(ranking) : [`Of those in the class ${ranking.className} (${CLASS_WORDS[ranking.className]}): `, ...ofRanking(ranking)]);
  if (sentences.length === 0) sentences.push(["Nobody has a time here."]);
  if (one.unranked.length > 0) sentences.push(without(one.unranked));
  return sentences;
}

// How the others stand to one whom the reader chose to compare with.
export function comparison(ranking: Ranking): Phrase | null {
  if (!ranking.chosen || ranking.rows.length < 2) return null;
  const number = (word: string) => ranking.rows.filter((row) => row.relation.word === word).length;
  const words = ([["faster", "faster"], ["slower", "slower"], ["equal", "equal"], ["undecided", "not told apart"], ["few", "with too few rounds"], ["apart", "not measured side by side"]] as const)
    .flatMap(([word, text]) => (number(word) ? `${number(word)} ${text}` : []));
  return ["Compared with ", { name: ranking.reference.name }, ": ", words.join(", "), "."];
}

const MOST_NAMED = 4;

// Over several cells: how often each had a first place of the strictest class there.
export function overview(standings: readonly Standing[]): Phrase {
  const firsts = new Map<string, number>();
  const cells = standings.filter((one) => one.rankings[0]?.rows.some(isFirst));
  for (const one of cells) {
    for (const row of one.rankings[0]?.rows.filter(isFirst) ?? []) firsts.set(row.name, (firsts.get(row.name) ?? 0) + 1);
  }
  const best = [...firsts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).slice(0, MOST_NAMED);
  if (best.length === 0) return [`${counted(standings.length, "cell")}, none with enough rounds for a place.`];
  const parts = best.flatMap(([name, number], index): Phrase => [index ? ", " : "", { name }, ` ${number}`]);
  return [`First places in ${counted(cells.length, "decided cell")}, shared ones included: `, ...parts, firsts.size > best.length ? " …" : "."];
}

export function contestantsOf(one: Standing): string[] {
  return [...rankedOf(one).map((row) => row.name), ...one.unranked.map((entry) => entry.result.contestant)];
}
