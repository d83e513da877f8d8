// The reference: one evaluator of graphs, templated on the scalar. In float64 it is the truth; in float32,
// with three different blockings of its sums, it is the yardstick of what rounding alone does; with rounded
// operands, of what shorter formats do. Values are freed when their last reader has run.
#pragma once

#include "graph/graph.h"
#include "reference/options.h"

namespace assay::reference {

using tensor::TensorMap;

// Evaluates the graph. `bindings` holds every input, state and parameter by name (float32 data is widened
// when the scalar is f64; extra entries are ignored). Returns the outputs by name: floating ones in the
// scalar's type, the others as they are. Fails (data) naming node and operator, or the binding that is
// missing or has another shape.
[[nodiscard]] Result<TensorMap> evaluate(const graph::Graph& graph, const TensorMap& bindings,
                                         const Options& options);

}  // namespace assay::reference
