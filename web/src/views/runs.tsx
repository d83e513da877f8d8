// The runs in the report. None chosen: the newest result of each contestant in each cell; else only what the chosen ones have.

import { type Machine, machineId } from "../cells.ts";
import { counted, when } from "../format.ts";
import type { Run } from "../schema.ts";
import { toggled } from "../state.ts";
import { useControls } from "./controls.ts";
import { Command, Name, ScrollBox } from "./pieces.tsx";

function Row({ run, machine }: { run: Run; machine: Machine | undefined }) {
  const { state, update } = useControls();
  const cells = new Set(run.results.map((result) => `${result.model} ${result.workload}`));
  return (
    <tr>
      <th scope="row">
        <button type="button" class="chip" aria-pressed={state.runs.includes(run.run)} onClick={() => update({ runs: toggled(state.runs, run.run), cell: "", detail: "" })}>
          <Name name={run.label ?? run.run} />
        </button>
      </th>
      <td><Name name={run.run} /></td>
      <td>{when(run.started)}</td>
      <td><Name name={machine?.name ?? run.host.cpu} /></td>
      <td class="number">{run.threads}</td>
      <td><Name name={[...cells].join(", ")} /></td>
      <td class="number">{new Set(run.results.map((result) => result.contestant)).size}</td>
      <td>{run.complete ? "" : "interrupted or out of budget"}</td>
    </tr>
  );
}

function Faults({ runs }: { runs: readonly Run[] }) {
  const faults = runs.flatMap((run) => run.faults ?? []);
  if (faults.length === 0) return null;
  return <ul class="notes">{faults.map((fault) => <li><Name name={`${fault.model} ${fault.size} ${fault.workload} ${fault.precision}`} />: <span dir="auto">{fault.reason}</span></li>)}</ul>;
}

export function Runs({ runs, machines }: { runs: readonly Run[]; machines: Map<string, Machine> }) {
  const { state, update } = useControls();
  const newest = [...runs].sort((a, b) => b.started.localeCompare(a.started));
  return (
    <section aria-labelledby="runs-title" class="runs">
      <h2 id="runs-title">Runs</h2>
      <p class="muted note">
        {state.runs.length === 0 ? "Of each contestant the newest result in each cell is shown. Press runs to see only theirs." : `Only what ${counted(state.runs.length, "chosen run")} measured is shown. `}
        {state.runs.length > 0 ? <button type="button" class="quiet" onClick={() => update({ runs: [], cell: "", detail: "" })}>show the newest of all</button> : null}
      </p>
      <Faults runs={runs} />
      <ScrollBox label="runs">
        <table class="plain">
          <thead>
            <tr><th scope="col">run</th><th scope="col">id</th><th scope="col">began (UTC)</th><th scope="col">machine</th><th scope="col" class="number">threads</th><th scope="col">cells</th><th scope="col" class="number">contestants</th><th scope="col">complete</th></tr>
          </thead>
          <tbody>{newest.map((run) => <Row key={run.run} run={run} machine={machines.get(machineId(run.host))} />)}</tbody>
        </table>
      </ScrollBox>
      <details class="as-table">
        <summary>The commands of these runs</summary>
        {newest.map((run) => <Command key={run.run} text={run.command} />)}
      </details>
    </section>
  );
}
