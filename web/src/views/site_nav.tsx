// On a page of a site: the way back to its index, and links to the pages of the machines or models that are on this one.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { machineId, nameOf } from "../cells.ts";
import { counted } from "../format.ts";
import type { Host, Run, SitePlace } from "../schema.ts";
import { pageAddress } from "../site.ts";
import { useControls } from "./controls.ts";
import { Name } from "./pieces.tsx";

export const SiteContext = createContext<SitePlace | null>(null);

// A name that leads to its page where there is another one.
export function LinkedName({ name, address }: { name: string; address: string | null }) {
  return address === null ? <Name name={name} /> : <a class="quiet-link" href={address}><Name name={name} /></a>;
}

export function ModelName({ name }: { name: string }) {
  const site = useContext(SiteContext);
  const { state } = useControls();
  const file = site?.page === "machine" ? site.models.find((one) => one.name === name)?.file : undefined;
  return <LinkedName name={name} address={file === undefined ? null : pageAddress(file, "page", state)} />;
}

// `text`: what to call it here.
export function MachineName({ host, text }: { host: Host; text: string }) {
  const site = useContext(SiteContext);
  const { state } = useControls();
  const file = site?.page === "model" ? site.machines.find((one) => machineId(one) === machineId(host))?.file : undefined;
  return <LinkedName name={text} address={file === undefined ? null : pageAddress(file, "page", state)} />;
}

interface Link {
  name: string;
  file: string;
}

// The models of a machine; the machines that runs of a model were on.
function linksOf(site: SitePlace, runs: readonly Run[]): Link[] {
  if (site.page === "machine") return site.models;
  const there = new Set(runs.map((run) => machineId(run.host)));
  return site.machines.filter((machine) => there.has(machineId(machine))).map((machine) => ({ file: machine.file, name: nameOf(machine, site.machines) }));
}

const MOST_OPEN = 8;

function Links({ links, label }: { links: readonly Link[]; label: string }) {
  const { state } = useControls();
  const list = (
    <ul class="site-links" aria-label={label}>
      {links.map(({ name, file }) => <li key={file}><LinkedName name={name} address={pageAddress(file, "page", state)} /></li>)}
    </ul>
  );
  if (links.length <= MOST_OPEN) return <div class="site-row"><span class="muted" aria-hidden="true">{label}</span>{list}</div>;
  return <details><summary>{label}</summary>{list}</details>;
}

export function SiteNav({ runs }: { runs: readonly Run[] }) {
  const site = useContext(SiteContext);
  const { state } = useControls();
  if (!site) return null;
  const links = linksOf(site, runs);
  const back = pageAddress(site.index, "page", state);
  const label = site.page === "machine"
    ? `${counted(links.length, "model")} here, on every machine:`
    : `On ${counted(links.length, "machine")}, with every model:`;
  return (
    <nav class="site-nav" aria-label="Site">
      {back === null ? null : <a href={back}><span aria-hidden="true">← </span>All machines and models</a>}
      <Links links={links} label={label} />
    </nav>
  );
}
