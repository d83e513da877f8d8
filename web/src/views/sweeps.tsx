// A sweep as a picture, one line a contestant with the interval at each size, and as a table. SVG by hand, as the trade-off is.

import type { Cell } from "../cells.ts";
import { atTick, rate } from "../format.ts";
import { type Scale, logEnds, logarithmic } from "../scale.ts";
import type { Sweep } from "../schema.ts";
import { type Line, type LinePoint, linesOf, sizesOf, spread, sweepsOf } from "../sweep.ts";
import { useControls } from "./controls.ts";
import { Name, ScrollBox } from "./pieces.tsx";
import { useWidth } from "./width.ts";

const LABELS = 190; // pixels right of the lines, for their names
const DASHES = ["", "6 3", "2 3", "8 3 2 3"]; // with two colours, eight kinds of lines

interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
  x: Scale;
  y: Scale;
}

function frameOf(sweep: Sweep, lines: readonly Line[], width: number, height: number): Frame {
  const sizes = sizesOf(sweep).filter((size) => size > 0);
  const [low, high] = logEnds(lines.flatMap((line) => line.points.flatMap((point) => [point.low, point.high])), 1.2);
  const x = logarithmic(Math.min(...sizes), Math.max(...sizes));
  return { left: 58, top: 30, width: Math.max(80, width - 58 - LABELS), height: height - 30 - 44, x: { ...x, ticks: sizes }, y: logarithmic(low, high, 5) };
}

const across = (frame: Frame, size: number) => frame.left + frame.width * frame.x.at(size);
const down = (frame: Frame, value: number) => frame.top + frame.height * (1 - frame.y.at(value));

function Axes({ frame, sweep, height }: { frame: Frame; sweep: Sweep; height: number }) {
  return (
    <g class="axes">
      {frame.x.ticks.map((tick) => (
        <g transform={`translate(${across(frame, tick)} 0)`}>
          <line y1={frame.top} y2={frame.top + frame.height} />
          <text y={frame.top + frame.height + 17} text-anchor="middle">{String(tick)}</text>
        </g>
      ))}
      {frame.y.ticks.map((tick) => (
        <g transform={`translate(0 ${down(frame, tick)})`}>
          <line x1={frame.left} x2={frame.left + frame.width} />
          <text x={frame.left - 8} y={4} text-anchor="end">{atTick(rate(tick, ""))}</text>
        </g>
      ))}
      <text class="axis-title" x="0" y="12">↑ {sweep.item} a second</text>
      <text class="axis-title" x={frame.left + frame.width} y={height - 6} text-anchor="end">{sweep.axis} →</text>
    </g>
  );
}

function Whisker({ frame, point }: { frame: Frame; point: LinePoint }) {
  const x = across(frame, point.size);
  return (
    <>
      <line x1={x} x2={x} y1={down(frame, point.high)} y2={down(frame, point.low)} />
      <circle cx={x} cy={down(frame, point.rate)} r="3.5" />
    </>
  );
}

function Drawn({ frame, line, index, label }: { frame: Frame; line: Line; index: number; label: number }) {
  const { update } = useControls();
  const path = line.points.map((point, at) => `${at ? "L" : "M"}${across(frame, point.size).toFixed(1)} ${down(frame, point.rate).toFixed(1)}`).join("");
  const last = line.points.at(-1) as LinePoint;
  const end = frame.left + frame.width;
  return (
    <g class={`sweep-line kind-${index % 2}`} onClick={() => update({ detail: line.contestant })}>
      <title>{`${line.contestant}: ${line.points.map((point) => `${point.size}: ${rate(point.rate, "")}`).join(", ")}`}</title>
      <path d={path} stroke-dasharray={DASHES[Math.floor(index / 2) % DASHES.length]} />
      {line.points.map((point) => <Whisker key={point.size} frame={frame} point={point} />)}
      <path class="leader" d={`M${across(frame, last.size) + 5} ${down(frame, last.rate)}L${end + 14} ${label}`} />
      <text class="label" x={end + 18} y={label + 4}>{line.contestant}</text>
    </g>
  );
}

function Picture({ sweep }: { sweep: Sweep }) {
  const { ref, width } = useWidth(720);
  const lines = linesOf(sweep);
  const height = Math.round(Math.min(440, Math.max(280, width * 0.45, 74 + 16 * lines.length)));
  const frame = frameOf(sweep, lines, width, height);
  const labels = spread(lines.map((line) => down(frame, (line.points.at(-1) as LinePoint).rate)), 15, frame.top + frame.height);
  return (
    <div class="picture" ref={ref}>
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${sweep.item} a second over ${sweep.axis}; the table below has the same figures`}>
        <Axes frame={frame} sweep={sweep} height={height} />
        {lines.map((line, index) => <Drawn key={line.contestant} frame={frame} line={line} index={index} label={labels[index] ?? 0} />)}
      </svg>
    </div>
  );
}

function Table({ sweep }: { sweep: Sweep }) {
  const sizes = sizesOf(sweep);
  return (
    <ScrollBox label={`${sweep.item} a second over ${sweep.axis}, as a table`}>
      <table class="plain">
        <thead>
          <tr><th scope="col">contestant</th>{sizes.map((size) => <th scope="col" class="number">{sweep.axis} {size === 0 ? "usual" : size}</th>)}</tr>
        </thead>
        <tbody>
          {sweep.series.map(({ contestant, points }) => (
            <tr key={contestant}>
              <th scope="row"><Name name={contestant} /></th>
              {sizes.map((size) => {
                const point = points.find((one) => one.size === size);
                return <td class="number">{point ? (point.items_per_s === null ? (point.outcome === "ok" ? point.verdict : point.outcome) : rate(point.items_per_s, "")) : ""}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}

export function Sweeps({ cell }: { cell: Cell }) {
  return (
    <>
      {sweepsOf(cell).map((sweep) => (
        <section key={sweep.workload} aria-label={`${sweep.workload} by ${sweep.axis}`}>
          <h2>{sweep.item} a second by {sweep.axis} <span class="muted"><bdi>{sweep.model}</bdi> {sweep.workload}</span></h2>
          {linesOf(sweep).length > 0 ? <Picture sweep={sweep} /> : null}
          <Table sweep={sweep} />
        </section>
      ))}
    </>
  );
}
