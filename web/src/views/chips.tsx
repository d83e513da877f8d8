// A row of chips for every dimension. Pressed chips of a row are alternatives; a row without a pressed one leaves everything.

import { type Chip, type ChipRow } from "../selection.ts";
import { type Dimension, INITIAL, toggled } from "../state.ts";
import { useControls } from "./controls.ts";
import { Name } from "./pieces.tsx";

const TITLES: Record<Dimension, string> = {
  model: "Model", size: "Size", workload: "Workload", precision: "Precision", framework: "Framework", language: "Language", device: "Device", machine: "Machine", threads: "Threads",
};

// What goes without saying where there is only one.
const QUIET_ALONE: readonly Dimension[] = ["size", "threads"];

function OneChip({ row, chip }: { row: ChipRow; chip: Chip }) {
  const { state, update } = useControls();
  const press = () => update({ only: { ...state.only, [row.dimension]: toggled(state.only[row.dimension], chip.value) } });
  return (
    <button type="button" class={chip.empty ? "chip pale" : "chip"} aria-pressed={chip.pressed} onClick={press}
      title={chip.empty ? "no data beside what is chosen in the other rows" : undefined}>
      <Name name={chip.name} />
      {chip.empty ? <span class="unseen"> (no data with this choice)</span> : null}
    </button>
  );
}

function Row({ row }: { row: ChipRow }) {
  const { state, update } = useControls();
  const all = state.only[row.dimension].length === 0;
  return (
    <div class="chip-row" role="group" aria-label={TITLES[row.dimension]}>
      <span class="chip-title" aria-hidden="true">{TITLES[row.dimension]}</span>
      <div class="chip-list">
        {row.chips.length > 1 ? (
          <button type="button" class="chip all" aria-pressed={all} onClick={() => update({ only: { ...state.only, [row.dimension]: [] } })}>
            all<span class="unseen"> of {TITLES[row.dimension]}</span>
          </button>
        ) : null}
        {row.chips.map((chip) => <OneChip key={chip.value} row={row} chip={chip} />)}
      </div>
    </div>
  );
}

function Struck() {
  const { state, update } = useControls();
  if (state.struck.length === 0) return null;
  return (
    <div class="chip-row" role="group" aria-label="Struck">
      <span class="chip-title" aria-hidden="true">Struck</span>
      <div class="chip-list">
        {state.struck.map((name) => (
          <button key={name} type="button" class="chip struck" title="put back" onClick={() => update({ struck: toggled(state.struck, name) })}>
            <span class="unseen">put back </span>
            <s><Name name={name} /></s>
            <span aria-hidden="true"> ↺</span>
          </button>
        ))}
      </div>
    </div>
  );
}

// Rows with one value have nothing to choose and stand in one line.
export function Chips({ rows }: { rows: readonly ChipRow[] }) {
  const { state, update } = useControls();
  const chosen = state.struck.length + rows.reduce((sum, row) => sum + state.only[row.dimension].length, 0);
  const wide = rows.filter((row) => row.chips.length > 1);
  const narrow = rows.filter((row) => row.chips.length === 1 && !QUIET_ALONE.includes(row.dimension));
  return (
    <details class="chips" open={window.innerWidth > 700}>
      <summary>
        <span class="summary-title">Show</span>
        <span class="muted">{chosen === 0 ? "everything" : `${chosen} chosen`}</span>
      </summary>
      <div class="chip-rows">
        {wide.map((row) => <Row key={row.dimension} row={row} />)}
        {narrow.length > 0 ? <div class="narrow-rows">{narrow.map((row) => <Row key={row.dimension} row={row} />)}</div> : null}
        <Struck />
        {chosen > 0 ? (
          <button type="button" class="quiet reset" onClick={() => update({ only: INITIAL.only, struck: [] })}>show everything</button>
        ) : null}
      </div>
    </details>
  );
}
