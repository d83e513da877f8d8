// How the contestants of a cell stand: each class ranked apart, with places, and everyone's relation to whom they are compared with.

import { type Cell, type Entry, counts } from "./cells.ts";
import { type Place, places } from "./places.ts";
import { ITSELF, type Relation, relate } from "./relation.ts";
import type { ClassName } from "./schema.ts";

export const CLASSES: readonly ClassName[] = ["exact", "f32-fast", "reduced", "quantised"];

export const CLASS_WORDS: Record<ClassName, string> = {
  exact: "as exact as plain float32",
  "f32-fast": "float32 that rounds more",
  reduced: "reduced precision",
  quantised: "quantised weights",
};

export interface Ranked {
  entry: Entry;
  name: string;
  ms: number;
  place: Place;
  relation: Relation;
}

export interface Ranking {
  className: ClassName;
  reference: Ranked; // whom the others of the class are compared with
  chosen: boolean; // by the reader; else it is the fastest
  rows: Ranked[]; // the best first
}

export interface Standing {
  cell: Cell;
  rankings: Ranking[];
  unranked: Entry[]; // wrong, failed, not supported: no place, but a reason
}

type Unrelated = Omit<Ranked, "relation">;

function inOrder(a: Unrelated, b: Unrelated): number {
  return (a.place.place ?? Infinity) - (b.place.place ?? Infinity) || a.ms - b.ms || a.name.localeCompare(b.name);
}

function rank(cell: Cell, className: ClassName, against: string, margin: number): Ranking | null {
  const entries = cell.entries.filter((entry) => counts(entry.result) && entry.result.ranking === className);
  const names = entries.map((entry) => entry.result.contestant);
  const placeOf = places(names, cell.lookup);
  const rows = entries
    .map((entry): Unrelated => {
      const name = entry.result.contestant;
      return { entry, name, ms: entry.result.time_ms?.median ?? NaN, place: placeOf.get(name) ?? { place: null, shared: false } };
    })
    .sort(inOrder);
  const wanted = rows.find((row) => row.name === against);
  const reference = wanted ?? rows[0];
  if (!reference) return null;
  const related = rows.map((row): Ranked => ({
    ...row,
    relation: row === reference ? ITSELF : relate(cell.lookup(row.name, reference.name), row.ms / reference.ms, margin),
  }));
  return { className, reference: { ...reference, relation: ITSELF }, chosen: wanted !== undefined, rows: related };
}

// margin: a share. `against` is a contestant, or "" for the fastest of each class.
export function standing(cell: Cell, against: string, margin: number): Standing {
  const rankings = CLASSES.flatMap((className) => rank(cell, className, against, margin) ?? []);
  return { cell, rankings, unranked: cell.entries.filter((entry) => !counts(entry.result)) };
}

export function rankedOf(one: Standing): Ranked[] {
  return one.rankings.flatMap((ranking) => ranking.rows);
}

export function isFirst(row: Ranked): boolean {
  return row.place.place === 1;
}
