// Stored results by the names that people have for them.
#pragma once

#include <filesystem>
#include <list>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "decide/across.h"
#include "setup/framework.h"
#include "store/store.h"

namespace assay::cli {

// Names of the machines that there are runs of.
[[nodiscard]] Result<std::set<std::string>> machines_of(store::Store& store);

// Fails (usage) where a file that is to be written is the store.
[[nodiscard]] Result<> check_is_not_store(const std::filesystem::path& path);

// The language of each framework's users, by the framework's name; empty for one that this tree has no more.
class FrameworkLanguages {
 public:
  explicit FrameworkLanguages(const std::vector<setup::Framework>& frameworks);
  [[nodiscard]] std::string of(const std::string& framework) const;

 private:
  std::map<std::string, std::string> languages_;
};

// Runs that were loaded, at addresses that stay: results point into them.
using LoadedRuns = std::list<record::Run>;

// Which cells are wanted; empty: all.
struct WantedCells {
  std::vector<std::string> models;
  std::vector<std::string> workloads;
  [[nodiscard]] bool wants(const record::Cell& cell) const;
};

// The results that a name means, the newest of each contestant and cell: those of a run (its id, the
// beginning of one, or "last"), of all runs with a label, of a contestant on this machine ("sample",
// "sample/eager", or of one version "sample=2.15"), or of a machine by its name. Fails (usage) when it is
// none of these, or has no result in the cells. A label or file of several machines means the runs of this
// one (keep_one_machine).
[[nodiscard]] Result<std::vector<decide::Measured>> results_named(store::Store& store,
                                                                  const std::string& name,
                                                                  const WantedCells& wanted,
                                                                  const record::Host& host, LoadedRuns& runs);

// Of runs of several machines, which are not to be taken for those of one, the preferred machine's stay.
// Fails (usage), naming the machines, where none is of it.
[[nodiscard]] Result<> keep_one_machine(const std::string& name, const std::string& preferred,
                                        LoadedRuns& runs);

// The results of these runs, likewise.
[[nodiscard]] std::vector<decide::Measured> results_of(const LoadedRuns& runs, const WantedCells& wanted);

// Pairs of results to be held against each other, in the order of `after`.
struct Match {
  decide::Measured before, after;
};
// Of one contestant and cell.
[[nodiscard]] std::vector<Match> matches_by_name(const std::vector<decide::Measured>& before,
                                                 const std::vector<decide::Measured>& after);
// The same; where no contestant is on both sides, each with each of its cell.
[[nodiscard]] std::vector<Match> matches(const std::vector<decide::Measured>& before,
                                         const std::vector<decide::Measured>& after);

}  // namespace assay::cli
