#include "models/gguf_weights.h"

#include <algorithm>
#include <set>

#include "base/hash.h"
#include "base/text.h"

namespace assay::models {
namespace {

struct NamePair {
  std::string_view ours, stored;
};

constexpr NamePair kWholeNames[] = {
    {"model.embed_tokens", "token_embd"}, {"model.norm", "output_norm"}, {"lm_head", "output"}};

constexpr NamePair kLayerNames[] = {{"input_layernorm", "attn_norm"},
                                    {"self_attn.q_proj", "attn_q"},
                                    {"self_attn.k_proj", "attn_k"},
                                    {"self_attn.v_proj", "attn_v"},
                                    {"self_attn.qkv_proj", "attn_qkv"},
                                    {"self_attn.o_proj", "attn_output"},
                                    {"self_attn.q_norm", "attn_q_norm"},
                                    {"self_attn.k_norm", "attn_k_norm"},
                                    {"pre_feedforward_layernorm", "ffn_norm"},
                                    {"post_feedforward_layernorm", "post_ffw_norm"},
                                    {"mlp.gate_proj", "ffn_gate"},
                                    {"mlp.up_proj", "ffn_up"},
                                    {"mlp.gate_up_proj", "ffn_up"},
                                    {"mlp.down_proj", "ffn_down"}};

// Tensors that say nothing, and those that are read as keys are.
constexpr std::string_view kNoParameters[] = {"rope_freqs.weight", "rope_factors_long.weight",
                                              "rope_factors_short.weight"};
constexpr std::string_view kLayerPrefix = "model.layers.";

std::string_view stored_of(std::span<const NamePair> names, std::string_view ours) {
  const auto found = std::ranges::find(names, ours, &NamePair::ours);
  ASSAY_CHECK(found != names.end(), "no parameter of a decoder: {}", ours);
  return found->stored;
}

// A norm of that name follows attention, or where norms are before branches alone it precedes what comes
// next.
std::string_view stored_part(const DecoderConfig& config, std::string_view part) {
  if (part == "post_attention_layernorm")
    return config.branch_norms == BranchNorms::before ? "ffn_norm" : "post_attention_norm";
  return stored_of(kLayerNames, part);
}

const gguf::StoredTensor& tensor_of(const GgufDecoder& decoder, const std::string& parameter) {
  return decoder.contents.tensors.at(stored_name(decoder.config, parameter));
}

// How many heads a parameter's rows are, where neighbours are turned; else 0.
int64_t turned_heads(const GgufDecoder& decoder, std::string_view parameter) {
  if (!decoder.neighbours) return 0;
  if (parameter.contains(".self_attn.q_proj.")) return decoder.config.query_heads;
  return parameter.contains(".self_attn.k_proj.") ? decoder.config.kv_heads : 0;
}

// From neighbours, (0, 1), (2, 3), ..., to halves, (0, size / 2), ...: the rows of each head in that order.
tensor::Tensor with_halves(const tensor::Tensor& stored, int64_t heads) {
  tensor::Tensor result(stored.dtype(), stored.shape());
  const int64_t rows = stored.shape()[0], size = rows / heads;
  const size_t row_bytes = stored.bytes().size() / static_cast<size_t>(rows);
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t head = row / size, place = row % size, half = size / 2;
    const int64_t source = head * size + place % half * 2 + place / half;
    std::ranges::copy(stored.bytes().subspan(static_cast<size_t>(source) * row_bytes, row_bytes),
                      result.mutable_bytes().begin() + row * static_cast<int64_t>(row_bytes));
  }
  return result;
}

Result<> check_no_other(const GgufDecoder& decoder, const std::set<std::string>& used) {
  for (const auto& [name, tensor] : decoder.contents.tensors) {
    const bool known = std::ranges::find(kNoParameters, name) != std::end(kNoParameters);
    if (!used.contains(name) && !known && !name.contains(".attn_rot_embd"))
      return fail(ErrorKind::data, "{}: tensor {} is not expected: the model has no such part by its keys",
                  decoder.contents.path.string(), one_line(name, 200));
  }
  return {};
}

}  // namespace

std::string stored_name(const DecoderConfig& config, const std::string& parameter) {
  const std::string_view name = parameter;
  const size_t kind = name.rfind('.');  // .weight or .bias
  if (!name.starts_with(kLayerPrefix))
    return fmt::format("{}{}", stored_of(kWholeNames, name.substr(0, kind)), name.substr(kind));
  const size_t number = kLayerPrefix.size(), part = name.find('.', number) + 1;
  return fmt::format("blk.{}.{}{}", name.substr(number, part - 1 - number),
                     stored_part(config, name.substr(part, kind - part)), name.substr(kind));
}

Result<> check_gguf_parameters(const graph::Graph& graph, const GgufDecoder& decoder) {
  std::set<std::string> used;
  for (const graph::ValueId id : graph.with_role(graph::Role::parameter)) {
    const graph::Value& parameter = graph.value(id);
    const std::string name = stored_name(decoder.config, parameter.name);
    const auto found = decoder.contents.tensors.find(name);
    if (found == decoder.contents.tensors.end() || found->second.shape != parameter.shape)
      return fail(
          ErrorKind::data, "{}: tensor {} is {}, expected {} by its keys", decoder.contents.path.string(),
          name, found == decoder.contents.tensors.end() ? "missing" : tensor::to_string(found->second.shape),
          tensor::to_string(parameter.shape));
    used.insert(name);
  }
  if (decoder.config.tied_head) used.insert("output.weight");
  return check_no_other(decoder, used);
}

tensor::Tensor gguf_parameter(const GgufDecoder& decoder, const std::string& parameter) {
  const auto& [type, shape, bytes] = tensor_of(decoder, parameter);
  tensor::Tensor result(tensor::DType::f32, shape);
  gguf::widen_blocks(*type, bytes, result.mutable_data<float>());
  const int64_t heads = turned_heads(decoder, parameter);
  return heads == 0 ? result : with_halves(result, heads);
}

std::string gguf_parameters_hash(const graph::Graph& graph, const GgufDecoder& decoder) {
  Hasher hasher;
  for (const graph::ValueId id : graph.with_role(graph::Role::parameter)) {
    const std::string& name = graph.value(id).name;
    const auto& [type, shape, bytes] = tensor_of(decoder, name);
    hasher.add(name).add(type->name).add(tensor::to_string(shape)).add(bytes);
  }
  return hasher.hex();
}

}  // namespace assay::models
