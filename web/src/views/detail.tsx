// One contestant in one cell, down to every sample: what was measured, on what, of which versions, and the command that does it again.

import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Cell, Entry } from "../cells.ts";
import { happened } from "../answer.ts";
import { accuracy, bytes, counted, milliseconds, percent } from "../format.ts";
import { cellCommand } from "../repeat.ts";
import { samplesOf } from "../samples.ts";
import type { Result } from "../schema.ts";
import type { Standing } from "../standing.ts";
import { useControls } from "./controls.ts";
import { HostFacts } from "./host.tsx";
import { Command, Contestant, Facts, Name, ScrollBox } from "./pieces.tsx";
import { SamplesPlot } from "./samples_plot.tsx";
import { StartBars } from "./start.tsx";
import { Visits } from "./visits.tsx";

function TimeFacts({ result }: { result: Result }) {
  const time = result.time_ms;
  if (!time) return null;
  const interval = time.low === null || time.high === null ? "no interval" : `${milliseconds(time.low)} … ${milliseconds(time.high)}`;
  const percentiles = (["p90", "p95", "p99"] as const).filter((one) => time[one] != null).map((one) => `${one} ${milliseconds(time[one])}`);
  return (
    <Facts facts={[
      ["median", milliseconds(time.median)],
      ["95 % interval", interval],
      ["percentiles", percentiles.join(", ") || "too few samples"],
      ["samples", `${time.samples} in ${counted(time.rounds, "round")} of ${counted(time.blocks, "launch", "launches")}`],
      ["disturbed", counted(time.disturbed_rounds, "round")],
      ...(result.why_wide ? [["why no narrower", <span dir="auto">{result.why_wide.replaceAll("+-", "±")}</span>] as const] : []),
      ["of the machine’s limit", result.limit?.ms == null ? "limit not known" : `${percent(result.limit.share)} of ${milliseconds(result.limit.ms)}, bound by ${result.limit.bound ?? "?"}`],
    ]} />
  );
}

function Samples({ result }: { result: Result }) {
  const { scheme } = useControls();
  const samples = useMemo(() => samplesOf(result), [result]);
  if (!result.time_ms || samples.ms.length === 0) return <p class="muted">No timed steps were kept of it.</p>;
  return (
    <>
      <h3>Every timed step</h3>
      <p class="muted note">
        In the order they were made; stripes are launches, the dashed line is the median{result.time_ms.low === null ? "" : ", the band its interval"}{samples.disturbed.includes(true) ? ", hollow points were disturbed" : ""}. Drag to
        zoom, double-click to see all again. Steps that warm up are not kept.
      </p>
      <SamplesPlot samples={samples} time={result.time_ms} scheme={scheme} />
      <Visits visits={result.visits ?? []} />
    </>
  );
}

function Accuracy({ result }: { result: Result }) {
  const { error } = result;
  const worst = [...(result.tensor_errors ?? [])].sort((a, b) => (b.times_f32 ?? 0) - (a.times_f32 ?? 0)).slice(0, 20);
  return (
    <>
      <Facts facts={[
        ["verdict", result.verdict], ["error", error ? `${accuracy(error.times_f32)} what float32 rounding does` : "not known"],
        ["relative 2-norm", error?.rel_l2?.toExponential(2) ?? "–"], ["worst tensor", error ? <Name name={error.worst} /> : "–"],
      ]} />
      {worst.length > 1 ? (
        <details class="as-table">
          <summary>The {worst.length} worst tensors{(result.tensor_errors?.length ?? 0) > worst.length ? ` of ${result.tensor_errors?.length}` : ""}</summary>
          <ScrollBox label="worst tensors">
            <table class="plain">
              <thead><tr><th scope="col">tensor</th><th scope="col" class="number">× float32</th><th scope="col" class="number">relative 2-norm</th></tr></thead>
              <tbody>{worst.map((one) => <tr key={one.tensor}><th scope="row"><Name name={one.tensor} /></th><td class="number">{accuracy(one.times_f32)}</td><td class="number">{one.rel_l2?.toExponential(2) ?? "–"}</td></tr>)}</tbody>
            </table>
          </ScrollBox>
        </details>
      ) : null}
    </>
  );
}

