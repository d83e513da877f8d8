// Ranked bars: the time of a step with its interval, and the machine's limit as a line. Colour only where a difference was told. Every row is a sentence
// of its own for who does not see the bar.

import type { CSSProperties } from "preact";
import { type BarScale, barScale } from "../bar_scale.ts";
import type { Caveats } from "../caveats.ts";
import type { Entry } from "../cells.ts";
import { happened } from "../answer.ts";
import { interval, milliseconds, millisecondsAtTick, percent, times } from "../format.ts";
import { placeText } from "../places.ts";
import { say } from "../relation.ts";
import { type Ranked, type Ranking, type Standing, CLASS_WORDS, rankedOf } from "../standing.ts";
import { toggled } from "../state.ts";
import { useControls } from "./controls.ts";
import { CaveatNumbers, Contestant, Name } from "./pieces.tsx";

function share(value: number): string {
  return `${(Math.min(Math.max(value, 0), 1) * 100).toFixed(3)}%`;
}

function between(scale: BarScale, low: number, high: number): CSSProperties {
  const from = Math.min(Math.max(scale.at(low), 0), 1);
  return { left: share(from), width: share(Math.min(scale.at(high), 1) - from) };
}

function Track({ row, scale }: { row: Ranked; scale: BarScale }) {
  const time = row.entry.result.time_ms;
  const limit = row.entry.result.limit?.ms;
  const torn = scale.torn(row.ms);
  return (
    <div class={`track ${scale.kind}`} aria-hidden="true">
      {scale.ticks.map((tick) => <i class="tick" style={{ left: share(scale.at(tick)) }} />)}
      <i class={`bar ${row.relation.word}${torn ? " torn" : ""}`} style={scale.kind === "log" ? { left: share(scale.at(row.ms)) } : { width: share(scale.at(row.ms)) }} />
      {time?.low != null && time.high != null && !torn ? <i class="whisker" style={between(scale, time.low, time.high)} /> : null}
      {limit != null && scale.at(limit) <= 1 ? <i class="limit" style={{ left: share(scale.at(limit)) }} /> : null}
    </div>
  );
}

function RowButtons({ name, chosen }: { name: string; chosen: boolean }) {
  const { state, update } = useControls();
  return (
    <div class="row-buttons">
      <button type="button" class="icon" aria-pressed={chosen} title="compare all with this one" onClick={() => update({ against: chosen ? "" : name })}>
        <span aria-hidden="true">vs</span><span class="unseen">compare with <Name name={name} /></span>
      </button>
      <button type="button" class="icon" title="strike it out and recompute" onClick={() => update({ struck: toggled(state.struck, name) })}>
        <span aria-hidden="true">×</span><span class="unseen">strike <Name name={name} /></span>
      </button>
    </div>
  );
}

export function DetailButton({ name, quiet }: { name: string; quiet: string }) {
  const { state, update } = useControls();
  const open = state.detail === name;
  return (
    <button type="button" class="link" aria-expanded={open} title="every sample, versions, the command" onClick={() => update({ detail: open ? "" : name })}>
      <Contestant name={name} quiet={quiet} />
    </button>
  );
}

function referenceWord(row: Ranked, ranking: Ranking): string {
  if (ranking.rows.length === 1) return "alone";
  return !ranking.chosen && row.place.place === 1 && !row.place.shared ? "the fastest" : "compared with";
}

function Row({ row, ranking, scale, numbers, quiet }: { row: Ranked; ranking: Ranking; scale: BarScale; numbers: number[]; quiet: string }) {
  const { state } = useControls();
  const { relation } = row;
  const itself = relation.word === "itself";
  return (
    <li class={`bar-row${row.place.place === 1 ? " first" : ""}`}>
      <span class="place"><span class="unseen">place </span>{placeText(row.place)}</span>
      <span class="who"><DetailButton name={row.name} quiet={quiet} /><CaveatNumbers numbers={numbers} /></span>
      <Track row={row} scale={scale} />
      <span class="time">{milliseconds(row.ms)}</span>
      <span class={`relation ${relation.word}`}>
        {itself ? <span class="word">{referenceWord(row, ranking)}</span> : (
          <>
            <span class="times">{relation.word === "apart" ? "≈" : ""}{times(relation.ratio)}</span>{" "}
            <span class="bounds">{interval(relation.low, relation.high)}</span>{" "}
            <span class="word">{say(relation, state.margin / 100)}</span>
          </>
        )}
      </span>
      <RowButtons name={row.name} chosen={ranking.chosen && itself} />
    </li>
  );
}

