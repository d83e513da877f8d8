// Cells of a run that differ in the size of their requests: the same model and workload along one dimension.
// Pure.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "decide/summary.h"
#include "record/request.h"

namespace assay::decide {

struct Sweep {
  record::Cell cell;  // its workload has the sizes that are said in all of them
  record::Dimension axis = record::Dimension::tokens;
  std::vector<std::pair<int64_t, std::span<const Summary>>> points;  // at least two, ascending by size
};

// The whole request of a cell as the run has kept it; where it has not, what the workload's name says.
[[nodiscard]] record::Request request_of(const record::Run& run, const record::Cell& cell);

// Along the dimension that has most sizes; where others differ too, one sweep for each of their
// combinations. A size that is not known is 0.
[[nodiscard]] std::vector<Sweep> sweeps(const record::Run& run, std::span<const Summaries> cells);

}  // namespace assay::decide
