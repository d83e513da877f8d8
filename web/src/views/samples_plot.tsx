// Every timed step in the order in which they were made, by uPlot, which draws thousands of points at once and zooms by dragging. The table of visits
// below has the same figures for who does not see the picture.

import { useLayoutEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { milliseconds, millisecondsAtTick } from "../format.ts";
import type { Samples } from "../samples.ts";
import type { Time } from "../schema.ts";

const HEIGHT = 240;

interface Colours {
  text: string;
  line: string;
  point: string;
  disturbed: string;
  band: string;
  block: string;
  median: string;
}

function coloursOf(box: HTMLElement): Colours {
  const style = getComputedStyle(box);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return { text: colour("muted"), line: colour("line"), point: colour("sample"), disturbed: colour("slower-strong"), band: colour("band"), block: colour("stripe"), median: colour("text") };
}

// Behind the points: every other block shaded, the interval of the median as a band.
function backdrop(samples: Samples, time: Time, colours: Colours) {
  return (plot: uPlot) => {
    const { ctx } = plot;
    const { left, top, width, height } = plot.bbox;
    const x = (value: number) => Math.min(Math.max(plot.valToPos(value, "x", true), left), left + width);
    const y = (value: number) => Math.min(Math.max(plot.valToPos(value, "y", true), top), top + height);
    ctx.save();
    ctx.fillStyle = colours.block;
    samples.blocks.filter((_, index) => index % 2 === 1).forEach(({ first, last }) => ctx.fillRect(x(first), top, x(last + 1) - x(first), height));
    if (time.low !== null && time.high !== null) {
      ctx.fillStyle = colours.band;
      ctx.fillRect(left, y(time.high), width, y(time.low) - y(time.high));
    }
    ctx.restore();
  };
}

function medianLine(time: Time, colours: Colours) {
  return (plot: uPlot) => {
    const { ctx } = plot;
    const { left, top, width, height } = plot.bbox;
    const y = plot.valToPos(time.median, "y", true);
    if (y < top || y > top + height) return;
    ctx.save();
    ctx.strokeStyle = colours.median;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(left, y);
    ctx.lineTo(left + width, y);
    ctx.stroke();
    ctx.restore();
  };
}

function options(samples: Samples, time: Time, colours: Colours, width: number): uPlot.Options {
  const axis = { stroke: colours.text, font: "12px system-ui, sans-serif", grid: { stroke: colours.line, width: 1 }, ticks: { stroke: colours.line, width: 1 } };
  const points = (stroke: string, fill: string) => ({ label: "", paths: () => null, points: { show: true, size: 5, stroke, fill, width: 1.5 } });
  return {
    width, height: HEIGHT, legend: { show: false }, padding: [10, 8, 0, 0],
    cursor: { drag: { x: true, y: false }, points: { show: false } },
    scales: { x: { time: false }, y: { range: (_, low, high) => [Math.max(0, low - (high - low) * 0.15 - high * 0.01), high + (high - low) * 0.1 + high * 0.01] } },
    series: [{}, points(colours.point, colours.point), points(colours.disturbed, "transparent")],
    axes: [
      { ...axis, label: "visit", labelSize: 20, labelFont: "12px system-ui, sans-serif", size: 36, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] },
      { ...axis, size: 66, values: (_, ticks) => ticks.map(millisecondsAtTick) },
    ],
    hooks: { drawClear: [backdrop(samples, time, colours)], draw: [medianLine(time, colours)] },
  };
}

function aligned(samples: Samples): uPlot.AlignedData {
  const only = (disturbed: boolean) => samples.ms.map((ms, index) => (samples.disturbed[index] === disturbed ? ms : null));
  return [samples.visit, only(false), only(true)];
}

// scheme: drawn anew in other colours when it changes.
export function SamplesPlot({ samples, time, scheme }: { samples: Samples; time: Time; scheme: string }) {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => { // at once, so that it is drawn anew before a page is printed
    const box = ref.current;
    if (!box) return undefined;
    const plot = new uPlot(options(samples, time, coloursOf(box), Math.max(box.clientWidth, 200)), aligned(samples), box);
    const resized = new ResizeObserver(() => plot.setSize({ width: Math.max(box.clientWidth, 200), height: HEIGHT }));
    resized.observe(box);
    return () => {
      resized.disconnect();
      plot.destroy();
    };
  }, [samples, time, scheme]);
  return <div class="picture samples" ref={ref} role="img" aria-label={`${samples.ms.length} timed steps around a median of ${milliseconds(time.median)}; the table of visits has each`} />;
}
