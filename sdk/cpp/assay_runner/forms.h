// What the graph says of tensors, by name: their element types and shapes; and whether some are so.
#pragma once

#include <map>
#include <string>

#include "assay_runner/answer.h"
#include "graph/graph.h"
#include "tensor/tensor.h"

namespace assay_runner {

struct Form {
  assay::tensor::DType dtype;
  assay::tensor::Shape shape;
};
using Forms = std::map<std::string, Form>;

// Of the graph's values with that role.
[[nodiscard]] Forms forms_of(const assay::graph::Graph& graph, assay::graph::Role role);

// Of tensors that are there.
[[nodiscard]] Forms forms_of(const assay::tensor::TensorMap& tensors);

// Fails (failed) naming the tensor that is missing, too many, or of another form. `where` starts the message.
[[nodiscard]] Answer<> check(const Forms& found, const Forms& wanted, const std::string& where);

}  // namespace assay_runner
