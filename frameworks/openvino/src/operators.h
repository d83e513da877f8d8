// The operators of our graph on those of OpenVINO. What OpenVINO cannot do is found by letting it try: its
// operators check their operands when they are made, its plugin when a model is compiled.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "emitter.h"

namespace openvino_runner {

struct Operator {
  std::string_view name;
  // The node's outputs, those that are not wanted may be missing at the end or empty. Throws Refusal, or what
  // OpenVINO throws.
  Outputs (*emit)(Emitter& emitter, const Node& node);
};

// All operators, sorted by name; made of the tables below.
[[nodiscard]] const std::vector<Operator>& operators();
[[nodiscard]] const Operator* find_operator(std::string_view name);

// Makes the node and sets its outputs. Empty, or why it cannot be made.
[[nodiscard]] std::string emit(Emitter& emitter, const Node& node);

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
[[nodiscard]] std::vector<Operator> rotary_operators();

}  // namespace openvino_runner
