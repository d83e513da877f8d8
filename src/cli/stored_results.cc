#include "cli/stored_results.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"
#include "decide/baseline.h"
#include "record/machine_words.h"
#include "record/request.h"

namespace assay::cli {
namespace {

using decide::Measured;

bool among(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::ranges::find(names, name) != names.end();
}

bool same_entry(const Measured& one, const Measured& other) {
  return one.result->cell == other.result->cell &&
         one.result->contestant.name() == other.result->contestant.name();
}

Result<> load_all(store::Store& store, const std::vector<std::string>& ids, LoadedRuns& runs) {
  for (const std::string& id : ids) {
    ASSAY_TRY(auto run, store.load(id));
    runs.push_back(std::move(run));
  }
  return {};
}

// "sample=2.15": a contestant and a version; without "=" any version.
struct NamedContestant {
  std::string name, version;
};

NamedContestant contestant_named(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos) return {text, ""};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

// Whether the run is there with the results of the cell.
bool is_loaded(const LoadedRuns& runs, const std::string& id, const record::Cell& cell) {
  return std::ranges::any_of(runs, [&](const record::Run& run) {
    return run.id == id && !run.results.empty() && run.results.front().cell == cell;
  });
}

// The newest results of a machine that `wants` takes.
template <class Wants>
Result<> load_newest(store::Store& store, std::string_view host, const WantedCells& wanted,
                     const std::string& version, const Wants& wants, LoadedRuns& runs) {
  ASSAY_TRY(const auto cells, store.cells(host));
  for (const record::Cell& cell : cells) {
    if (!wanted.wants(cell)) continue;
    ASSAY_TRY(const auto found, store.newest(cell, host, version));
    for (const store::FoundResult& one : found) {
      if (!wants(one.contestant) || is_loaded(runs, one.run, cell)) continue;
      ASSAY_TRY(auto run, store.load(one.run, cell));
      runs.push_back(std::move(run));
    }
  }
  return {};
}

// Those of one contestant or of a machine; the other results of the runs stay in them, as controls.
Result<std::vector<Measured>> newest_of(store::Store& store, const std::string& name,
                                        const WantedCells& wanted, const record::Host& host,
                                        LoadedRuns& runs) {
  const NamedContestant named = contestant_named(name);
  const auto refers = [&](const record::Contestant& contestant) {
    return decide::refers_to(named.name, contestant) &&
           (named.version.empty() || contestant.version == named.version);
  };
  ASSAY_TRY_VOID(load_newest(store, host.name, wanted, named.version, refers, runs));
  auto results = results_of(runs, wanted);
  std::erase_if(results, [&](const Measured& one) { return !refers(one.result->contestant); });
  if (!results.empty()) return results;
  ASSAY_TRY_VOID(load_newest(store, name, wanted, "", [](const auto&) { return true; }, runs));
  return results_of(runs, wanted);
}

// Why a name means nothing, with the nearest ones.
Error nothing_named(store::Store& store, const std::string& name, const Error& why) {
  const auto runs = store.list();
  if (!runs) return runs.error();
  if (runs->empty()) return {ErrorKind::usage, "nothing is stored yet. Start with: assay run"};
  std::vector<std::string> known;
  for (const auto& run : *runs) {
    if (run.id.starts_with(name)) return why;  // of several the beginning
    known.push_back(run.id);
    if (run.label && std::ranges::find(known, *run.label) == known.end()) known.push_back(*run.label);
  }
  return {ErrorKind::usage,
          fmt::format("'{}' is no run, label, contestant with results of this machine, or machine.{} "
                      "`assay show` lists the runs",
                      one_line(name), one_line(did_you_mean(name, known)))};
}

}  // namespace

Result<std::set<std::string>> machines_of(store::Store& store) {
  ASSAY_TRY(const auto runs, store.list());
  std::set<std::string> names;
  for (const auto& run : runs) names.insert(run.host);
  return names;
}

Result<> check_is_not_store(const std::filesystem::path& path) {
  std::error_code ec;
  if (!std::filesystem::equivalent(path, store::default_path(), ec)) return {};
  return fail(ErrorKind::usage, "{}: is the store itself; give the file another name",
              one_line(path.string()));
}

FrameworkLanguages::FrameworkLanguages(const std::vector<setup::Framework>& frameworks) {
  for (const auto& framework : frameworks) languages_[framework.name] = framework.language;
}

std::string FrameworkLanguages::of(const std::string& framework) const {
  const auto known = languages_.find(framework);
  return known == languages_.end() ? "" : known->second;
}

bool WantedCells::wants(const record::Cell& cell) const {
  const auto matches = [&](const std::string& wanted) { return record::matches(cell.workload, wanted); };
  return among(models, cell.model) && (workloads.empty() || std::ranges::any_of(workloads, matches));
}

std::vector<Measured> results_of(const LoadedRuns& runs, const WantedCells& wanted) {
  std::vector<Measured> results;
  for (const record::Run& run : runs)
    for (const record::ContestantResult& result : run.results) {
      if (!wanted.wants(result.cell) || !decide::says_something(result)) continue;
      const Measured measured{&result, &run};
      const auto known =
          std::ranges::find_if(results, [&](const Measured& one) { return same_entry(one, measured); });
      if (known == results.end())
        results.push_back(measured);
      else if (known->run->started <= run.started)
        *known = measured;
    }
  return results;
}

Result<std::vector<Measured>> results_named(store::Store& store, const std::string& name,
                                            const WantedCells& wanted, const record::Host& host,
                                            LoadedRuns& runs) {
  const auto ids = store.find(name);
  if (ids) {
    ASSAY_TRY_VOID(load_all(store, *ids, runs));
    ASSAY_TRY_VOID(keep_one_machine(name, host.name, runs));
  } else if (ids.error().kind != ErrorKind::usage) {
    return std::unexpected(ids.error());
  }
  auto results = results_of(runs, wanted);
  if (!ids) {
    ASSAY_TRY(results, newest_of(store, name, wanted, host, runs));
  }
  if (!results.empty()) return results;
  if (ids) return fail(ErrorKind::usage, "'{}' has no result of what was asked for", one_line(name));
  return std::unexpected(nothing_named(store, name, ids.error()));
}

Result<> keep_one_machine(const std::string& name, const std::string& preferred, LoadedRuns& runs) {
  std::map<std::string, std::string> machines;
  for (const record::Run& run : runs) machines[run.host.name] = record::machine_words(run.host);
  if (machines.size() < 2) return {};
  if (machines.contains(preferred)) {
    std::erase_if(runs, [&](const record::Run& run) { return run.host.name != preferred; });
    return {};
  }
  std::vector<std::string> words;
  for (const auto& [machine, is] : machines) words.push_back(fmt::format("{} ({})", machine, is));
  return fail(ErrorKind::usage,
              "'{}' has runs of several machines, none of them this one: name a run of one: {}",
              one_line(name), one_line(fmt::format("{}", fmt::join(words, ", "))));
}

std::vector<Match> matches_by_name(const std::vector<Measured>& before, const std::vector<Measured>& after) {
  std::vector<Match> found;
  for (const Measured& ours : after)
    for (const Measured& theirs : before)
      if (same_entry(ours, theirs)) found.push_back({theirs, ours});
  return found;
}

std::vector<Match> matches(const std::vector<Measured>& before, const std::vector<Measured>& after) {
  auto found = matches_by_name(before, after);
  if (!found.empty()) return found;
  for (const Measured& ours : after)
    for (const Measured& theirs : before)
      if (ours.result->cell == theirs.result->cell) found.push_back({theirs, ours});
  return found;
}

}  // namespace assay::cli
