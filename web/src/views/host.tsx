// The machine of a run.

import { bytes, counted, rate, when } from "../format.ts";
import type { Limits, Run } from "../schema.ts";
import { Facts, Name } from "./pieces.tsx";

function limitFacts(limits: Limits): (readonly [string, string])[] {
  const peaks = limits.peaks.filter((peak) => peak.flop_per_s !== null).map((peak) => [`products in ${peak.precision}`, rate(peak.flop_per_s, "FLOP/s")] as const);
  const levels = limits.levels.filter((level) => level.bytes_per_s !== null).map((level) => [`reading ${level.level}`, rate(level.bytes_per_s, "B/s")] as const);
  return [...peaks, ...levels];
}

export function HostFacts({ run }: { run: Run }) {
  const { host } = run;
  const words = [host.cpu, host.cpu_design].filter((word): word is string => Boolean(word));
  return (
    <>
      <Facts facts={[
        ["name", <Name name={host.name} />],
        ["processor", <Name name={words.join(", ")} />],
        ...(host.gpus?.length ? [["GPUs", <Name name={host.gpus.join(", ")} />] as const] : []),
        ["cores", `${counted(host.cores, "core")}, ${counted(host.cpus, "CPU")}${host.quota_cpus == null ? "" : `, quota ${host.quota_cpus}`}`],
        ["threads given", String(run.threads)],
        ["memory", bytes(host.memory_bytes)],
        ["system", <Name name={`${host.os}, ${host.kernel}, ${host.arch}`} />],
        ["governor", <Name name={host.governor ?? "not told"} />],
        ["began", `${when(run.started)} UTC`],
        ["Assay", <Name name={`${run.assay ?? "–"}${run.revision ? `, ${run.revision}` : ""}`} />],
        ...(host.limits ? limitFacts(host.limits) : []),
      ]} />
      {run.notes.length + (host.isolation_gaps?.length ?? 0) > 0 ? (
        <ul class="notes muted">{[...run.notes, ...(host.isolation_gaps ?? [])].map((note) => <li dir="auto">{note}</li>)}</ul>
      ) : null}
    </>
  );
}
