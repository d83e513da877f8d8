// Where the time of a start goes, cold and warm, as bars in parts.

import { seconds } from "../format.ts";
import type { Start } from "../schema.ts";

interface Parts {
  total: number;
  parts: (readonly [string, number])[];
}

function partsOf(total: number | null | undefined, from: { import: number | null; load: number | null; prepare: number | null }): Parts | null {
  if (total == null) return null;
  return { total, parts: (["import", "load", "prepare"] as const).map((name) => [name, from[name] ?? 0] as const) };
}

function Bar({ title, parts, longest }: { title: string; parts: Parts; longest: number }) {
  return (
    <div class="start-row">
      <span class="start-title">{title}</span>
      <span class="start-track" aria-hidden="true">
        {parts.parts.map(([name, s]) => <i class={`part ${name}`} style={{ width: `${((s / longest) * 100).toFixed(3)}%` }} />)}
      </span>
      <span class="start-total">{seconds(parts.total)}</span>
      <span class="start-parts muted">{parts.parts.map(([name, s]) => `${name} ${seconds(s)}`).join(", ")}</span>
    </div>
  );
}

export function StartBars({ start }: { start: Start }) {
  const cold = partsOf(start.cold, start);
  const warm = start.warm ? partsOf(start.warm.total, start.warm) : null;
  const longest = Math.max(cold?.total ?? 0, warm?.total ?? 0);
  if (!(longest > 0)) return null;
  return (
    <div class="start">
      {cold ? <Bar title="cold" parts={cold} longest={longest} /> : null}
      {warm ? <Bar title="warm" parts={warm} longest={longest} /> : null}
      <ul class="legend">
        {["import", "load", "prepare"].map((name) => <li><i class={`swatch part ${name}`} aria-hidden="true" />{name}</li>)}
      </ul>
    </div>
  );
}
