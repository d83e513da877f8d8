#include "gguf/export.h"

#include <cmath>
#include <cstring>

#include "base/hash.h"
#include "gguf/file.h"
#include "gguf/llama.h"
#include "tensor/safetensors.h"

namespace assay::gguf {
namespace {

using Fields = std::vector<std::pair<std::string, Field>>;

// The format asks for a longest context. Our graphs have none, their tables are computed for any position.
constexpr uint32_t kContextLength = 8192;

uint32_t u32(int64_t value) { return static_cast<uint32_t>(value); }

Fields fields_of(const Llama& model) {
  return {{"general.architecture", std::string("llama")},
          {"general.file_type", uint32_t{0}},  // all float32
          {"llama.block_count", u32(static_cast<int64_t>(model.layers.size()))},
          {"llama.context_length", kContextLength},
          {"llama.embedding_length", u32(model.hidden)},
          {"llama.feed_forward_length", u32(model.feed_forward)},
          {"llama.vocab_size", u32(model.vocabulary)},
          {"llama.attention.head_count", u32(model.query_heads)},
          {"llama.attention.head_count_kv", u32(model.kv_heads)},
          {"llama.attention.key_length", u32(model.head_size)},
          {"llama.attention.value_length", u32(model.head_size)},
          {"llama.attention.layer_norm_rms_epsilon", static_cast<float>(model.norm_epsilon)},
          {"llama.rope.dimension_count", u32(model.head_size)},
          {"llama.rope.freq_base", 1.0F},  // rope_freqs says it all
          {"tokenizer.ggml.model", std::string("none")}};
}

// Readers of GGUF turn neighbours, (0, 1), (2, 3), ..., where our graphs turn halves, (0, size / 2), ...: the
// rows of each head in that order.
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

// By what each pair divides the position, [head_size / 2]. From a base alone they multiply the angles
// up in float32, one from the other: at position 128 they are 8e-6 off, divided one by one at most 3.5e-6.
tensor::Tensor rope_factors(const Llama& model) {
  const int64_t pairs = model.head_size / 2;
  tensor::Tensor result(tensor::DType::f32, {pairs});
  const auto factors = result.mutable_data<float>();
  for (size_t i = 0; i < factors.size(); ++i)
    factors[i] =
        static_cast<float>(std::pow(model.rope_base, static_cast<double>(i) / static_cast<double>(pairs)));
  return result;
}

// The tensors in the order and under the names that the format has for the family.
class Tensors {
 public:
  Tensors(const graph::Graph& graph, const tensor::TensorMap& weights) : graph_(graph), weights_(weights) {}

  std::vector<PendingTensor> of(const Llama& model) {
    add("token_embd", model.embedding);
    tensors_.push_back({"rope_freqs.weight", {model.head_size / 2}, [model] { return rope_factors(model); }});
    for (size_t i = 0; i < model.layers.size(); ++i) {
      const LlamaLayer& layer = model.layers[i];
      const auto name = [i](std::string_view part) { return fmt::format("blk.{}.{}", i, part); };
      add(name("attn_norm"), layer.attention_norm);
      add(name("attn_q"), layer.query, model.query_heads);
      add(name("attn_k"), layer.key, model.kv_heads);
      add(name("attn_v"), layer.value);
      add(name("attn_output"), layer.attention_output);
      add(name("ffn_norm"), layer.feed_forward_norm);
      add(name("ffn_gate"), layer.gate);
      add(name("ffn_up"), layer.up);
      add(name("ffn_down"), layer.down);
    }
    add("output_norm", model.norm);
    if (model.head != model.embedding) add("output", model.head);
    return std::move(tensors_);
  }

 private:
  void add(const std::string& name, ValueId id, int64_t rotated_heads = 0) {
    const tensor::Tensor weight = weights_.at(graph_.value(id).name);
    tensors_.push_back({name + ".weight", weight.shape(), [weight, rotated_heads] {
                          return rotated_heads == 0 ? weight : with_neighbours(weight, rotated_heads);
                        }});
  }

  const graph::Graph& graph_;
  const tensor::TensorMap& weights_;
  std::vector<PendingTensor> tensors_;
};

}  // namespace

Result<> export_gguf(const graph::Graph& graph, const std::filesystem::path& weights,
                     const std::filesystem::path& path) {
  ASSAY_TRY(const Llama model, read_llama(graph));
  ASSAY_TRY(const auto tensors, tensor::read_safetensors(weights));
  for (const auto id : graph.with_role(graph::Role::parameter)) {
    const auto& value = graph.value(id);
    const auto found = tensors.find(value.name);
    if (found == tensors.end() || found->second.shape() != value.shape ||
        found->second.dtype() != value.dtype)
      return fail(ErrorKind::data, "{}: tensor '{}' is missing or not {} {}", weights.string(), value.name,
                  dtype_name(value.dtype), tensor::to_string(value.shape));
  }
  return write_gguf(path, fields_of(model), Tensors(graph, tensors).of(model));
}

Result<std::string> gguf_key(const graph::Graph& graph, std::string_view weights_key) {
  ASSAY_TRY(const Llama model, read_llama(graph));
  Hasher hasher;
  hasher.add(weights_key);
  hasher.add(fmt::format("{}", model.rope_base));
  for (const auto& [key, value] : fields_of(model)) {
    hasher.add(key);
    std::visit([&](const auto& field) { hasher.add(fmt::format("{}", field)); }, value);
  }
  return hasher.hex();
}

}  // namespace assay::gguf
