// Every visit with every sample, as a table.

import { UNKNOWN, milliseconds, percent } from "../format.ts";
import { inOrder, lowerQuartile } from "../samples.ts";
import type { Visit } from "../schema.ts";
import { ScrollBox } from "./pieces.tsx";

function Row({ visit }: { visit: Visit }) {
  const ms = visit.samples_ns.map((ns) => ns / 1e6);
  return (
    <tr>
      <td class="number">{visit.block + 1}</td>
      <td class="number">{visit.round + 1}</td>
      <td class="number">{visit.position + 1}</td>
      <td class="number">{milliseconds(lowerQuartile(ms))}</td>
      <td class="number">{visit.other_cpus == null ? UNKNOWN : visit.other_cpus.toFixed(2)}</td>
      <td class="number">{percent(visit.cpu_pressure)}</td>
      <td>{visit.disturbed ? "disturbed" : ""}</td>
      <td class="samples-list">{ms.map((one) => one.toPrecision(4)).join("  ")}</td>
    </tr>
  );
}

export function Visits({ visits }: { visits: readonly Visit[] }) {
  return (
    <details class="as-table">
      <summary>Every visit and every sample, in a table</summary>
      <ScrollBox label="every visit">
        <table class="plain visits">
          <thead>
            <tr>
              <th scope="col" class="number">block</th><th scope="col" class="number">round</th><th scope="col" class="number">turn</th><th scope="col" class="number">lower quartile</th>
              <th scope="col" class="number">CPUs others used</th><th scope="col" class="number">waiting for a CPU</th><th scope="col">disturbed</th><th scope="col">samples, ms</th>
            </tr>
          </thead>
          <tbody>{inOrder(visits).map((visit) => <Row key={`${visit.block}/${visit.round}`} visit={visit} />)}</tbody>
        </table>
      </ScrollBox>
    </details>
  );
}
