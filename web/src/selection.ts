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

function passes(cell: Cell, entry: Entry, only: State["only"], dimension: Dimension): boolean {
  const chosen = only[dimension];
  return chosen.length === 0 || chosen.includes(valueOf(cell, entry, dimension) ?? "");
}

// The cells with what the chips leave of them; a cell of which nothing is left is gone.
export function chosenCells(cells: readonly Cell[], only: State["only"], struck: readonly string[]): Cell[] {
  return cells
    .map((cell) => ({
      ...cell,
      entries: cell.entries.filter((entry) => !struck.includes(entry.result.contestant) && DIMENSIONS.every((one) => passes(cell, entry, only, one))),
    }))
    .filter((cell) => cell.entries.length > 0);
}

// Rows with a name for each value; a dimension of which nothing is known has no row. Order: that of the cells, frameworks and languages by name.
export function chipRows(cells: readonly Cell[], state: State): ChipRow[] {
  return DIMENSIONS.map((dimension) => {
    const others = DIMENSIONS.filter((one) => one !== dimension);
    const names = new Map<string, string>();
    const full = new Set<string>();
    for (const cell of cells) {
      for (const entry of cell.entries) {
        const value = valueOf(cell, entry, dimension);
        if (value === null) continue;
        names.set(value, dimension === "machine" ? cell.machine.name : value);
        if (others.every((one) => passes(cell, entry, state.only, one))) full.add(value);
      }
    }
    const values = [...names.keys()];
    if (dimension === "framework" || dimension === "language") values.sort((a, b) => a.localeCompare(b));
    const pressed = state.only[dimension];
    return { dimension, chips: values.map((value) => ({ value, name: names.get(value) ?? value, pressed: pressed.includes(value), empty: !full.has(value) })) };
  }).filter((row) => row.chips.length > 0);
}
