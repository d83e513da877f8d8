#include "gguf/architecture.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

namespace assay::gguf {
namespace {

using graph::kAbsent;

// What a model has, as an architecture must have it too.
struct Features {
  bool before = false, after = false;  // norms of branches
  bool qkv_bias = false, other_bias = false;
  bool windows = false;
  bool one_rotation = true;
  bool base_alone = true;  // tells how every layer turns, and nothing is scaled
  bool scales = false;
  bool caps = false;
  bool own_scale = false;  // of scores
  bool gemma = false;      // scaled embedding, gelu
  bool tied = false;
  bool square = false;  // heads are as wide as the model
  std::vector<bool> rotated;
};

bool has_bias(const Matrix& matrix) { return matrix.bias != kAbsent; }

// Its norms are 1 + weight, or weights that have the 1 in them already, as its files have.
bool is_gemma(const Decoder& model) {
  const auto root = static_cast<double>(static_cast<float>(std::sqrt(static_cast<double>(model.hidden))));
  return model.gelu && model.embedding_scale == root;
}

Features features_of(const Decoder& model) {
  Features f;
  const DecoderLayer* rotated = nullptr;
  for (const DecoderLayer& layer : model.layers) {
    f.before = layer.attention_norm != kAbsent && layer.feed_forward_norm != kAbsent;
    f.after = layer.attention_post_norm != kAbsent && layer.feed_forward_post_norm != kAbsent;
    f.qkv_bias = f.qkv_bias || has_bias(layer.query) || has_bias(layer.key) || has_bias(layer.value);
    f.other_bias = f.other_bias || has_bias(layer.attention_output) || has_bias(layer.gate) ||
                   has_bias(layer.up) || has_bias(layer.down);
    f.windows = f.windows || layer.window > 0;
    if (layer.rotated && rotated == nullptr) rotated = &layer;
    f.one_rotation = f.one_rotation && (!layer.rotated || layer.rotation == rotated->rotation);
    f.base_alone = f.base_alone && layer.rotation.of_one_base() && layer.rotation.scale == 1;
    f.rotated.push_back(layer.rotated);
  }
  f.gemma = is_gemma(model);
  f.scales =
      (model.embedding_scale != 1 && !f.gemma) || model.residual_scale != 1 || model.logits_divisor != 1;
  f.caps = model.attention_softcap != 0 || model.logits_softcap != 0;
  f.own_scale = model.attention_scale != 0;
  f.tied = model.head == model.embedding;
  f.square = model.query_heads * model.head_size == model.hidden;
  return f;
}

std::vector<bool> sliding_layers(const Decoder& model, const Features& f) {
  std::vector<bool> result;
  for (const DecoderLayer& layer : model.layers)
    result.push_back(f.windows ? layer.window > 0 : layer.rotation != model.layers.back().rotation);
  return result;
}

// All that slide turn alike, and all others do.
bool two_rotations(const Decoder& model, const std::vector<bool>& sliding) {
  for (size_t i = 0; i < sliding.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (sliding[i] == sliding[j] && model.layers[i].rotation != model.layers[j].rotation) return false;
  return true;
}

// Every fourth layer does not rotate.
bool as_smollm3(const std::vector<bool>& rotated) {
  for (size_t i = 0; i < rotated.size(); ++i)
    if (rotated[i] != ((i + 1) % 4 != 0)) return false;
  return true;
}

bool all(const std::vector<bool>& flags) { return std::ranges::find(flags, false) == flags.end(); }

std::optional<Architecture> gemma(const Decoder& model, const Features& f) {
  if (f.qkv_bias || f.other_bias || f.scales || f.own_scale || !f.before || !all(f.rotated))
    return std::nullopt;
  const bool each = model.head_norms == HeadNorms::each_head, none = model.head_norms == HeadNorms::none;
  if (none && !f.after && !f.windows && !f.caps && f.tied) return Architecture{.name = "gemma"};
  if (none && f.after && f.tied && f.one_rotation && model.attention_softcap != 0 &&
      model.logits_softcap != 0)
    return Architecture{.name = "gemma2", .windows = true};
  if (each && f.after && model.attention_softcap == 0) return Architecture{.name = "gemma3", .windows = true};
  return std::nullopt;
}

// Norms before branches, silu, and whatever else.
std::optional<Architecture> plain(const Decoder& model, const Features& f) {
  if (!f.before || f.after || f.windows || f.caps || !f.one_rotation) return std::nullopt;
  const bool none = model.head_norms == HeadNorms::none;
  if (model.fused) {
    if (!none || f.qkv_bias || f.other_bias || f.scales || f.own_scale || !f.square) return std::nullopt;
    return Architecture{.name = "phi3", .frequencies = Frequencies::contexts};
  }
  if (none && all(f.rotated) && (f.scales || f.own_scale))
    return Architecture{.name = "granite", .neighbours = true, .frequencies = Frequencies::factors};
  if (f.scales || f.own_scale) return std::nullopt;
  if (none && !all(f.rotated) && as_smollm3(f.rotated) && !f.other_bias)
    return Architecture{.name = "smollm3", .neighbours = true};
  if (!all(f.rotated)) return std::nullopt;
  if (model.head_norms == HeadNorms::each_head && !f.other_bias) return Architecture{.name = "qwen3"};
  if (none && f.qkv_bias && !f.other_bias && f.square) return Architecture{.name = "qwen2"};
  if (!none) return std::nullopt;
  return Architecture{.name = "llama", .neighbours = true, .frequencies = Frequencies::factors};
}

std::optional<Architecture> olmo(const Decoder& model, const Features& f) {
  if (f.before || !f.after || model.head_norms != HeadNorms::whole_width || f.qkv_bias || f.other_bias ||
      f.caps || f.scales || f.own_scale || !f.square || !f.one_rotation || !all(f.rotated))
    return std::nullopt;
  return Architecture{.name = "olmo2", .windows = true, .head_always = true};
}

}  // namespace

Result<Architecture> architecture_of(const Decoder& model, std::string_view name) {
  const Features f = features_of(model);
  std::optional<Architecture> found;
  if (f.gemma && !model.fused) {
    found = gemma(model, f);
  } else if (!model.norm_plus_one && !model.gelu) {
    found = f.before ? plain(model, f) : olmo(model, f);
  }
  if (found && found->windows) {
    found->sliding = sliding_layers(model, f);
    if (!two_rotations(model, found->sliding)) found.reset();
  }
  if (found && model.rotated_columns != model.head_size && found->frequencies != Frequencies::contexts)
    found.reset();
  if (found && !f.base_alone && found->frequencies == Frequencies::base) found.reset();
  if (!found)
    return fail(
        ErrorKind::data,
        "{}: a decoder, but no architecture of GGUF's readers has norms, biases, windows, caps and scales "
        "like these",
        name);
  return *found;
}

}  // namespace assay::gguf
