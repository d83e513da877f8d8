// The levels of this machine's memory: its data caches and what lies behind them.
#pragma once

#include <vector>

#include "record/limits.h"

namespace assay::host {

// Nearest first, DRAM last; `bytes` is what so many threads have together on the CPUs this process may use, 0
// for DRAM; `bytes_per_s` is 0, for host/bandwidth.h to measure. Without knowledge of the caches only DRAM.
[[nodiscard]] std::vector<record::MemoryLevel> memory_levels(int threads);

}  // namespace assay::host
