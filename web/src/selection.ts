// Which cells and contestants the reader's chips leave, and which chips would leave nothing.

import type { Cell, Entry } from "./cells.ts";
import { type Dimension, DIMENSIONS, type State } from "./state.ts";

export interface Chip {
  value: string;
  name: string;
  pressed: boolean;
  empty: boolean; // pressing only it would leave nothing beside what is chosen in the other rows
}

export interface ChipRow {
  dimension: Dimension;
  chips: Chip[];
}

// The value of a result in a dimension; null where it is not known.
export function valueOf(cell: Cell, entry: Entry, dimension: Dimension): string | null {
  switch (dimension) {
    case "model":
    case "size":
    case "workload":
    case "precision":
      return cell[dimension];
    case "machine":
      return cell.machine.id;
    case "threads":
      return String(cell.threads);
    case "language":
      return entry.result.language ?? null;
    case "framework":
    case "device":
      return entry.result[dimension];
  }
}

export function passes(only: State["only"], dimension: Dimension, value: string | null): boolean {
  return only[dimension].length === 0 || only[dimension].includes(value ?? "");
}

// The cells with what the chips leave of them; a cell of which nothing is left is gone.
export function chosenCells(cells: readonly Cell[], only: State["only"], struck: readonly string[]): Cell[] {
  return cells
    .map((cell) => ({
      ...cell,
      entries: cell.entries.filter((entry) => !struck.includes(entry.result.contestant) && DIMENSIONS.every((one) => passes(only, one, valueOf(cell, entry, one)))),
    }))
    .filter((cell) => cell.entries.length > 0);
}

// Rows with a name for each value of some items; a dimension of which nothing is known has no row. Order: that of the items, frameworks and languages by name.
export function rowsOf<Item>(items: readonly Item[], value: (item: Item, dimension: Dimension) => string | null, machine: (item: Item) => string, only: State["only"]): ChipRow[] {
  return DIMENSIONS.map((dimension) => {
    const others = DIMENSIONS.filter((one) => one !== dimension);
    const names = new Map<string, string>();
    const full = new Set<string>();
    for (const item of items) {
      const own = value(item, dimension);
      if (own === null) continue;
      names.set(own, dimension === "machine" ? machine(item) : own);
      if (others.every((one) => passes(only, one, value(item, one)))) full.add(own);
    }
    const values = [...names.keys()];
    if (dimension === "framework" || dimension === "language") values.sort((a, b) => a.localeCompare(b));
    const pressed = only[dimension];
    return { dimension, chips: values.map((one) => ({ value: one, name: names.get(one) ?? one, pressed: pressed.includes(one), empty: !full.has(one) })) };
  }).filter((row) => row.chips.length > 0);
}

export function chipRows(cells: readonly Cell[], state: State): ChipRow[] {
  const items = cells.flatMap((cell) => cell.entries.map((entry) => ({ cell, entry })));
  return rowsOf(items, ({ cell, entry }, dimension) => valueOf(cell, entry, dimension), ({ cell }) => cell.machine.name, state.only);
}
