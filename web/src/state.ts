// What the reader chose. All of it stands in the hash of the address, so that a view is a link and the browser's Back undoes a click.

export const DIMENSIONS = ["model", "size", "workload", "precision", "framework", "language", "device", "machine", "threads"] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export const AXES = ["accuracy", "memory", "footprint", "cold", "warm"] as const;
export type Axis = (typeof AXES)[number];

export interface State {
  only: Readonly<Record<Dimension, readonly string[]>>; // pressed chips; none in a row means all of it
  runs: readonly string[]; // none: the newest result of each contestant
  cell: string; // which cell is shown in full; "": the first
  against: string; // whom all are compared with; "": the fastest of each class
  struck: readonly string[]; // contestants left out
  detail: string; // the contestant whose samples are shown; "": nobody
  sort: string; // column of the table of figures, with "-" before it from high to low
  scale: "linear" | "log";
  axis: Axis; // the other figure of the trade-off
  margin: number; // percent within which two are called equal
  scheme: "" | "light" | "dark"; // "": as the system has it
}

const NOTHING = Object.fromEntries(DIMENSIONS.map((dimension) => [dimension, [] as readonly string[]])) as unknown as State["only"];

export const INITIAL: State = {
  only: NOTHING, runs: [], cell: "", against: "", struck: [], detail: "", sort: "", scale: "linear", axis: "accuracy", margin: 3, scheme: "",
};

const LARGEST_MARGIN = 50;

// Without the leading "#"; what is as at the beginning is left out.
export function toHash(state: State): string {
  const words = new URLSearchParams();
  const add = (key: string, values: readonly string[]) => values.forEach((value) => words.append(key, value));
  for (const dimension of DIMENSIONS) add(dimension, state.only[dimension]);
  add("run", state.runs);
  add("without", state.struck);
  for (const key of ["cell", "against", "detail", "sort", "scale", "axis", "scheme"] as const) {
    if (state[key] !== INITIAL[key]) words.append(key, state[key]);
  }
  if (state.margin !== INITIAL.margin) words.append("margin", String(state.margin));
  return words.toString();
}

function oneOf<T extends string>(value: string | null, allowed: readonly T[], otherwise: T): T {
  return allowed.find((one) => one === value) ?? otherwise;
}

function marginOf(text: string | null): number {
  const value = Number(text);
  return text !== null && text !== "" && value >= 0 && value <= LARGEST_MARGIN ? value : INITIAL.margin;
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}

// Of any text; what makes no sense is as at the beginning.
export function fromHash(hash: string): State {
  const words = new URLSearchParams(hash.replace(/^#/, ""));
  return {
    only: Object.fromEntries(DIMENSIONS.map((dimension) => [dimension, distinct(words.getAll(dimension))])) as unknown as State["only"],
    runs: distinct(words.getAll("run")),
    struck: distinct(words.getAll("without")),
    cell: words.get("cell") ?? "",
    against: words.get("against") ?? "",
    detail: words.get("detail") ?? "",
    sort: words.get("sort") ?? "",
    scale: oneOf(words.get("scale"), ["linear", "log"], INITIAL.scale),
    axis: oneOf(words.get("axis"), AXES, INITIAL.axis),
    margin: marginOf(words.get("margin")),
    scheme: oneOf(words.get("scheme"), ["", "light", "dark"], INITIAL.scheme),
  };
}

export function toggled(values: readonly string[], value: string): string[] {
  return values.includes(value) ? values.filter((one) => one !== value) : [...values, value];
}
