// The parameters of a decoder from a GGUF file: its tensors under the names that graphs have, as float32.
#pragma once

#include <memory>
#include <string>

#include "graph/graph.h"
#include "models/gguf_config.h"

namespace assay::models {

// What a parameter is called in the file: "blk.0.attn_q.weight" of "model.layers.0.self_attn.q_proj.weight".
[[nodiscard]] std::string stored_name(const DecoderConfig& config, const std::string& parameter);

// Every parameter of the graph is there, of its shape, and no tensor that the model would leave out. Fails
// (data) naming file, tensor and expectation.
[[nodiscard]] Result<> check_gguf_parameters(const graph::Graph& graph, const GgufDecoder& decoder);

// The parameter, widened or dequantised, its rows in our order. It must have passed the check.
[[nodiscard]] tensor::Tensor gguf_parameter(const GgufDecoder& decoder, const std::string& parameter);

// A hash of the parameters of the graph as they lie in the file, bit by bit: 32 hexadecimal digits.
[[nodiscard]] std::string gguf_parameters_hash(const graph::Graph& graph, const GgufDecoder& decoder);

}  // namespace assay::models
