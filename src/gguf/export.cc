#include "gguf/export.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/hash.h"
#include "gguf/architecture.h"
#include "gguf/file.h"
#include "tensor/safetensors.h"

namespace assay::gguf {
namespace {

using graph::kAbsent;
using Fields = std::vector<std::pair<std::string, Field>>;

// The format asks for a longest context. Our graphs have none, their tables are computed for any position.
constexpr uint32_t kContextLength = 8192;
// A window that no context fills: the graph is shorter than whatever the model's is.
constexpr uint32_t kLongerThanAny = 1 << 30;

uint32_t u32(int64_t value) { return static_cast<uint32_t>(value); }

// How the layers turn that see everything, and those that slide.
Rotation rotation_of(const Decoder& model, const Architecture& architecture, bool sliding) {
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const bool slides = architecture.windows && architecture.sliding[i];
    if (model.layers[i].rotated && slides == sliding) return model.layers[i].rotation;
  }
  return model.layers.front().rotation;
}

// One key after the other, under the architecture's name.
class FieldsOf {
 public:
  FieldsOf(const Decoder& model, Architecture architecture) : m_(model), a_(std::move(architecture)) {
    fields_ = {{"general.architecture", a_.name}, {"general.file_type", uint32_t{0}}};  // all float32
  }

  Fields read() {
    sizes();
    positions();
    windows();
    scales();
    fields_.emplace_back("tokenizer.ggml.model", std::string("none"));
    return std::move(fields_);
  }

 private:
  void add(std::string_view key, Field value) {
    fields_.emplace_back(fmt::format("{}.{}", a_.name, key), std::move(value));
  }
  void real(std::string_view key, double value) { add(key, static_cast<float>(value)); }

  void sizes() {
    add("block_count", u32(static_cast<int64_t>(m_.layers.size())));
    add("context_length", kContextLength);
    add("embedding_length", u32(m_.hidden));
    add("feed_forward_length", u32(m_.feed_forward));
    add("vocab_size", u32(m_.vocabulary));
    add("attention.head_count", u32(m_.query_heads));
    add("attention.head_count_kv", u32(m_.kv_heads));
    add("attention.key_length", u32(m_.head_size));
    add("attention.value_length", u32(m_.head_size));
    real("attention.layer_norm_rms_epsilon", m_.norm_epsilon);
  }

  void positions() {
    add("rope.dimension_count", u32(m_.rotated_columns));
    const Rotation rotation = rotation_of(m_, a_, false);
    // Factors say it all.
    real("rope.freq_base", a_.frequencies == Frequencies::base ? rotation.base : 1);
    if (a_.name == "gemma3") real("rope.freq_base_swa", rotation_of(m_, a_, true).base);
    if (rotation.scale != 1) real("rope.scaling.attn_factor", rotation.scale);
  }

  void windows() {
    if (std::ranges::find(a_.sliding, true) == a_.sliding.end()) return;
    int64_t window = 0;
    for (const DecoderLayer& layer : m_.layers) window = std::max(window, layer.window);
    add("attention.sliding_window", window == 0 ? kLongerThanAny : u32(window));
    add("attention.sliding_window_pattern", std::vector<uint32_t>(a_.sliding.begin(), a_.sliding.end()));
  }

  void scales() {
    if (m_.attention_softcap != 0) real("attn_logit_softcapping", m_.attention_softcap);
    if (m_.logits_softcap != 0) real("final_logit_softcapping", m_.logits_softcap);
    if (a_.name != "granite") return;
    real("embedding_scale", m_.embedding_scale);
    real("residual_scale", m_.residual_scale);
    real("logit_scale", m_.logits_divisor);
    if (m_.attention_scale != 0) real("attention.scale", m_.attention_scale);
  }

  const Decoder& m_;
  Architecture a_;
  Fields fields_;
};

// Where neighbours are turned, (0, 1), (2, 3), ..., instead of our halves, (0, size / 2), ...: the rows of
// each head in that order.
tensor::Tensor with_neighbours(const tensor::Tensor& weight, int64_t heads) {
  tensor::Tensor result(weight.dtype(), weight.shape());
  const int64_t size = weight.shape()[0] / heads;
  const size_t row_bytes = weight.bytes().size() / static_cast<size_t>(weight.shape()[0]);
  for (int64_t row = 0; row < weight.shape()[0]; ++row) {
    const int64_t head = row / size, place = row % size;
    const int64_t source = head * size + place / 2 + (place % 2) * (size / 2);
    std::memcpy(result.mutable_bytes().data() + static_cast<size_t>(row) * row_bytes,
                weight.bytes().data() + static_cast<size_t>(source) * row_bytes, row_bytes);
  }
  return result;
}

tensor::Tensor plus_one(const tensor::Tensor& weight) {
  tensor::Tensor result(weight.dtype(), weight.shape());
  for (size_t i = 0; i < weight.data<float>().size(); ++i)
    result.mutable_data<float>()[i] = 1 + weight.data<float>()[i];
  return result;
}

// By what each pair divides the position, [columns / 2]. From a base alone readers multiply the angles
// up in float32, one from the other: at position 128 they are 8e-6 off, divided one by one at most 3.5e-6.
tensor::Tensor rope_factors(const Rotation& rotation, int64_t pairs) {
  tensor::Tensor result(tensor::DType::f32, {pairs});
  std::ranges::transform(rotation.divisors_of(pairs), result.mutable_data<float>().begin(),
                         [](double divisor) { return static_cast<float>(divisor); });
  return result;
}

// The tensors in the order and under the names that the format has for an architecture.
class Tensors {
 public:
  Tensors(const graph::Graph& graph, const tensor::TensorMap& weights, const Decoder& model,
          const Architecture& architecture)
      : graph_(graph), weights_(weights), m_(model), a_(architecture) {}

