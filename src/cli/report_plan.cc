#include "cli/report_plan.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace assay::cli {
namespace {

// Every run of the store, by its id, without cells.
using KnownRuns = std::map<std::string, PlannedRun>;

Result<KnownRuns> known_runs(store::Store& store) {
  ASSAY_TRY(const auto summaries, store.list());
  KnownRuns known;
  for (const auto& run : summaries)
    known[run.id] = {run.id, run.started, {run.host, run.cpu, run.cpu_design}, {}};
  return known;
}

std::vector<PlannedRun> newest_first(const KnownRuns& planned) {
  std::vector<PlannedRun> runs;
  for (const auto& [id, run] : planned) runs.push_back(run);
  std::ranges::stable_sort(runs, std::greater(), &PlannedRun::started);
  return runs;
}

Result<KnownRuns> named(store::Store& store, const KnownRuns& known, const std::vector<std::string>& names) {
  KnownRuns planned;
  for (const std::string& name : names) {
    ASSAY_TRY(const auto ids, store.find(name));
    for (const std::string& id : ids) {
      const auto run = known.find(id);
      if (run == known.end() || planned.contains(id))
        continue;  // it began after the runs were listed, or twice
      ASSAY_TRY(auto cells, store.cells_of(id));
      planned.emplace(id, run->second).first->second.cells = std::move(cells);
    }
  }
  return planned;
}

// Of every contestant in every cell on every machine the newest result, in one question: a store may have
// thousands of cells.
Result<KnownRuns> newest_of_all(store::Store& store, const KnownRuns& known) {
  ASSAY_TRY(const auto found, store.all());
  std::set<std::tuple<PlannedMachine, std::string, std::string, std::string, std::string, std::string, int>>
      seen;
  KnownRuns planned;
  for (const auto& [id, threads, started, contestant, cell] : found) {
    const auto run = known.find(id);
    if (run == known.end()) continue;  // it began after the runs were listed
    if (!seen.emplace(run->second.machine, cell.model, cell.size, cell.workload, cell.precision,
                      contestant.name(), threads)
             .second)
      continue;
    auto& cells = planned.try_emplace(id, run->second).first->second.cells;
    if (std::ranges::find(cells, cell) == cells.end()) cells.push_back(cell);
  }
  return planned;
}

}  // namespace

Result<std::vector<PlannedRun>> plan_report(store::Store& store, const std::vector<std::string>& names) {
  ASSAY_TRY(const auto known, known_runs(store));
  ASSAY_TRY(const auto planned, names.empty() ? newest_of_all(store, known) : named(store, known, names));
  if (planned.empty())
    return fail(ErrorKind::usage, "there are no results to report yet. Start with: assay run");
  return newest_first(planned);
}

}  // namespace assay::cli
