// The operators of our graph that ggml can do: for each, why a node cannot be done, and how it is emitted.
// ggml aborts the process on what it cannot do, so every node is screened before anything is built.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "assay_runner/answer.h"
#include "emitter.h"

namespace ggml_runner {

struct Operator {
  std::string_view name;
  // Why this node cannot be done; empty when it can. Null: always can. `gradients`: ggml's backward is
  // needed.
  std::string (*refuse)(const Graph& graph, const Node& node, bool gradients);
  // The tensor of the node's first output; others are set by the function itself.
  ggml_tensor* (*emit)(Emitter& emitter, const Node& node);
  bool has_backward = true;  // whether ggml's backward knows everything it emits
};

// All operators, sorted by name; made of the tables below.
[[nodiscard]] const std::vector<Operator>& operators();
[[nodiscard]] const Operator* find_operator(std::string_view name);

// All nodes of the graph that cannot be done, with the reason.
[[nodiscard]] std::vector<assay::record::NodeIssue> screen(const Graph& graph, bool gradients);

// One table a file.
[[nodiscard]] std::vector<Operator> activation_operators();
[[nodiscard]] std::vector<Operator> attention_operators();
[[nodiscard]] std::vector<Operator> elementwise_operators();
[[nodiscard]] std::vector<Operator> image_operators();
[[nodiscard]] std::vector<Operator> indexing_operators();
[[nodiscard]] std::vector<Operator> layout_operators();
[[nodiscard]] std::vector<Operator> matrix_operators();
[[nodiscard]] std::vector<Operator> reduction_operators();

}  // namespace ggml_runner
