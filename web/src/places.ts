// Places within one accuracy class: one more than the number of those that are told faster, directly or by a chain of told differences.

import { type Measured, wordOf } from "./relation.ts";

// place: null where no interval tells anything. shared: somebody not told apart from it has the same place.
export interface Place {
  place: number | null;
  shared: boolean;
}

export type Lookup = (a: string, b: string) => Measured | null;

// Of each name those that are told faster, by chains too.
function closure(names: readonly string[], fasterThan: Map<string, Set<string>>): Map<string, Set<string>> {
  const all = new Map<string, Set<string>>();
  for (const name of names) {
    const seen = new Set<string>();
    const waiting = [...(fasterThan.get(name) ?? [])];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      waiting.push(...(fasterThan.get(next) ?? []));
    }
    seen.delete(name); // three that beat each other in a circle are not faster than themselves
    all.set(name, seen);
  }
  return all;
}

export function places(names: readonly string[], lookup: Lookup): Map<string, Place> {
  const told = new Map<string, Set<string>>();
  const compared = new Set<string>();
  for (const name of names) {
    const faster = names.filter((other) => {
      const measured = other === name ? null : lookup(other, name);
      if (measured && wordOf(measured, 0) !== "few") compared.add(name);
      return measured !== null && wordOf(measured, 0) === "faster";
    });
    told.set(name, new Set(faster));
  }
  const faster = closure(names, told);
  const alone = names.length === 1; // with nobody to compare with there is nothing to tell
  const placeOf = (name: string) => (alone || compared.has(name) ? 1 + (faster.get(name)?.size ?? 0) : null);
  const shares = (name: string) => names.some((other) => other !== name && placeOf(other) !== null && placeOf(other) === placeOf(name));
  return new Map(names.map((name) => [name, { place: placeOf(name), shared: shares(name) }]));
}

export function placeText(place: Place): string {
  return place.place === null ? "?" : `${place.place}${place.shared ? "=" : ""}`;
}
