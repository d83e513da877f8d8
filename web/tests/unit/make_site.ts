// The pages of a site as `assay report --site` writes them, from runs: the data of each by its path. Who comes first is worked out by the page's own
// rules; the core has the same ones (src/decide/leaders.h).

import { cellsOf, machineId, machinesOf } from "../../src/cells.ts";
import type { IndexCell, IndexData, ReportData, Run, SitePlace } from "../../src/schema.ts";
import { rankedOf, standing } from "../../src/standing.ts";

const MARGIN = 0.03;

function fileOf(folder: string, name: string, position: number): string {
  return `${folder}/${/^[a-z0-9][a-z0-9._-]*$/.test(name) ? name : `page-${position}`}.html`;
}

function modelsOf(runs: readonly Run[]): string[] {
  return [...new Set(runs.flatMap((run) => run.results.map((result) => result.model)))].sort();
}

function ofModel(runs: readonly Run[], model: string): Run[] {
  return runs
    .map((run) => ({ ...run, results: run.results.filter((result) => result.model === model), cells: run.cells?.filter((cell) => cell.model === model) }) as Run)
    .filter((run) => run.results.length > 0);
}

function leadersOf(runs: readonly Run[], machines: readonly string[], models: readonly string[]): IndexCell[] {
  return cellsOf(runs).map((cell): IndexCell => {
    const ranking = standing(cell, "", MARGIN).rankings[0];
    const rows = ranking?.rows ?? [];
    const firsts = rows.filter((row) => row.place.place === 1);
    const equal = firsts.every((row) => row.relation.word === "equal" || row.relation.word === "itself");
    const said = rows.length < 2 || firsts.length === 0 ? "none" : firsts.length === 1 ? "faster" : equal ? "equal" : "undecided";
    const named = firsts.length > 0 ? firsts : rows.slice(0, 1);
    return {
      machine: machines.indexOf(cell.machine.id), model: models.indexOf(cell.model), size: cell.size, workload: cell.workload, precision: cell.precision, threads: cell.threads,
      ranking: ranking?.className ?? null, first: named.map((row) => row.name), said, median_ms: named[0]?.ms ?? null, ranked: rankedOf({ cell, rankings: ranking ? [ranking] : [], unranked: [] }).length,
      open: rows.filter((row) => row.place.place === null).length, contestants: cell.entries.length,
    };
  });
}

export function siteOf(runs: readonly Run[]): Map<string, ReportData | IndexData> {
  const made = "2026-11-27T14:00:00Z", assay = "0.1.0";
  const ids = [...machinesOf(runs).keys()];
  const models = modelsOf(runs).map((name, index) => ({ name, file: fileOf("models", name, index) }));
  const machines = ids.map((id, index) => {
    const those = runs.filter((run) => machineId(run.host) === id);
    const { host, started } = those.reduce((a, b) => (a.started < b.started ? b : a));
    return { id, runs: those, link: { name: host.name, cpu: host.cpu, cpu_design: host.cpu_design, file: fileOf("machines", `m-${id}`, index) }, host, started };
  });
  const pages = new Map<string, ReportData | IndexData>();
  for (const machine of machines) {
    const site: SitePlace = { page: "machine", index: "index.html", machines: machines.map(({ link }) => link), models: models.filter(({ name }) => modelsOf(machine.runs).includes(name)) };
    pages.set(machine.link.file, { schema: 1, made, assay, site, runs: machine.runs });
  }
  for (const model of models) {
    const those = ofModel(runs, model.name);
    const site: SitePlace = { page: "model", index: "index.html", machines: machines.map(({ link }) => link), models: [model] };
    pages.set(model.file, { schema: 1, made, assay, site, runs: those });
  }
  pages.set("index.html", {
    schema: 1, made, assay, models, cells: leadersOf(runs, ids, models.map(({ name }) => name)),
    machines: machines.map((machine) => ({ host: machine.host, file: machine.link.file, newest: machine.started, runs: machine.runs.length, results: machine.runs.flatMap((run) => run.results).length })),
  });
  return pages;
}
