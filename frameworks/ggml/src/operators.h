// The operators of our graph that ggml can do: for each, why a node cannot be done, and how it is emitted.
// ggml aborts the process on what it cannot do, so every node is screened before anything is built.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "assay_runner/answer.h"
#include "emitter.h"

namespace ggml_runner {

// What holds for an operator, beside what its function says of a node.
enum Trait : unsigned {
  kNoBackward = 1,  // ggml's backward does not know all that it emits
  kIntegers = 2,    // what it makes of integers in float32 are the integers that the standard wants
  kAnyRank = 4,     // it works on tensors of more than four axes too, as ggml's of four
};

struct Operator {
  std::string_view name;
  // Why this node cannot be done; empty when it can. Null: always can. `gradients`: ggml's backward is
  // needed.
  std::string (*refuse)(const Graph& graph, const Node& node, bool gradients);
  // The tensor of the node's first output; others are set by the function itself.
  ggml_tensor* (*emit)(Emitter& emitter, const Node& node);
  unsigned traits = 0;

  [[nodiscard]] bool has(Trait trait) const { return (traits & trait) != 0; }
};

// All operators, sorted by name; made of the tables below.
[[nodiscard]] const std::vector<Operator>& operators();
[[nodiscard]] const Operator* find_operator(std::string_view name);

// All nodes of the graph that cannot be done, with the reason.
[[nodiscard]] std::vector<assay::record::NodeIssue> screen(const Graph& graph, bool gradients);

// How often a node does the same: the steps and directions of a recurrent one, 1 of all others.
[[nodiscard]] size_t repetitions(const Graph& graph, const Node& node);

// One table a file.
[[nodiscard]] std::vector<Operator> activation_operators();
[[nodiscard]] std::vector<Operator> attention_operators();
[[nodiscard]] std::vector<Operator> elementwise_operators();
[[nodiscard]] std::vector<Operator> function_operators();
[[nodiscard]] std::vector<Operator> image_operators();
[[nodiscard]] std::vector<Operator> indexing_operators();
[[nodiscard]] std::vector<Operator> layout_operators();
[[nodiscard]] std::vector<Operator> logic_operators();
[[nodiscard]] std::vector<Operator> loss_operators();
[[nodiscard]] std::vector<Operator> matrix_operators();
[[nodiscard]] std::vector<Operator> norm_operators();
[[nodiscard]] std::vector<Operator> order_operators();
[[nodiscard]] std::vector<Operator> padding_operators();
[[nodiscard]] std::vector<Operator> pool_operators();
[[nodiscard]] std::vector<Operator> recurrent_operators();
[[nodiscard]] std::vector<Operator> reduction_operators();
[[nodiscard]] std::vector<Operator> rotary_operators();

}  // namespace ggml_runner
