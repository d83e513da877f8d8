// The page: from the data and the reader's choices to everything that is shown.

import { useEffect, useMemo } from "preact/hooks";
import { numbered } from "../caveats.ts";
import { type Cell, cellsOf, machinesOf } from "../cells.ts";
import { counted } from "../format.ts";
import type { ReportData } from "../schema.ts";
import { chipRows, chosenCells } from "../selection.ts";
import { type Standing, standing } from "../standing.ts";
import { INITIAL, toHash } from "../state.ts";
import { About } from "./about.tsx";
import { Answer, CellTitle } from "./answer.tsx";
import { Bars } from "./bars.tsx";
import { CaveatList } from "./caveat_list.tsx";
import { Chips } from "./chips.tsx";
import { type Controls, ControlsContext } from "./controls.ts";
import { Detail } from "./detail.tsx";
import { Figures } from "./figures.tsx";
import { useHashState } from "./hash_state.ts";
import { Header } from "./header.tsx";
import { Matrix } from "./matrix.tsx";
import { Runs } from "./runs.tsx";
import { useScheme } from "./scheme.ts";
import { SiteContext, SiteNav } from "./site_nav.tsx";
import { Sweeps } from "./sweeps.tsx";
import { Legend, Toolbar } from "./toolbar.tsx";
import { Tradeoff } from "./tradeoff.tsx";

// The first with enough intervals for a place, for it says most; else the first.
function focusOf(standings: readonly Standing[], key: string): Standing | undefined {
  const decided = (one: Standing) => one.rankings.some((ranking) => ranking.rows.length > 1 && ranking.rows.some((row) => row.place.place !== null));
  return standings.find((one) => one.cell.key === key) ?? standings.find(decided) ?? standings[0];
}

function Nothing({ update }: Pick<Controls, "update">) {
  return (
    <section class="answer">
      <h1>Nothing was measured for this choice</h1>
      <p class="more">Leave out some of the chips, or <button type="button" class="quiet" onClick={() => update({ only: INITIAL.only, runs: [], struck: [] })}>show everything</button></p>
    </section>
  );
}

function Focus({ one, caveats, detail }: { one: Standing; caveats: ReturnType<typeof numbered>; detail: string }) {
  const entry = one.cell.entries.find(({ result }) => result.contestant === detail);
  return (
    <>
      <section aria-labelledby="bars-title">
        <h2 id="bars-title">Time of a step <span class="muted"><CellTitle cell={one.cell} /></span></h2>
        <Toolbar standing={one} />
        <Bars standing={one} caveats={caveats} />
        <Legend />
      </section>
      {entry ? <Detail standing={one} entry={entry} /> : null}
      <Tradeoff standing={one} />
      <Figures standing={one} caveats={caveats} />
    </>
  );
}

// In a site the pages of machines are told apart by their titles, too.
function titleOf(cell: Cell | undefined, data: ReportData): string {
  const where = cell && data.site?.page === "machine" ? ` · ${cell.machine.name}` : "";
  return cell ? `${cell.model} · ${cell.workload}${where} – Assay` : "Assay";
}

export function App({ data }: { data: ReportData }) {
  const [state, update] = useHashState();
  const runs = useMemo(() => {
    const chosen = data.runs.filter((run) => state.runs.includes(run.run) || (run.label !== null && state.runs.includes(run.label)));
    return chosen.length > 0 ? chosen : data.runs;
  }, [data, state.runs.join("\n")]);
  const cells = useMemo(() => cellsOf(runs, data.site?.machines), [runs]);
  const chosen = useMemo(() => chosenCells(cells, state.only, state.struck), [cells, toHash(state)]);
  const standings = useMemo(() => chosen.map((cell) => standing(cell, state.against, state.margin / 100)), [chosen]);
  const caveats = useMemo(() => numbered(chosen), [chosen]);
  const focus = focusOf(standings, state.cell);
  const scheme = useScheme(state.scheme);
  useEffect(() => {
    document.title = titleOf(focus?.cell, data);
  });
  return (
    <ControlsContext.Provider value={{ state, update, scheme }}>
      <SiteContext.Provider value={data.site ?? null}>
        <Header made={data.made} what={[counted(data.runs.length, "run"), counted(cells.length, "cell")]} />
        <SiteNav runs={data.runs} />
        <main id="results" tabIndex={-1}>
          {focus ? <Answer standing={focus} standings={standings} /> : <Nothing update={update} />}
          <Chips rows={chipRows(cells, state)} />
          {focus && standings.length > 1 ? <Matrix standings={standings} focus={focus.cell.key} caveats={caveats} /> : null}
          {focus ? <Sweeps cell={focus.cell} /> : null}
          {focus ? <Focus key={focus.cell.key} one={focus} caveats={caveats} detail={state.detail} /> : null}
          <CaveatList caveats={caveats} />
          <Runs runs={data.runs} machines={machinesOf(data.runs, data.site?.machines)} />
          <About />
        </main>
        <footer class="muted">Made by Assay {data.assay}. Everything on this page is in this file; it asks no server for anything.</footer>
      </SiteContext.Provider>
    </ControlsContext.Provider>
  );
}
