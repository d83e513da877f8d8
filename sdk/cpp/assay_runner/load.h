// The files of a load request, read and checked against its graph.
#pragma once

#include <memory>

#include "assay_runner/runner.h"

namespace assay_runner {

// Reads graph, weights, state and both input sets. Fails (failed) naming the file and the tensor that is
// missing, too many, or not as the graph says.
[[nodiscard]] Answer<std::shared_ptr<const Load>> read_load(const LoadRequest& request);

// Whether `outputs` are what a step of this load must leave: names, types and shapes. Fails (failed).
[[nodiscard]] Answer<> check_outputs(const Load& load, const TensorMap& outputs);

}  // namespace assay_runner
