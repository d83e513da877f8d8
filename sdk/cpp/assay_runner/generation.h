// What runners of requests in parts (docs/protocol.md, generation) do alike, whatever their framework: the
// loads of the two graphs, the inputs of each part, and new keys and values put into states in host memory.
#pragma once

#include <memory>
#include <string>

#include "assay_runner/runner.h"

namespace assay_runner {

// The load of one of the graphs: the same weights, its states zeros in memory of their own.
[[nodiscard]] std::shared_ptr<Load> part_of(const Load& load, const Graph& graph);

// How many tokens of each sequence the first part takes.
[[nodiscard]] int64_t prompt_length(const Generation& generation);

// What the parts take of the inputs of a step: the prompt's ids; then, for the part whose token has `at`
// tokens before it, that token's ids and its position.
[[nodiscard]] TensorMap prefill_inputs(const Generation& generation, const TensorMap& inputs);
[[nodiscard]] TensorMap decode_inputs(const TensorMap& inputs, int64_t at);

// "layers.0.past_key" of "layers.0.key".
[[nodiscard]] std::string state_of(const std::string& output);

// New keys or values [batch, count, heads * size] into places `first` and following of a state [batch, heads,
// places, size], float32. Those that find no place are followed by no token.
void put_rows(const Tensor& rows, Tensor& state, int64_t first);

// Part `index` of the logits, [batch, 1, vocabulary], into those of all, [batch, parts, vocabulary].
void put_logits(const Tensor& part, Tensor& all, int64_t index);

}  // namespace assay_runner
