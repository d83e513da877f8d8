// The matrix of contestants and cells, a table for each machine. Cells say place and relation in words; colour only where a difference was told.

import type { Caveats } from "../caveats.ts";
import type { Cell, Entry } from "../cells.ts";
import { happened } from "../answer.ts";
import { milliseconds, times } from "../format.ts";
import { placeText } from "../places.ts";
import { halfWidth } from "../relation.ts";
import { type Ranked, type Standing, rankedOf } from "../standing.ts";
import { toggled } from "../state.ts";
import { machineText } from "./answer.tsx";
import { useControls } from "./controls.ts";
import { CaveatNumbers, Contestant, Name, ScrollBox } from "./pieces.tsx";
import { MachineName, ModelName } from "./site_nav.tsx";

const SHORT: Record<string, string> = { faster: "faster", slower: "slower", equal: "equal", few: "few rounds", apart: "other run" };

function shortWord(row: Ranked): string {
  if (row.relation.word === "undecided") return `±${Math.round((halfWidth(row.relation) ?? 0) * 100)}\u202f%`;
  return SHORT[row.relation.word] ?? "";
}

function RankedCell({ row, standing, numbers }: { row: Ranked; standing: Standing; numbers: number[] }) {
  const className = row.entry.result.ranking ?? "exact";
  const itself = row.relation.word === "itself";
  const alone = itself && standing.rankings.find((ranking) => ranking.className === className)?.rows.length === 1;
  return (
    <td class={row.relation.word}>
      <span class="cell-head">
        <span class="cell-time">{milliseconds(row.ms)}<CaveatNumbers numbers={numbers} /></span>
        <span class="cell-place"><span class="unseen">, place </span>{placeText(row.place)}</span>
      </span>
      <span class="cell-word">{itself ? (alone ? "alone" : "reference") : `${times(row.relation.ratio)} ${shortWord(row)}`}</span>
      {className === "exact" ? null : <span class="cell-class">{className}</span>}
    </td>
  );
}

function UnrankedCell({ entry, numbers }: { entry: Entry; numbers: number[] }) {
  return (
    <td class="unranked">
      <span class="cell-word">{entry.result.verdict === "wrong" ? <s>{happened(entry)}</s> : happened(entry)}<CaveatNumbers numbers={numbers} /></span>
    </td>
  );
}

function OneCell({ name, standing, caveats }: { name: string; standing: Standing; caveats: Caveats }) {
  const entry = standing.cell.entries.find((one) => one.result.contestant === name);
  if (!entry) return <td class="absent"><span aria-hidden="true">·</span><span class="unseen">not measured</span></td>;
  const numbers = caveats.numbers(standing.cell, entry);
  const row = rankedOf(standing).find((one) => one.entry === entry);
  return row ? <RankedCell row={row} standing={standing} numbers={numbers} /> : <UnrankedCell entry={entry} numbers={numbers} />;
}

function columnName(cell: Cell): string {
  return [cell.workload, cell.size === "full" ? "" : cell.size, cell.precision === "f32" ? "" : cell.precision].filter(Boolean).join(" ");
}

function Heads({ standings, focus }: { standings: readonly Standing[]; focus: string }) {
  const { update } = useControls();
  const spans: { model: string; columns: number }[] = [];
  for (const { cell } of standings) {
    const last = spans.at(-1);
    if (last?.model === cell.model) last.columns += 1;
    else spans.push({ model: cell.model, columns: 1 });
  }
  return (
    <thead>
      <tr>
        <th rowSpan={2} scope="col" class="corner">contestant</th>
        {spans.map(({ model, columns }) => <th key={model} colSpan={columns} scope="colgroup" class="model"><ModelName name={model} /></th>)}
      </tr>
      <tr>
        {standings.map(({ cell }) => (
          <th key={cell.key} scope="col">
            <button type="button" class="link" aria-current={cell.key === focus ? "true" : undefined} title="show this one in full" onClick={() => update({ cell: cell.key, detail: "" })}>
              <Name name={columnName(cell)} />
            </button>
          </th>
        ))}
      </tr>
    </thead>
  );
}

// Those with most first places first, then those in most cells.
function contestants(standings: readonly Standing[]): string[] {
  const found = new Map<string, { firsts: number; cells: number }>();
  for (const standing of standings) {
    const rows = new Map(rankedOf(standing).map((row) => [row.name, row]));
    for (const { result } of standing.cell.entries) {
      const known = found.get(result.contestant) ?? { firsts: 0, cells: 0 };
      found.set(result.contestant, { firsts: known.firsts + (rows.get(result.contestant)?.place.place === 1 ? 1 : 0), cells: known.cells + 1 });
    }
  }
  return [...found].sort(([a, x], [b, y]) => y.firsts - x.firsts || y.cells - x.cells || a.localeCompare(b)).map(([name]) => name);
}

function MachineTable({ standings, focus, caveats, several }: { standings: readonly Standing[]; focus: string; caveats: Caveats; several: boolean }) {
  const { state, update } = useControls();
  const [first] = standings;
  if (!first) return null;
  const machine = machineText(first.cell);
  const names = contestants(standings);
  return (
    <>
      {several ? <h3><MachineName host={first.cell.machine.host} text={machine} /></h3> : null}
      <ScrollBox label={`contestants and cells on ${machine}`}>
        <table class="matrix">
          <caption class="unseen">Place, median time and relation to the reference, of each contestant in each cell on {machine}</caption>
          <Heads standings={standings} focus={focus} />
          <tbody>
            {names.map((name) => (
              <tr key={name}>
                <th scope="row">
                  <span class="row-head">
                    <Contestant name={name} />
                    <button type="button" class="icon" title="strike it out and recompute" onClick={() => update({ struck: toggled(state.struck, name) })}>
                      <span aria-hidden="true">×</span><span class="unseen">strike <Name name={name} /></span>
                    </button>
                  </span>
                </th>
                {standings.map((standing) => <OneCell key={standing.cell.key} name={name} standing={standing} caveats={caveats} />)}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </>
  );
}

export function Matrix({ standings, focus, caveats }: { standings: readonly Standing[]; focus: string; caveats: Caveats }) {
  const machines = new Map<string, Standing[]>();
  for (const standing of standings) {
    const key = `${standing.cell.machine.id}/${standing.cell.threads}`;
    machines.set(key, [...(machines.get(key) ?? []), standing]);
  }
  return (
    <section aria-labelledby="matrix-title" class="wide-page">
      <h2 id="matrix-title">Every model and workload</h2>
      <p class="muted note">Each cell: place, median of a step, and how it compares with the reference of its column. Press a workload to see it in full.</p>
      {[...machines].map(([key, those]) => <MachineTable key={key} standings={those} focus={focus} caveats={caveats} several={machines.size > 1} />)}
    </section>
  );
}
