// The files of a load request, read and checked against its graph.
#pragma once

#include <memory>

#include "assay_runner/forms.h"
#include "assay_runner/runner.h"

namespace assay_runner {

// Reads graph, weights and state. Fails (failed) naming the file and the tensor that is missing, too many, or
// not as the graph says.
[[nodiscard]] Answer<std::shared_ptr<const Load>> read_load(const LoadRequest& request);

// What a step of this load must leave.
[[nodiscard]] Forms output_forms(const Load& load);

}  // namespace assay_runner
