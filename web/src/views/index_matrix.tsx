// The matrix of models and machines: who comes first in each workload, and a link to all that is behind it.

import { milliseconds } from "../format.ts";
import type { IndexCell } from "../schema.ts";
import { inOrder, isDecided, pageAddress, saidOf } from "../site.ts";
import { useControls } from "./controls.ts";
import { Contestant, Name, ScrollBox } from "./pieces.tsx";
import type { Shown } from "./site_index.tsx";
import { LinkedName } from "./site_nav.tsx";

const MOST_NAMED = 3;

// What a cell is besides model and machine, without what goes without saying.
function titleOf(cell: IndexCell, severalThreads: boolean): string {
  return [cell.workload, cell.size === "full" ? "" : cell.size, cell.precision === "f32" ? "" : cell.precision, severalThreads ? `${cell.threads} threads` : ""].filter(Boolean).join(" ");
}

function wordOf(cell: IndexCell): string {
  return isDecided(cell) ? cell.said : "few";
}

function First({ shown, cell, severalThreads }: { shown: Shown; cell: IndexCell; severalThreads: boolean }) {
  const { state } = useControls();
  const { machines, models } = shown.data;
  const only = { model: [models[cell.model]?.name ?? ""], workload: [cell.workload], size: [cell.size], precision: [cell.precision], threads: [String(cell.threads)] };
  const address = pageAddress(machines[cell.machine]?.file ?? "", "index", state, only);
  const left = cell.first.length - MOST_NAMED;
  const inside = (
    <>
      <span class="first-head">
        <span class="first-title"><Name name={titleOf(cell, severalThreads)} /></span>
        {cell.median_ms === null ? null : <span class="first-time">{milliseconds(cell.median_ms)}</span>}
      </span>
      {cell.first.slice(0, MOST_NAMED).map((name) => <span key={name} class="first-name"><Contestant name={name} /></span>)}
      {left > 0 ? <span class="first-more">and {left} more</span> : null}
      <span class="first-said">{saidOf(cell)}{cell.ranking === null || cell.ranking === "exact" ? "" : ` (${cell.ranking})`}</span>
    </>
  );
  return <li class={wordOf(cell)}>{address === null ? inside : <a href={address}>{inside}</a>}</li>;
}

function Cells({ shown, cells }: { shown: Shown; cells: readonly IndexCell[] }) {
  if (cells.length === 0) return <td class="absent"><span aria-hidden="true">·</span><span class="unseen">not measured</span></td>;
  const severalThreads = new Set(cells.map((cell) => cell.threads)).size > 1;
  return (
    <td>
      <ul class="firsts">
        {[...cells].sort(inOrder).map((cell) => <First key={JSON.stringify([cell.size, cell.workload, cell.precision, cell.threads])} shown={shown} cell={cell} severalThreads={severalThreads} />)}
      </ul>
    </td>
  );
}

type Side = "machine" | "model";

// The name of a row or column, which leads to its page.
function Head({ shown, side, position }: { shown: Shown; side: Side; position: number }) {
  const { state } = useControls();
  const { machines, models } = shown.data;
  const name = side === "machine" ? shown.names[position] : models[position]?.name;
  const file = side === "machine" ? machines[position]?.file : models[position]?.file;
  return <LinkedName name={name ?? ""} address={pageAddress(file ?? "", "index", state)} />;
}

// The side of which there are more goes down, for a page is longer than wide.
export function IndexMatrix({ shown }: { shown: Shown }) {
  const positions = (side: Side) => [...new Set(shown.cells.map((cell) => cell[side]))].sort((a, b) => a - b);
  const down: Side = positions("machine").length > positions("model").length ? "machine" : "model";
  const across: Side = down === "model" ? "machine" : "model";
  const columns = positions(across);
  return (
    <section aria-labelledby="matrix-title" class="wide-page">
      <h2 id="matrix-title">Who comes first</h2>
      <p class="muted note">By model and machine. Blue where one is faster than every other, grey where several are equally fast, plain where nothing is told for certain. Press an entry to see everyone.</p>
      <ScrollBox label="who comes first, by model and machine">
        <table class="matrix index-matrix">
          <caption class="unseen">Who comes first in each workload, by {down} and {across}</caption>
          <thead>
            <tr>
              <th scope="col" class="corner">{down}</th>
              {columns.map((column) => <th key={column} scope="col"><Head shown={shown} side={across} position={column} /></th>)}
            </tr>
          </thead>
          <tbody>
            {positions(down).map((row) => (
              <tr key={row}>
                <th scope="row"><Head shown={shown} side={down} position={row} /></th>
                {columns.map((column) => <Cells key={column} shown={shown} cells={shown.cells.filter((cell) => cell[down] === row && cell[across] === column)} />)}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </section>
  );
}