  std::vector<PendingTensor> all() {
    add("token_embd.weight", m_.embedding);
    for (const char* name : factor_names())
      tensors_.push_back({name,
                          {m_.rotated_columns / 2},
                          [pairs = m_.rotated_columns / 2, rotation = rotation_of(m_, a_, false)] {
                            return rope_factors(rotation, pairs);
                          }});
    for (size_t i = 0; i < m_.layers.size(); ++i) layer(fmt::format("blk.{}.", i), m_.layers[i]);
    add_norm("output_norm", m_.norm);
    if (m_.head != m_.embedding || a_.head_always) add("output.weight", m_.head);
    return std::move(tensors_);
  }

 private:
  [[nodiscard]] std::vector<const char*> factor_names() const {
    if (a_.frequencies == Frequencies::factors) return {"rope_freqs.weight"};
    if (a_.frequencies == Frequencies::contexts)
      return {"rope_factors_long.weight", "rope_factors_short.weight"};
    return {};
  }

  void layer(const std::string& block, const DecoderLayer& layer) {
    add_norm(block + "attn_norm", layer.attention_norm);
    add_norm(block + "attn_q_norm", layer.query_norm);
    add_norm(block + "attn_k_norm", layer.key_norm);
    add_matrix(block + (m_.fused ? "attn_qkv" : "attn_q"), layer.query, m_.fused ? 0 : m_.query_heads);
    add_matrix(block + "attn_k", layer.key, m_.kv_heads);
    add_matrix(block + "attn_v", layer.value);
    add_matrix(block + "attn_output", layer.attention_output);
    add_norm(block + "post_attention_norm", layer.attention_post_norm);
    add_norm(block + "ffn_norm", layer.feed_forward_norm);
    add_matrix(block + "ffn_gate", layer.gate);
    add_matrix(block + "ffn_up", layer.up);
    add_matrix(block + "ffn_down", layer.down);
    add_norm(block + "post_ffw_norm", layer.feed_forward_post_norm);
  }

  void add_matrix(const std::string& name, const Matrix& matrix, int64_t rotated_heads = 0) {
    const int64_t heads = a_.neighbours ? rotated_heads : 0;
    if (matrix.weight != kAbsent) add(name + ".weight", matrix.weight, heads);
    if (matrix.bias != kAbsent) add(name + ".bias", matrix.bias, heads);
  }

  void add_norm(const std::string& name, ValueId id) {
    if (id == kAbsent) return;
    if (!m_.norm_plus_one) return add(name + ".weight", id);
    const tensor::Tensor weight = of(id);
    tensors_.push_back({name + ".weight", weight.shape(), [weight] { return plus_one(weight); }});
  }

  void add(const std::string& name, ValueId id, int64_t rotated_heads = 0) {
    const tensor::Tensor weight = of(id);
    tensors_.push_back({name, weight.shape(), [weight, rotated_heads] {
                          return rotated_heads == 0 ? weight : with_neighbours(weight, rotated_heads);
                        }});
  }

  [[nodiscard]] const tensor::Tensor& of(ValueId id) const { return weights_.at(graph_.value(id).name); }

  const graph::Graph& graph_;
  const tensor::TensorMap& weights_;
  const Decoder& m_;
  const Architecture& a_;
  std::vector<PendingTensor> tensors_;
};

std::string text_of(const Field& field) {
  if (const auto* list = std::get_if<std::vector<uint32_t>>(&field)) {
    std::string text;
    for (const uint32_t one : *list) text += fmt::format("{},", one);
    return text;
  }
  if (const auto* real = std::get_if<float>(&field)) return fmt::format("{}", *real);
  if (const auto* integer = std::get_if<uint32_t>(&field)) return fmt::format("{}", *integer);
  return std::get<std::string>(field);
}

}  // namespace

Result<> export_gguf(const graph::Graph& graph, const std::filesystem::path& weights,
                     const std::filesystem::path& path) {
  ASSAY_TRY(const Decoder model, read_decoder(graph));
  ASSAY_TRY(const Architecture architecture, architecture_of(model, graph.name()));
  ASSAY_TRY(const auto tensors, tensor::read_safetensors(weights));
  for (const auto id : graph.with_role(graph::Role::parameter)) {
    const auto& value = graph.value(id);
    const auto found = tensors.find(value.name);
    if (found == tensors.end() || found->second.shape() != value.shape ||
        found->second.dtype() != value.dtype)
      return fail(ErrorKind::data, "{}: tensor '{}' is missing or not {} {}", weights.string(), value.name,
                  dtype_name(value.dtype), tensor::to_string(value.shape));
  }
  return write_gguf(path, FieldsOf(model, architecture).read(),
                    Tensors(graph, tensors, model, architecture).all());
}

Result<std::string> gguf_key(const graph::Graph& graph, std::string_view weights_key) {
  ASSAY_TRY(const Decoder model, read_decoder(graph));
  ASSAY_TRY(const Architecture architecture, architecture_of(model, graph.name()));
  Hasher hasher;
  hasher.add(weights_key);
  const Rotation rotation = rotation_of(model, architecture, false);
  hasher.add(fmt::format("{}", rotation.base));
  for (const double divisor : rotation.divisors) hasher.add(fmt::format("{}", divisor));
  for (const auto& [key, value] : FieldsOf(model, architecture).read()) hasher.add(key).add(text_of(value));
  return hasher.hex();
}

}  // namespace assay::gguf
