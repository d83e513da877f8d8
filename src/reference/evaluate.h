// The reference: one evaluator of graphs, templated on the scalar. In float64 it is the truth; in float32,
// with three different blockings of its sums, it is the yardstick of what rounding alone does. Values are
// freed when their last reader has run.
#pragma once

#include <cstdint>

#include "graph/graph.h"

namespace assay::reference {

using tensor::TensorMap;

enum class Scalar : uint8_t { f32, f64 };

struct Options {
  Scalar scalar = Scalar::f64;
  // How sums are blocked: 0 as BLAS does it, 1 and 2 in panels of the inner dimension (docs/method.md). Only
  // float32 needs more than one.
  int blocking = 0;
  int threads = 0;  // 0: all that the process may use
};

// Evaluates the graph. `bindings` holds every input, state and parameter by name (float32 data is widened
// when the scalar is f64; extra entries are ignored). Returns the outputs by name: floating ones in the
// scalar's type, the others as they are. Fails (data) naming node and operator, or the binding that is
// missing or has another shape.
[[nodiscard]] Result<TensorMap> evaluate(const graph::Graph& graph, const TensorMap& bindings,
                                         const Options& options);

}  // namespace assay::reference