// The machine's limits that are drawn, each once.
export function limitsOf(rows: readonly Ranked[]): { ms: number; rows: Ranked[] }[] {
  const limits = new Map<number, Ranked[]>();
  for (const row of rows) {
    const ms = row.entry.result.limit?.ms;
    if (ms != null) limits.set(ms, [...(limits.get(ms) ?? []), row]);
  }
  return [...limits].map(([ms, those]) => ({ ms, rows: those })).sort((a, b) => b.rows.length - a.rows.length);
}

function Axis({ scale, limit }: { scale: BarScale; limit: number | undefined }) {
  return (
    <div class="bar-axis" aria-hidden="true">
      <div class="axis-track">
        {scale.ticks.map((tick) => <span class={tick === 0 ? "tick-label zero" : "tick-label"} style={{ left: share(scale.at(tick)) }}>{millisecondsAtTick(tick)}</span>)}
        {limit !== undefined && scale.at(limit) <= 1 ? <span class={`limit-label${scale.at(limit) > 0.75 ? " leftwards" : ""}`} style={{ left: share(scale.at(limit)) }}>machine’s limit {milliseconds(limit)}</span> : null}
      </div>
    </div>
  );
}

function Unranked({ standing, caveats, quiet }: { standing: Standing; caveats: Caveats; quiet: string }) {
  const { state, update } = useControls();
  if (standing.unranked.length === 0) return null;
  const named = (entry: Entry) => <DetailButton name={entry.result.contestant} quiet={quiet} />;
  return (
    <>
      <h3>No place</h3>
      <ul class="unranked" role="list">
        {standing.unranked.map((entry) => (
          <li key={entry.result.contestant}>
            <span class={entry.result.verdict === "wrong" ? "who wrong" : "who"}>
              {entry.result.verdict === "wrong" ? <s>{named(entry)}</s> : named(entry)}
              <CaveatNumbers numbers={caveats.numbers(standing.cell, entry)} />
            </span>
            <span class="badge">{happened(entry)}</span>
            <span class="reason" dir="auto">{entry.result.reason || "no reason was given"}</span>
            <button type="button" class="icon" title="strike it out" onClick={() => update({ struck: toggled(state.struck, entry.result.contestant) })}>
              <span aria-hidden="true">×</span><span class="unseen">strike <Name name={entry.result.contestant} /></span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

// "@cpu", when everyone runs on the same device.
export function sameDevice(standing: Standing): string {
  const devices = new Set(standing.cell.entries.map((entry) => entry.result.device));
  return devices.size === 1 ? `@${[...devices][0]}` : "";
}

export function Bars({ standing, caveats }: { standing: Standing; caveats: Caveats }) {
  const { state } = useControls();
  const rows = rankedOf(standing);
  const limits = limitsOf(rows);
  const quiet = sameDevice(standing);
  const scale = rows.length > 0 ? barScale(rows, limits.map((limit) => limit.ms), state.scale) : null;
  const several = standing.rankings.length > 1 || standing.rankings[0]?.className !== "exact";
  return (
    <div class="bars">
      {scale ? <Axis scale={scale} limit={limits[0]?.ms} /> : null}
      {scale ? standing.rankings.map((ranking) => (
        <div class="ranking" key={ranking.className}>
          {several ? <h3>{ranking.className} <span class="muted">{CLASS_WORDS[ranking.className]}</span></h3> : null}
          <ol class="bar-list" role="list" aria-label={`ranked, ${ranking.className}`}>
            {ranking.rows.map((row) => <Row key={row.name} row={row} ranking={ranking} scale={scale} quiet={quiet} numbers={caveats.numbers(standing.cell, row.entry)} />)}
          </ol>
        </div>
      )) : null}
      <Unranked standing={standing} caveats={caveats} quiet={quiet} />
      {limits[0] ? <p class="unseen">The machine’s limit for this step is {milliseconds(limits[0].ms)}; the fastest reaches {percent(rows[0]?.entry.result.limit?.share)} of it.</p> : null}
    </div>
  );
}
