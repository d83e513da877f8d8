// The data of a report, as `assay report` puts it into the page. A run is what `assay show RUN --samples --json` prints (docs/json.md); here stand
// only the fields that the page reads. Fields that are `?` are missing in runs of older versions of Assay; a figure that is not known is null.

export interface ReportData {
  schema: 1;
  made: string;
  assay: string;
  site?: SitePlace;
  runs: Run[];
}

// A file below the folder of a site: "models/net.html".
export interface ModelLink {
  name: string;
  file: string;
}

export interface MachineLink {
  name: string;
  cpu: string;
  cpu_design?: string | null;
  file: string;
}

// Of a page in a site: what it is of, the pages of the models on it, and of every machine of the site.
export interface SitePlace {
  page: "model" | "machine";
  index: string;
  machines: MachineLink[];
  models: ModelLink[];
}

// The data of a site's index.html.
export interface IndexData {
  schema: 1;
  made: string;
  assay: string;
  machines: IndexMachine[];
  models: ModelLink[];
  cells: IndexCell[];
}

export interface IndexMachine {
  host: Host;
  file: string;
  newest: string;
  runs: number;
  results: number;
}

// Who comes first in a cell on a machine, as the core works it out of the newest results (src/decide/leaders.h).
export interface IndexCell {
  machine: number; // positions
  model: number;
  size: string;
  workload: string;
  precision: string;
  threads: number;
  ranking: ClassName | null; // the strictest class with a time; null: nobody has one
  first: string[]; // by median
  said: string; // "faster": one, than all whose place is known; "equal", "undecided": several; "none": no place is known
  median_ms: number | null; // of the first of them
  ranked: number; // in the class
  open: number; // of them without a place
  contestants: number;
}

export interface Run {
  run: string;
  label: string | null;
  started: string;
  complete: boolean;
  assay?: string;
  revision?: string | null;
  command: string;
  threads: number;
  cpus?: number[];
  kept_environment?: Record<string, string>;
  unset_environment?: string[];
  notes: string[];
  seed: number;
  target: number | null;
  host: Host;
  hashes?: Record<string, string>;
  faults?: CellFault[];
  cells?: ComparedCell[];
  sweeps?: Sweep[];
  results: Result[];
}

// The same workload with requests of several sizes: what each contestant does at each of them.
export interface Sweep {
  model: string;
  size: string;
  workload: string; // the kind, with the sizes that are the same in all
  precision: string;
  axis: string; // "context"
  item: string; // "tokens"
  series: { contestant: string; points: SweepPoint[] }[];
}

export interface SweepPoint {
  size: number; // 0: the usual one, which the run has not kept
  workload: string;
  verdict: string;
  outcome: string;
  items_per_s: number | null;
  time_ms: number | null;
  low: number | null; // of the time
  high: number | null;
}

export interface Host {
  name: string;
  os: string;
  kernel: string;
  arch: string;
  cpu: string;
  cpu_design?: string | null;
  cores: number;
  cpus: number;
  quota_cpus?: number | null;
  memory_bytes: number | null;
  governor?: string | null;
  cpu_features?: string[];
  gpus?: string[];
  isolation_gaps?: string[];
  limits?: Limits | null;
}

export interface Limits {
  measured: string;
  disturbed: boolean;
  peaks: { precision: string; flop_per_s: number | null; source: string }[];
  levels: { level: string; bytes: number; bytes_per_s: number | null }[];
}

export interface CellFault {
  model: string;
  size: string;
  workload: string;
  precision: string;
  reason: string;
}

// What the core says of a cell in one run: the answer in words, and every pair of contestants that was measured side by side.
export interface ComparedCell {
  model: string;
  size: string;
  workload: string;
  precision: string;
  answer?: string[];
  pairs: Pair[];
}

// ratio: the time of `a` over the time of `b`; low and high: its 95 % interval, null where there were too few rounds for one.
export interface Pair {
  a: string;
  b: string;
  ratio: number;
  low: number | null;
  high: number | null;
  pairs: number;
  comparison?: string | null;
}

// Part of a step's time, with its 95 % interval.
export interface Part {
  median: number;
  low: number | null;
  high: number | null;
}

export type ClassName = "exact" | "f32-fast" | "reduced" | "quantised";

export interface Result {
  contestant: string;
  framework: string;
  version: string | null;
  variant: string;
  device: string;
  language?: string | null;
  model: string;
  size: string;
  workload: string;
  precision: string;
  outcome: string;
  reason: string;
  reason_code?: string;
  nodes?: string[];
  stderr?: string[] | string;
  verdict: string;
  error: OutputError | null;
  time_ms: Time | null;
  first_token_ms?: Part | null; // of a request answered token by token; not in documents of before
  further_token_ms?: Part | null;
  ratio: Ratio | null;
  ranking: ClassName | null;
  half_width: number | null;
  reached_target: boolean | null;
  why_wide: string | null;
  start_s: Start | null;
  peak_bytes: number | null;
  memory: { anonymous_bytes: number | null; file_bytes: number | null } | null;
  footprint_bytes: number | null;
  footprint: Footprint | null;
  limit: StepLimit | null;
  derived: { flop_per_s: number | null; items_per_s: number | null; item: string; joules_per_step: number | null } | null;
  runner: Runner | null;
  tensor_errors?: TensorError[];
  visits?: Visit[];
}

export interface OutputError {
  rel_l2: number | null;
  max_rel: number | null;
  times_f32: number | null;
  worst: string;
}

export interface TensorError {
  tensor: string;
  rel_l2: number | null;
  max_rel: number | null;
  times_f32: number | null;
}

export interface Time {
  median: number;
  low: number | null;
  high: number | null;
  p50?: number | null;
  p90: number | null;
  p95: number | null;
  p99: number | null;
  samples: number;
  rounds: number;
  blocks: number;
  disturbed_rounds: number;
}

export interface Ratio {
  to: string;
  median: number;
  low: number | null;
  high: number | null;
  pairs: number;
  comparison?: string | null;
}

export interface Start {
  cold: number | null;
  import: number | null;
  load: number | null;
  prepare: number | null;
  dropped_share: number | null;
  warm: { total: number; import: number; load: number; prepare: number; launches: number } | null;
}

export interface MappedBytes {
  code_bytes: number;
  bytes: number;
}

export interface Footprint {
  build: string;
  installed_bytes: number | null;
  packages: { name: string; version: string; tag: string }[];
  mapped: Record<string, MappedBytes> | null;
  linkage: string | null;
  programs: string[];
}

export interface StepLimit {
  ms: number | null;
  source: string | null;
  share: number | null;
  bound: string | null;
  compute_ms: number | null;
  memory_ms: number | null;
}

export interface Runner {
  framework: string;
  device: string;
  threads: number | null;
  notes: string | null;
  details: Record<string, string> | null;
  key: string;
}

// The timed steps of one contestant in one round. The page reads these; a visit has more (docs/json.md).
export interface Visit {
  block: number;
  round: number;
  position: number;
  samples_ns: number[];
  cpu_pressure: number | null;
  steal: number | null;
  other_cpus: number | null;
  disturbed: boolean;
}
