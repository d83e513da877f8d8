// Speed against another figure, with the Pareto front. Drawn by hand as SVG: it follows the colour scheme, prints sharply and its text is text; a
// plotting library would weigh more than the whole page.

import { atTick, joined, milliseconds, millisecondsAtTick } from "../format.ts";
import { type Scale, logEnds, logarithmic } from "../scale.ts";
import type { Standing } from "../standing.ts";
import { AXES } from "../state.ts";
import { AXIS_KINDS, type AxisKind, type Box, type Spot, placeLabels, spots } from "../tradeoff.ts";
import { sameDevice } from "./bars.tsx";
import { useControls } from "./controls.ts";
import { Name, ScrollBox } from "./pieces.tsx";
import { Choice } from "./toolbar.tsx";
import { useWidth } from "./width.ts";

const LETTER = 7.2; // width of a letter of the labels in a wide font
const SHAPES: Record<string, string> = {
  exact: "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0-5 0Z", "f32-fast": "M0-6L6 5L-6 5Z", reduced: "M-5-5H5V5H-5Z", quantised: "M0-7L6 0L0 7L-6 0Z",
};

interface Frame {
  area: Box;
  x: Scale;
  y: Scale;
}

function frameOf(points: readonly Spot[], width: number, height: number): Frame {
  const area = { left: 58, top: 30, width: width - 58 - 14, height: height - 30 - 44 };
  const [xLow, xHigh] = logEnds(points.flatMap((spot) => [spot.x, spot.low ?? spot.x, spot.high ?? spot.x]), 1.2);
  const [yLow, yHigh] = logEnds(points.map((spot) => spot.y), 1.4);
  return { area, x: logarithmic(xLow, xHigh, Math.max(2, Math.floor(area.width / 80))), y: logarithmic(yLow, yHigh, 5) };
}

const left = (frame: Frame, value: number) => frame.area.left + frame.area.width * frame.x.at(value);
const top = (frame: Frame, value: number) => frame.area.top + frame.area.height * (1 - frame.y.at(value));

function Axes({ frame, kind, height }: { frame: Frame; kind: AxisKind; height: number }) {
  const { area } = frame;
  return (
    <g class="axes">
      {frame.x.ticks.map((tick) => (
        <g transform={`translate(${left(frame, tick)} 0)`}>
          <line y1={area.top} y2={area.top + area.height} />
          <text y={area.top + area.height + 17} text-anchor="middle">{millisecondsAtTick(tick)}</text>
        </g>
      ))}
      {frame.y.ticks.map((tick) => (
        <g transform={`translate(0 ${top(frame, tick)})`}>
          <line x1={area.left} x2={area.left + area.width} />
          <text x={area.left - 8} y={4} text-anchor="end">{atTick(kind.text(tick))}</text>
        </g>
      ))}
      <text class="axis-title" x="0" y="12">↑ {kind.title}</text>
      <text class="axis-title" x={area.left + area.width} y={height - 6} text-anchor="end">median time of a step →</text>
    </g>
  );
}

// The staircase below and left of which nobody is.
function frontPath(frame: Frame, points: readonly Spot[]): string {
  const best = points.filter((spot) => spot.onFront).sort((a, b) => a.x - b.x);
  const { area } = frame;
  const [first] = best;
  if (!first) return "";
  const steps = best.map((spot) => `H${left(frame, spot.x).toFixed(1)}V${top(frame, spot.y).toFixed(1)}`);
  return `M${left(frame, first.x).toFixed(1)} ${area.top}${steps.join("")}H${area.left + area.width}`;
}

function Dot({ frame, spot }: { frame: Frame; spot: Spot }) {
  const { update } = useControls();
  const y = top(frame, spot.y);
  return (
    <g class={spot.onFront ? "spot front" : "spot"} onClick={() => update({ detail: spot.name })}>
      <title>{`${spot.name}: ${milliseconds(spot.x)}`}</title>
      {spot.low !== null && spot.high !== null ? <line x1={left(frame, spot.low)} x2={left(frame, spot.high)} y1={y} y2={y} /> : null}
      <path d={SHAPES[spot.className] ?? SHAPES.exact} transform={`translate(${left(frame, spot.x)} ${y})`} />
    </g>
  );
}

