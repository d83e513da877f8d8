// The verdict, first and in words.

import { type Phrase, answer, comparison, givenAnswer, overview } from "../answer.ts";
import type { Cell } from "../cells.ts";
import type { Standing } from "../standing.ts";
import { Name, Sentence } from "./pieces.tsx";
import { MachineName } from "./site_nav.tsx";

export function CellTitle({ cell }: { cell: Cell }) {
  const extra = [cell.size === "full" ? "" : cell.size, cell.precision === "f32" ? "" : cell.precision].filter(Boolean);
  return (
    <>
      <Name name={cell.model} /> <span class="sep" aria-hidden="true">·</span> <Name name={cell.workload} />
      {extra.map((word) => <> <span class="sep" aria-hidden="true">·</span> <Name name={word} /></>)}
    </>
  );
}

export function machineText(cell: Cell): string {
  return `${cell.machine.name}, ${cell.threads} ${cell.threads === 1 ? "thread" : "threads"}`;
}

export function Answer({ standing, standings }: { standing: Standing; standings: readonly Standing[] }) {
  const sentences = answer(standing);
  const compared = standing.rankings.flatMap((ranking): Phrase[] => {
    const phrase = comparison(ranking);
    return phrase ? [phrase] : [];
  });
  const [first, ...rest] = sentences;
  return (
    <section class="answer" aria-labelledby="answer-title">
      <h1 id="answer-title"><CellTitle cell={standing.cell} /></h1>
      <p class="where muted"><MachineName host={standing.cell.machine.host} text={machineText(standing.cell)} /></p>
      <div aria-live="polite">
        {first ? <p class={givenAnswer(standing.cell).length ? "lead given" : "lead"} dir="auto"><Sentence phrase={first} /></p> : null}
        {[...compared, ...rest].map((phrase) => <p class="more" dir="auto"><Sentence phrase={phrase} /></p>)}
      </div>
      {standings.length > 1 ? <p class="more overview"><Sentence phrase={overview(standings)} /></p> : null}
    </section>
  );
}
