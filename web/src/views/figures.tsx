// All figures of a cell in one table, to be sorted by any of them.

import type { Caveats } from "../caveats.ts";
import { type Column, columnsFor, sorted } from "../columns.ts";
import { type Standing, rankedOf } from "../standing.ts";
import { useControls } from "./controls.ts";
import { CaveatNumbers, Contestant, ScrollBox } from "./pieces.tsx";

function Head({ id, title, explained, number }: { id: string; title: string; explained: string; number: boolean }) {
  const { state, update } = useControls();
  const direction = state.sort === id ? "ascending" : state.sort === `-${id}` ? "descending" : "none";
  const next = direction === "none" ? id : direction === "ascending" ? `-${id}` : "";
  return (
    <th scope="col" aria-sort={direction} class={number ? "number" : ""}>
      <button type="button" class="link" title={explained} onClick={() => update({ sort: next })}>
        {title}
        <span class="arrow" aria-hidden="true">{direction === "ascending" ? "↑" : direction === "descending" ? "↓" : ""}</span>
      </button>
    </th>
  );
}

export function Figures({ standing, caveats }: { standing: Standing; caveats: Caveats }) {
  const { state } = useControls();
  const rows = rankedOf(standing);
  if (rows.length === 0) return null;
  const columns: Column[] = columnsFor(rows);
  return (
    <section aria-labelledby="figures-title">
      <h2 id="figures-title">All figures</h2>
      <ScrollBox label="all figures">
        <table class="figures">
          <caption class="unseen">All figures of every contestant with a time</caption>
          <thead>
            <tr>
              <Head id="name" title="contestant" explained="framework/variant@device" number={false} />
              {columns.map((column) => <Head key={column.id} id={column.id} title={column.title} explained={column.explained} number />)}
            </tr>
          </thead>
          <tbody>
            {sorted(rows, state.sort).map((row) => (
              <tr key={row.name}>
                <th scope="row"><Contestant name={row.name} /><CaveatNumbers numbers={caveats.numbers(standing.cell, row.entry)} /></th>
                {columns.map((column) => <td key={column.id} class="number">{column.text(row)}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </section>
  );
}
