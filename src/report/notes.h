// What a reader of a run's figures should know of the machine and the circumstances, in plain words: what may
// have made the clocks vary, and what reached the contestants from outside.
#pragma once

#include <string>
#include <vector>

#include "record/measurement.h"

namespace assay::report {

// Of the machine alone: a governor other than `performance`, a quota of CPU time, heat since it was started.
[[nodiscard]] std::vector<std::string> notes(const record::Host& host);

// Of the run: the governor; heat and quotas that got in the way of visits; variables that runners got or did
// without; contestants that let their threads run on more CPUs than they were given. Without a full stop.
[[nodiscard]] std::vector<std::string> notes(const record::Run& run);

// "2 performance CPUs on NUMA node 0, 2.4 GHz now, at most 3.7 GHz": the CPUs that contestants get.
[[nodiscard]] std::string core_groups_text(const record::Host& host);

}  // namespace assay::report
