// The controls of the pictures of one cell: whom to compare with, the margin of equality, the kind of scale.

import { rankedOf, type Standing } from "../standing.ts";
import { useControls } from "./controls.ts";

export function Choice<T extends string>({ label, options, value, choose }: { label: string; options: readonly (readonly [T, string])[]; value: T; choose: (value: T) => void }) {
  return (
    <div class="choice" role="group" aria-label={label}>
      <span class="choice-label" aria-hidden="true">{label}</span>
      <span class="segments">
        {options.map(([one, text]) => (
          <button key={one} type="button" aria-pressed={one === value} onClick={() => choose(one)}>{text}</button>
        ))}
      </span>
    </div>
  );
}

export function Toolbar({ standing }: { standing: Standing }) {
  const { state, update } = useControls();
  const names = rankedOf(standing).map((row) => row.name);
  const known = names.includes(state.against);
  return (
    <div class="toolbar">
      <label class="field">
        <span class="choice-label">Compare with</span>
        <select value={known ? state.against : ""} onChange={(event) => update({ against: event.currentTarget.value })}>
          <option value="">the fastest of each class</option>
          {names.map((name) => <option key={name} value={name}>{name}</option>)}
        </select>
      </label>
      <label class="field">
        <span class="choice-label">Equal within</span>
        <input type="number" min="0" max="50" step="0.5" value={String(state.margin)} onInput={(event) => {
          const margin = event.currentTarget.valueAsNumber;
          if (margin >= 0 && margin <= 50) update({ margin }, true);
        }} />
        <span aria-hidden="true">%</span><span class="unseen">percent</span>
      </label>
      <Choice label="Scale" value={state.scale} options={[["linear", "linear"], ["log", "log"]]} choose={(scale) => update({ scale })} />
    </div>
  );
}

export function Legend() {
  return (
    <ul class="legend" aria-label="Legend">
      <li><i class="swatch itself" aria-hidden="true" />compared with</li>
      <li><i class="swatch faster" aria-hidden="true" />faster</li>
      <li><i class="swatch slower" aria-hidden="true" />slower</li>
      <li><i class="swatch equal" aria-hidden="true" />equal</li>
      <li><i class="swatch undecided" aria-hidden="true" />not told apart</li>
      <li><i class="swatch few" aria-hidden="true" />too few rounds, or not side by side</li>
      <li><i class="swatch-whisker" aria-hidden="true" />95 % interval of the time</li>
      <li><i class="swatch-limit" aria-hidden="true" />machine’s limit</li>
    </ul>
  );
}