function Picture({ points, kind, quiet }: { points: readonly Spot[]; kind: AxisKind; quiet: string }) {
  const { ref, width } = useWidth(720);
  const height = Math.round(Math.min(440, Math.max(300, width * 0.5)));
  const frame = frameOf(points, width, height);
  const short = (name: string) => (quiet && name.endsWith(quiet) ? name.slice(0, -quiet.length) : name);
  const ordered = [...points].sort((a, b) => Number(b.onFront) - Number(a.onFront) || a.x - b.x);
  const places = ordered.map((spot) => ({
    name: spot.name, text: short(spot.name), x: left(frame, spot.x), y: top(frame, spot.y), low: left(frame, spot.low ?? spot.x), high: left(frame, spot.high ?? spot.x), onFront: spot.onFront,
  }));
  const labels = placeLabels(places, { ...frame.area, width: width - frame.area.left }, (text) => text.length * LETTER);
  return (
    <div class="picture" ref={ref}>
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`Median time of a step against ${kind.title}; the table below has the same figures`}>
        <Axes frame={frame} kind={kind} height={height} />
        <path class="front-line" d={frontPath(frame, points)} />
        {ordered.map((spot) => <Dot key={spot.name} frame={frame} spot={spot} />)}
        {labels.map((label) => (
          <text key={label.name} class={points.find((spot) => spot.name === label.name)?.onFront ? "label front" : "label"} x={label.x} y={label.y}>{short(label.name)}</text>
        ))}
      </svg>
    </div>
  );
}

function Table({ points, kind }: { points: readonly Spot[]; kind: AxisKind }) {
  return (
    <details class="as-table">
      <summary>The picture as a table</summary>
      <ScrollBox label="the picture as a table">
        <table class="plain">
          <thead><tr><th scope="col">contestant</th><th scope="col">class</th><th scope="col" class="number">time</th><th scope="col" class="number">{kind.short}</th><th scope="col">on the front</th></tr></thead>
          <tbody>
            {[...points].sort((a, b) => a.x - b.x).map((spot) => (
              <tr key={spot.name}>
                <th scope="row"><Name name={spot.name} /></th><td>{spot.className}</td><td class="number">{milliseconds(spot.x)}</td><td class="number">{kind.text(spot.y)}</td><td>{spot.onFront ? "yes" : ""}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </details>
  );
}

export function Tradeoff({ standing }: { standing: Standing }) {
  const { state, update } = useControls();
  const kind = AXIS_KINDS[state.axis];
  const points = spots(standing, state.axis);
  const classes = [...new Set(points.map((spot) => spot.className))];
  return (
    <section aria-labelledby="tradeoff-title">
      <div class="section-head">
        <h2 id="tradeoff-title">What speed costs</h2>
        <Choice label="Against" value={state.axis} options={AXES.map((axis) => [axis, AXIS_KINDS[axis].short] as const)} choose={(axis) => update({ axis })} />
      </div>
      {points.length < 2 ? <p class="muted">Fewer than two contestants have this figure here.</p> : (
        <>
          <p class="muted note">
            Left and low is better; on the dotted line are those that nobody beats in both: <b>{joined(points.filter((spot) => spot.onFront).map((spot) => `\u2068${spot.name}\u2069`))}</b>.
            {classes.length > 1 ? <> Shapes: {classes.map((one, index) => <span class="shape-key">{index ? ", " : ""}<svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true"><path d={SHAPES[one] ?? ""} /></svg> {one}</span>)}.</> : null}
          </p>
          <Picture points={points} kind={kind} quiet={sameDevice(standing)} />
          <Table points={points} kind={kind} />
        </>
      )}
    </section>
  );
}
