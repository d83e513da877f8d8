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

// Adds the runs that have the newest results of a cell on the machines of that name.
Result<> add_newest(store::Store& store, const KnownRuns& known, const std::string& host,
                    const record::Cell& cell, KnownRuns& planned) {
  ASSAY_TRY(const auto found, store.all(cell, host));
  std::set<std::tuple<PlannedMachine, std::string, int>> seen;
  for (const store::FoundResult& one : found) {
    const auto run = known.find(one.run);
    if (run == known.end()) continue;  // it began after the runs were listed
    if (!seen.emplace(run->second.machine, one.contestant.name(), one.threads).second) continue;
    auto& cells = planned.try_emplace(one.run, run->second).first->second.cells;
    if (std::ranges::find(cells, cell) == cells.end()) cells.push_back(cell);
  }
  return {};
}

Result<KnownRuns> newest_of_all(store::Store& store, const KnownRuns& known) {
  std::set<std::string> hosts;
  for (const auto& [id, run] : known) hosts.insert(run.machine.name);
  KnownRuns planned;
  for (const std::string& host : hosts) {
    ASSAY_TRY(const auto cells, store.cells(host));
    for (const record::Cell& cell : cells) ASSAY_TRY_VOID(add_newest(store, known, host, cell, planned));
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
