// What a report shows: which runs, of each which cells, and of which machine it is, before any of them is
// read.
#pragma once

#include <compare>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace assay::cli {

// A machine by what the store tells machines apart by (decide::same_machine): images that were copied have
// one name.
struct PlannedMachine {
  std::string name, cpu, design;
  auto operator<=>(const PlannedMachine&) const = default;
};

struct PlannedRun {
  std::string id;
  std::string started;
  PlannedMachine machine;
  std::vector<record::Cell> cells;  // each once; none where the run has no result
};

// The runs that these names mean, whole; without names those that have the newest result of a contestant in a
// cell on a machine, with these cells. The newest first. Fails (usage) when a name means no run, or when
// there is none at all.
[[nodiscard]] Result<std::vector<PlannedRun>> plan_report(store::Store& store,
                                                          const std::vector<std::string>& names);

}  // namespace assay::cli
