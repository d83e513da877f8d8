// The operators of our graph by name, and which nodes of a graph MLX cannot do.
#pragma once

#include <string_view>
#include <vector>

#include "call.h"

namespace mlx_runner {

struct Operator {
  std::string_view name;
  // Sets the node's outputs. Throws what MLX throws, or Cannot, where it cannot be done.
  void (*emit)(const Call& call);
};

// All operators, sorted by name; made of the tables below.
[[nodiscard]] const std::vector<Operator>& operators();

// Sets the outputs of a node of the emitter's graph. Throws as Operator::emit, and where there is no such
// operator.
void emit(Emitter& emitter, const Node& node);

// All nodes that cannot be done, with the reason: each is traced by itself, and with `gradients`
// differentiated by the operands that lead to a parameter. Nothing is computed.
[[nodiscard]] std::vector<assay::record::NodeIssue> screen(const Graph& graph, bool gradients);

// One table a file.
[[nodiscard]] std::vector<Operator> activation_operators();
[[nodiscard]] std::vector<Operator> attention_operators();
[[nodiscard]] std::vector<Operator> block_operators();
[[nodiscard]] std::vector<Operator> convolution_operators();
[[nodiscard]] std::vector<Operator> elementwise_operators();
[[nodiscard]] std::vector<Operator> indexing_operators();
[[nodiscard]] std::vector<Operator> layout_operators();
[[nodiscard]] std::vector<Operator> loss_operators();
[[nodiscard]] std::vector<Operator> matrix_operators();
[[nodiscard]] std::vector<Operator> normalization_operators();
[[nodiscard]] std::vector<Operator> order_operators();
[[nodiscard]] std::vector<Operator> pooling_operators();
[[nodiscard]] std::vector<Operator> recurrent_operators();
[[nodiscard]] std::vector<Operator> reduction_operators();
[[nodiscard]] std::vector<Operator> resize_operators();

}  // namespace mlx_runner
