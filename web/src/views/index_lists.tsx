// The machines and the models of a site, each with the way to its page.

import { bytes, counted, when } from "../format.ts";
import type { IndexCell, IndexMachine } from "../schema.ts";
import { firstPlaces, pageAddress } from "../site.ts";
import { useControls } from "./controls.ts";
import { Contestant, Facts, Name, ScrollBox } from "./pieces.tsx";
import type { Shown } from "./site_index.tsx";
import { LinkedName } from "./site_nav.tsx";

function MostOften({ cells }: { cells: readonly IndexCell[] }) {
  const [best, next] = firstPlaces(cells);
  const number = (one: typeof best) => (one ? one.alone + one.shared : 0);
  if (!best) return <span class="muted">nobody yet</span>;
  if (number(best) === number(next)) return <span class="muted">several, equally often</span>;
  return <Contestant name={best.name} />;
}

function Card({ machine, name, cells }: { machine: IndexMachine; name: string; cells: readonly IndexCell[] }) {
  const { state } = useControls();
  const { host } = machine;
  const gpus = host.gpus ?? [];
  return (
    <li class="card">
      <h3><LinkedName name={name} address={pageAddress(machine.file, "index", state)} /></h3>
      <Facts facts={[
        ["Processor", `${counted(host.cores, "core")}, ${bytes(host.memory_bytes)} of memory`],
        ["System", <Name name={[host.os, host.arch].filter(Boolean).join(", ")} />],
        ...(gpus.length > 0 ? [["Graphics", <Name name={gpus.join(", ")} />] as const] : []),
        ["Measured", `${counted(new Set(cells.map((cell) => cell.model)).size, "model")}, ${counted(machine.results, "result")} of ${counted(machine.runs, "run")}, last ${when(machine.newest)}`],
        ["Most often first", <MostOften cells={cells} />],
      ]} />
    </li>
  );
}

export function Machines({ shown }: { shown: Shown }) {
  const { data, names, cells } = shown;
  const there = new Set(cells.map((cell) => cell.machine));
  if (there.size === 0) return null;
  return (
    <section aria-labelledby="machines-title">
      <h2 id="machines-title">Machines</h2>
      <ul class="cards">
        {data.machines.map((machine, index) => (there.has(index) ? <Card key={machine.file} machine={machine} name={names[index] ?? ""} cells={cells.filter((cell) => cell.machine === index)} /> : null))}
      </ul>
    </section>
  );
}

function ModelRow({ name, file, cells }: { name: string; file: string; cells: readonly IndexCell[] }) {
  const { state } = useControls();
  return (
    <tr>
      <th scope="row"><LinkedName name={name} address={pageAddress(file, "index", state)} /></th>
      <td class="number">{new Set(cells.map((cell) => cell.machine)).size}</td>
      <td><Name name={[...new Set(cells.map((cell) => cell.workload))].sort().join(", ")} /></td>
      <td class="number">{Math.max(...cells.map((cell) => cell.contestants))}</td>
      <td><MostOften cells={cells} /></td>
    </tr>
  );
}

export function Models({ shown }: { shown: Shown }) {
  const { data, cells } = shown;
  const those = data.models.map((model, index) => ({ ...model, cells: cells.filter((cell) => cell.model === index) })).filter((model) => model.cells.length > 0);
  if (those.length === 0) return null;
  return (
    <section aria-labelledby="models-title">
      <h2 id="models-title">Models</h2>
      <ScrollBox label="models">
        <table class="plain">
          <thead>
            <tr><th scope="col">model</th><th scope="col" class="number">machines</th><th scope="col">workloads</th><th scope="col" class="number">contestants</th><th scope="col">most often first</th></tr>
          </thead>
          <tbody>{those.map((model) => <ModelRow key={model.file} {...model} />)}</tbody>
        </table>
      </ScrollBox>
    </section>
  );
}
