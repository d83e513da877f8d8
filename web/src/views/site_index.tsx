// The index of a site: who comes first where, in words, and the way to every machine's and every model's page.

import { useEffect, useMemo } from "preact/hooks";
import { nameOf } from "../cells.ts";
import { counted } from "../format.ts";
import type { IndexCell, IndexData } from "../schema.ts";
import { passes, rowsOf } from "../selection.ts";
import { firstPlaces, indexAnswer, indexValue } from "../site.ts";
import { DIMENSIONS, INITIAL } from "../state.ts";
import { Chips } from "./chips.tsx";
import { ControlsContext } from "./controls.ts";
import { FirstPlacesList } from "./first_places.tsx";
import { useHashState } from "./hash_state.ts";
import { Header } from "./header.tsx";
import { IndexMatrix } from "./index_matrix.tsx";
import { Machines, Models } from "./index_lists.tsx";
import { Sentence } from "./pieces.tsx";
import { useScheme } from "./scheme.ts";

// What the index shows, with machines by the names that tell them apart.
export interface Shown {
  data: IndexData;
  names: readonly string[]; // of the machines, in their order
  cells: readonly IndexCell[]; // that the chips leave
}

function Answer({ shown }: { shown: Shown }) {
  const { cells } = shown;
  const machines = new Set(cells.map((cell) => cell.machine)).size;
  const models = new Set(cells.map((cell) => cell.model)).size;
  return (
    <section class="answer" aria-labelledby="answer-title">
      <h1 id="answer-title">{counted(models, "model")} on {counted(machines, "machine")}</h1>
      <div aria-live="polite">
        <p class="lead" dir="auto"><Sentence phrase={indexAnswer(cells, machines)} /></p>
      </div>
      <p class="more">Which one to take depends on the model, on what is done with it, and on the machine: the table says who comes first where, and each entry leads to everything behind it.</p>
    </section>
  );
}

function About() {
  return (
    <section aria-labelledby="about-title" class="about">
      <h2 id="about-title">How to read it</h2>
      <dl>
        <div><dt>First</dt><dd>By the newest result of each contestant on that machine, of the strictest class of accuracy that anybody is in. Who computes with less is ranked apart, on the pages themselves.</dd></div>
        <div><dt>Fastest</dt><dd>Faster than every other one whose place is known: the 95 % interval of each ratio excludes 1. Only then is there colour.</dd></div>
        <div><dt>Equally fast, not told apart</dt><dd>Several share the first place: within 3 % for certain, or with too few rounds to say more.</dd></div>
        <div><dt>Time</dt><dd>The median of a complete step of the first that is named.</dd></div>
      </dl>
    </section>
  );
}

export function SiteIndex({ data }: { data: IndexData }) {
  const [state, update] = useHashState();
  const scheme = useScheme(state.scheme);
  const names = useMemo(() => {
    const hosts = data.machines.map((machine) => machine.host);
    return hosts.map((host) => nameOf(host, hosts));
  }, [data]);
  const cells = data.cells.filter((cell) => DIMENSIONS.every((one) => indexValue(data, cell, one) === null || passes(state.only, one, indexValue(data, cell, one))));
  const shown: Shown = { data, names, cells };
  const rows = rowsOf(data.cells, (cell, dimension) => indexValue(data, cell, dimension), (cell) => names[cell.machine] ?? "", state.only);
  useEffect(() => {
    document.title = `${counted(data.models.length, "model")} on ${counted(data.machines.length, "machine")} – Assay`;
  });
  return (
    <ControlsContext.Provider value={{ state, update, scheme }}>
      <Header made={data.made} what={[counted(data.machines.length, "machine"), counted(data.models.length, "model"), counted(data.cells.length, "cell")]} />
      <main id="results" tabIndex={-1}>
        {cells.length > 0 ? <Answer shown={shown} /> : (
          <section class="answer">
            <h1>Nothing was measured for this choice</h1>
            <p class="more">Leave out some of the chips, or <button type="button" class="quiet" onClick={() => update({ only: INITIAL.only })}>show everything</button></p>
          </section>
        )}
        <Chips rows={rows} />
        {cells.length > 0 ? <IndexMatrix shown={shown} /> : null}
        <FirstPlacesList places={firstPlaces(cells)} />
        <Machines shown={shown} />
        <Models shown={shown} />
        <About />
      </main>
      <footer class="muted">Made by Assay {data.assay}. This folder is all there is: no page asks a server for anything.</footer>
    </ControlsContext.Provider>
  );
}
