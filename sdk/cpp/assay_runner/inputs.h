// The input sets of the next steps, from the file of an inputs request into this process's own memory.
#pragma once

#include <vector>

#include "assay_runner/runner.h"

namespace assay_runner {

// The sets, in order: each has the graph's inputs, each tensor memory of its own, contiguous and aligned to
// 64 bytes. Nothing refers to the file afterwards. Fails (failed) naming the file and the tensor that is
// missing, too many, or not as the graph says.
[[nodiscard]] Answer<std::vector<TensorMap>> read_inputs(const assay::protocol::InputsRequest& request,
                                                         const Graph& graph);

}  // namespace assay_runner
