// From page to page of a site, and what its index says of each cell.

import { type Phrase } from "./answer.ts";
import { counted } from "./format.ts";
import type { IndexCell, IndexData } from "./schema.ts";
import { type Dimension, INITIAL, type State, toHash } from "./state.ts";

const PAGE = /^(?:index|(?:models|machines)\/[a-z0-9][a-z0-9._-]*)\.html$/;

// The address of a page, from the index or from another page, with choices of the reader's; null for what is no page of a site.
export function pageAddress(file: string, from: "index" | "page", state: State, only: Partial<Record<Dimension, readonly string[]>> = {}): string | null {
  if (!PAGE.test(file)) return null;
  const hash = toHash({ ...INITIAL, scheme: state.scheme, only: { ...INITIAL.only, ...only } });
  return (from === "index" ? "" : "../") + file + (hash ? `#${hash}` : "");
}

// "fastest of 7": what is said of those who come first.
export function saidOf(cell: IndexCell): string {
  if (cell.ranking === null) return `${counted(cell.contestants, "contestant")}, none with a time`;
  if (cell.ranked === 1) return "alone, nobody to compare with";
  if (cell.said === "faster") return `fastest of ${cell.ranked - cell.open}`;
  if (cell.said === "equal") return `equally fast, of ${cell.ranked}`;
  if (cell.said === "undecided") return `not told apart, of ${cell.ranked}`;
  return `lowest median of ${cell.ranked}; too few rounds for a place`;
}

// Whether somebody has a first place among several.
export function isDecided(cell: IndexCell): boolean {
  return cell.ranked > 1 && ["faster", "equal", "undecided"].includes(cell.said);
}

export interface FirstPlaces {
  name: string;
  alone: number;
  shared: number;
}

// Who comes first how often; the most often first.
export function firstPlaces(cells: readonly IndexCell[]): FirstPlaces[] {
  const found = new Map<string, FirstPlaces>();
  for (const cell of cells.filter(isDecided)) {
    for (const name of cell.first) {
      const known = found.get(name) ?? { name, alone: 0, shared: 0 };
      known[cell.first.length === 1 ? "alone" : "shared"] += 1;
      found.set(name, known);
    }
  }
  const all = (one: FirstPlaces) => one.alone + one.shared;
  return [...found.values()].sort((a, b) => all(b) - all(a) || b.alone - a.alone || a.name.localeCompare(b.name));
}

const MOST_NAMED = 3;

// Over all cells that are shown, who comes first most often.
export function indexAnswer(cells: readonly IndexCell[], machines: number): Phrase {
  const decided = cells.filter(isDecided).length;
  const places = firstPlaces(cells);
  const [best] = places;
  if (!best) return ["Nobody has a first place among several yet."];
  const number = best.alone + best.shared;
  const alike = places.filter((one) => one.alone + one.shared === number);
  const many = `${number} of ${counted(decided, "decided cell")} on ${counted(machines, "machine")}`;
  if (alike.length > MOST_NAMED) return [`Nobody stands out: ${alike.length} contestants come first in ${many}.`];
  const names = alike.flatMap(({ name }, index): Phrase => [index === 0 ? "" : index === alike.length - 1 ? " and " : ", ", { name }]);
  if (alike.length > 1) return [...names, ` come first most often, each in ${many}.`];
  const shared = best.shared === 0 ? "" : best.alone === 0 ? ", never alone" : `, alone in ${best.alone}`;
  return [...names, ` comes first most often: in ${many}${shared}.`];
}

// The value of a cell in a dimension of the index; null in those that it does not have.
export function indexValue(data: IndexData, cell: IndexCell, dimension: Dimension): string | null {
  switch (dimension) {
    case "model":
      return data.models[cell.model]?.name ?? null;
    case "machine":
      return data.machines[cell.machine]?.file ?? null;
    case "size":
    case "workload":
    case "precision":
      return cell[dimension];
    case "threads":
      return String(cell.threads);
    default:
      return null;
  }
}

const WORKLOADS = ["inference", "latency", "training"];

// In the order in which a reader looks for them.
export function inOrder(a: IndexCell, b: IndexCell): number {
  const workload = (cell: IndexCell) => (WORKLOADS.indexOf(cell.workload) + WORKLOADS.length + 1) % (WORKLOADS.length + 1);
  return a.threads - b.threads || a.size.localeCompare(b.size) || a.precision.localeCompare(b.precision) || workload(a) - workload(b) || a.workload.localeCompare(b.workload);
}