function Space({ result }: { result: Result }) {
  const { footprint, memory } = result;
  const mapped = Object.entries(footprint?.mapped ?? {}).filter(([, { bytes: size }]) => size > 0);
  return (
    <>
      <Facts facts={[
        ["peak memory", bytes(result.peak_bytes)], ["of it anonymous", bytes(memory?.anonymous_bytes)], ["of it mapped files", bytes(memory?.file_bytes)], ["installed", bytes(result.footprint_bytes)],
        ...mapped.map(([whose, { bytes: size }]) => [`mapped: ${whose.replaceAll("_", " ")}`, bytes(size)] as const),
      ]} />
      {footprint && footprint.packages.length > 0 ? (
        <details class="as-table">
          <summary>{counted(footprint.packages.length, "package")}</summary>
          <ScrollBox label="packages">
            <table class="plain">
              <thead><tr><th scope="col">package</th><th scope="col">version</th><th scope="col">tag</th></tr></thead>
              <tbody>{footprint.packages.map((one) => <tr key={one.name}><th scope="row"><Name name={one.name} /></th><td><Name name={one.version} /></td><td><Name name={one.tag} /></td></tr>)}</tbody>
            </table>
          </ScrollBox>
        </details>
      ) : null}
    </>
  );
}

function RunnerFacts({ entry }: { entry: Entry }) {
  const { result, run } = entry;
  const details = Object.entries(result.runner?.details ?? {});
  const hashes = Object.entries(run.hashes ?? {}).filter(([name]) => name.endsWith(` ${result.model}/${result.size}/${result.workload}`));
  return (
    <Facts facts={[
      ["framework", <Name name={`${result.runner?.framework ?? result.framework} ${result.version ?? ""}`.trim()} />],
      ["device", <Name name={result.runner?.device ?? result.device} />],
      ...(result.language ? [["language", <Name name={result.language} />] as const] : []),
      ["threads", String(result.runner?.threads ?? run.threads)],
      ...(result.runner?.notes ? [["it says", <Name name={result.runner.notes} />] as const] : []),
      ...details.map(([key, value]) => [key, <Name name={value} />] as const),
      ...hashes.map(([name, hash]) => [(name.split(" ")[0] ?? name), <code>{hash}</code>] as const),
      ["runner", <code>{result.runner?.key ?? "–"}</code>],
    ]} />
  );
}

function Failure({ result, entry }: { result: Result; entry: Entry }) {
  const stderr = Array.isArray(result.stderr) ? result.stderr.join("\n") : (result.stderr ?? "");
  return (
    <>
      <p><span class="badge">{happened(entry)}</span> <span dir="auto">{result.reason}</span></p>
      {result.nodes?.length ? <p class="muted">Nodes: {result.nodes.map((node, index) => <>{index ? ", " : ""}<Name name={node} /></>)}</p> : null}
      {stderr ? <pre class="stderr" tabIndex={0} role="group" aria-label="last lines on standard error"><bdi>{stderr}</bdi></pre> : null}
    </>
  );
}

function Repeat({ cell, entry, reference }: { cell: Cell; entry: Entry; reference: string | undefined }) {
  const name = entry.result.contestant;
  return (
    <>
      <h3>Again</h3>
      <p class="muted note">This one{reference && reference !== name ? <> beside <Name name={reference} /></> : null}:</p>
      <Command text={cellCommand(cell, entry.run, reference && reference !== name ? [reference, name] : [name])} />
      <p class="muted note">The whole run <Name name={entry.run.run} />, as it was:</p>
      <Command text={entry.run.command} />
    </>
  );
}

export function Detail({ standing, entry }: { standing: Standing; entry: Entry }) {
  const { update } = useControls();
  const { result } = entry;
  const heading = useRef<HTMLHeadingElement>(null);
  const opener = useRef<Element | null>(null);
  useEffect(() => {
    opener.current = document.activeElement;
    heading.current?.focus({ preventScroll: true });
    heading.current?.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }, [entry]);
  const close = () => {
    update({ detail: "" });
    if (opener.current instanceof HTMLElement) opener.current.focus();
  };
  const ranking = standing.rankings.find((one) => one.className === result.ranking);
  return (
    <section class="detail" aria-labelledby="detail-title">
      <div class="section-head">
        <h2 id="detail-title" ref={heading} tabIndex={-1}><Contestant name={result.contestant} /></h2>
        <button type="button" class="quiet" onClick={close}>close</button>
      </div>
      {result.outcome !== "ok" || result.verdict === "wrong" ? <Failure result={result} entry={entry} /> : null}
      <TimeFacts result={result} />
      <Samples result={result} />
      <div class="columns">
        <div><h3>Start</h3>{result.start_s ? <StartBars start={result.start_s} /> : <p class="muted">not known</p>}</div>
        <div><h3>Accuracy</h3><Accuracy result={result} /></div>
        <div><h3>Memory and footprint</h3><Space result={result} /></div>
        <div><h3>Versions</h3><RunnerFacts entry={entry} /></div>
      </div>
      <h3>Machine</h3>
      <HostFacts run={entry.run} />
      <Repeat cell={standing.cell} entry={entry} reference={ranking?.reference.name} />
    </section>
  );
}
