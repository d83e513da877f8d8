// The gradient as a graph: reverse-mode differentiation, Graph -> Graph. One rule an operator, written in the
// operators of graph/ themselves, so that the truth, ONNX runtimes and every other consumer of a graph can
// run a training step.
#pragma once

#include <string>

#include "graph/graph.h"

namespace assay::autodiff {

// "grad.<parameter>": the output that holds a parameter's gradient.
[[nodiscard]] std::string gradient_name(std::string_view parameter);

// `forward` with one scalar output. Returns a graph with the same inputs and parameters whose outputs are
// that scalar, then the gradient of every trainable parameter (shape of the parameter) in the order of the
// parameters. A parameter that does not influence the output gets zeros. Fails (data) naming node and
// operator when an operator has no rule.
[[nodiscard]] Result<graph::Graph> gradient(const graph::Graph& forward);

}  // namespace assay::autodiff
