#include "models/gguf_config.h"

#include <algorithm>
#include <cmath>

#include "models/gguf_rope.h"

namespace assay::models {
namespace {

enum class GgufWindows : uint8_t {
  none,
  everywhere,
  most
};  // `most`: of every so many layers all but the last

// What an architecture has beside its sizes and its biases, which show in its tensors.
struct GgufArchitecture {
  std::string_view name;
  bool neighbours = false;
  bool factors = false;  // of rotary positions
  bool fused = false;
  bool gemma = false;
  BranchNorms branch_norms = BranchNorms::before;
  HeadNorms head_norms = HeadNorms::none;
  GgufWindows windows = GgufWindows::none;
  int64_t period = 0;  // of windows, unless said
  int64_t window = 0;  // unless said
  int64_t big = 0;     // so many layers has the one whose scores are scaled by its width
};

constexpr GgufArchitecture kArchitectures[] = {
    {.name = "llama", .neighbours = true, .factors = true, .windows = GgufWindows::everywhere},
    {.name = "qwen2"},
    {.name = "qwen3", .head_norms = HeadNorms::each_head},
    {.name = "phi3", .factors = true, .fused = true, .windows = GgufWindows::everywhere},
    {.name = "gemma", .gemma = true},
    {.name = "gemma2",
     .gemma = true,
     .branch_norms = BranchNorms::both,
     .windows = GgufWindows::most,
     .period = 2,
     .window = 4096,
     .big = 46},
    {.name = "gemma3",
     .gemma = true,
     .branch_norms = BranchNorms::both,
     .head_norms = HeadNorms::each_head,
     .windows = GgufWindows::most,
     .period = 6,
     .big = 62},
    {.name = "smollm3", .neighbours = true},
    {.name = "granite", .neighbours = true, .factors = true},
    {.name = "olmo2",
     .branch_norms = BranchNorms::after,
     .head_norms = HeadNorms::whole_width,
     .windows = GgufWindows::most,
     .period = 4}};

constexpr int64_t kMostGgufLayers = 10000;

class GgufConfigReader {
 public:
  GgufConfigReader(const gguf::Contents& contents, const GgufArchitecture& architecture)
      : contents_(contents), keys_(contents.metadata), a_(architecture) {}

  Result<DecoderConfig> read() {
    ASSAY_TRY_VOID(read_sizes());
    ASSAY_TRY_VOID(read_heads());
    ASSAY_TRY_VOID(check_first_tensors());
    read_switches();
    ASSAY_TRY_VOID(read_scales());
    ASSAY_TRY_VOID(read_windows());
    ASSAY_TRY_VOID(read_ropes());
    ASSAY_TRY_VOID(check_plain());
    return std::move(c_);
  }

 private:
  [[nodiscard]] std::string key(std::string_view name) const { return fmt::format("{}.{}", a_.name, name); }
  [[nodiscard]] bool has(std::string_view name) const { return keys_.has(key(name)); }
  Result<int64_t> integer_or(std::string_view name, int64_t least, int64_t otherwise) const {
    return has(name) ? keys_.integer(key(name), least) : Result<int64_t>(otherwise);
  }
  Result<double> real_or(std::string_view name, double otherwise) const {
    return has(name) ? keys_.positive_real(key(name)) : Result<double>(otherwise);
  }
  [[nodiscard]] const gguf::StoredTensor* find(const std::string& name) const {
    const auto found = contents_.tensors.find(name);
    return found == contents_.tensors.end() ? nullptr : &found->second;
  }

  Result<> read_sizes() {
    ASSAY_TRY(c_.hidden, keys_.integer(key("embedding_length"), 1));
    ASSAY_TRY(c_.layers, keys_.integer(key("block_count"), 1));
    if (c_.layers > kMostGgufLayers || c_.layers > static_cast<int64_t>(contents_.tensors.size()))
      return keys_.refuse(key("block_count"),
                          fmt::format("no more than there are tensors, {}, and {} at most",
                                      contents_.tensors.size(), kMostGgufLayers));
    ASSAY_TRY(c_.feed_forward, keys_.integer(key("feed_forward_length"), 1));
    ASSAY_TRY(c_.norm_epsilon, keys_.positive_real(key("attention.layer_norm_rms_epsilon")));
    ASSAY_TRY(c_.positions, integer_or("context_length", 1, 0));
    return {};
  }

  Result<> read_heads() {
    ASSAY_TRY(c_.query_heads, keys_.integer(key("attention.head_count"), 1));
    ASSAY_TRY(c_.kv_heads, integer_or("attention.head_count_kv", 1, c_.query_heads));
    if (c_.query_heads % c_.kv_heads != 0)
      return keys_.refuse(key("attention.head_count_kv"),
                          fmt::format("a divisor of attention.head_count, {}", c_.query_heads));
    const int64_t otherwise = c_.hidden / c_.query_heads;
    ASSAY_TRY(c_.head_size, integer_or("attention.key_length", 2, otherwise));
    ASSAY_TRY(const int64_t values, integer_or("attention.value_length", 2, otherwise));
    if (c_.head_size % 2 != 0 || c_.head_size == 0)
      return keys_.refuse(key("attention.key_length"),
                          fmt::format("even, and it is {}: rotary positions turn pairs", c_.head_size));
    if (values == c_.head_size) return {};
    return keys_.refuse(key("attention.value_length"), fmt::format("as long as keys are, {}", c_.head_size));
  }

  // Before a graph is built as large as the keys say. The vocabulary is as long as its table, padding
  // included.
  Result<> check_first_tensors() {
    const auto* table = find("token_embd.weight");
    if (table == nullptr || table->shape.size() != 2 || table->shape[1] != c_.hidden)
      return fail(ErrorKind::data, "{}: tensor token_embd.weight is {}, expected [vocabulary, {}] by {}",
                  contents_.path.string(), table == nullptr ? "missing" : tensor::to_string(table->shape),
                  c_.hidden, key("embedding_length"));
    c_.vocabulary = table->shape[0];
    const int64_t query = c_.query_heads * c_.head_size, all = query + 2 * c_.kv_heads * c_.head_size;
    const std::string name = a_.fused ? "blk.0.attn_qkv.weight" : "blk.0.attn_q.weight";
    const tensor::Shape expected = {a_.fused ? all : query, c_.hidden};
    const auto* first = find(name);
    if (first != nullptr && first->shape == expected) return {};
    return fail(ErrorKind::data, "{}: tensor {} is {}, expected {} by {}", contents_.path.string(), name,
                first == nullptr ? "missing" : tensor::to_string(first->shape), tensor::to_string(expected),
                key("attention.head_count"));
  }

  // A head that is the table, byte for byte, is the table.
  [[nodiscard]] bool is_tied() const {
    const auto *head = find("output.weight"), *table = find("token_embd.weight");
    return head == nullptr || (head->type == table->type && head->shape == table->shape &&
                               std::ranges::equal(head->bytes, table->bytes));
  }

  void read_switches() {
    c_.tied_head = is_tied();
    c_.qkv_bias = find(a_.fused ? "blk.0.attn_qkv.bias" : "blk.0.attn_q.bias") != nullptr;
    c_.output_bias = find("blk.0.attn_output.bias") != nullptr;
    c_.feed_forward_bias = find("blk.0.ffn_down.bias") != nullptr;
    c_.fused = a_.fused;
    c_.branch_norms = a_.branch_norms;
    c_.head_norms = a_.head_norms;
  }

  Result<> read_scales() {
    if (a_.gemma) {
      c_.activation = Activation::gelu_tanh;
      c_.embedding_scale = std::sqrt(static_cast<double>(c_.hidden));
    }
    const int64_t share = c_.hidden / c_.query_heads;
    if (c_.layers == a_.big) c_.attention_scale = 1 / std::sqrt(static_cast<double>(share));
    if (a_.name == "gemma2") {
      ASSAY_TRY(c_.attention_softcap, real_or("attn_logit_softcapping", 50));
      ASSAY_TRY(c_.logits_softcap, real_or("final_logit_softcapping", 30));
    }
    if (a_.name == "gemma3") {
      ASSAY_TRY(c_.logits_softcap, real_or("final_logit_softcapping", 0));
    }
    return a_.name == "granite" ? granite() : Result<>();
  }

  Result<> granite() {
    ASSAY_TRY(c_.embedding_scale, real_or("embedding_scale", 1));
    ASSAY_TRY(c_.residual_scale, real_or("residual_scale", 1));
    ASSAY_TRY(c_.attention_scale, real_or("attention.scale", 0));
    ASSAY_TRY(c_.logits_divisor, keys_.positive_real(key("logit_scale")));
    return {};
  }

  // Which layers have a window: a flag for each, or all but every so manieth.
  Result<std::vector<bool>> windowed() const {
    const std::string pattern = key("attention.sliding_window_pattern");
    const auto layers = static_cast<size_t>(c_.layers);
    if (keys_.is_list(pattern)) return keys_.flags(pattern, layers);
    ASSAY_TRY(const int64_t period, integer_or("attention.sliding_window_pattern", 0, a_.period));
    std::vector<bool> result(layers);
    for (int64_t i = 0; i < c_.layers; ++i)
      result[static_cast<size_t>(i)] = period == 0 || i % period < period - 1;
    return result;
  }

  Result<> read_windows() {
    ASSAY_TRY(const int64_t window, integer_or("attention.sliding_window", 0, a_.window));
    std::vector<bool> sliding(static_cast<size_t>(c_.layers), a_.windows == GgufWindows::everywhere);
    if (a_.windows == GgufWindows::most) {
      ASSAY_TRY(sliding, windowed());
    }
    if (window == 0) return {};
    if (a_.windows == GgufWindows::none && (c_.positions == 0 || window < c_.positions))
      return keys_.refuse(key("attention.sliding_window"),
                          fmt::format("none, or one as long as the context: {} has no windows", a_.name));
    if (std::ranges::find(sliding, true) == sliding.end()) return {};
    c_.kinds.resize(sliding.size());
    for (size_t i = 0; i < sliding.size(); ++i) c_.kinds[i].window = sliding[i] ? window : 0;
    return {};
  }

  Result<> read_ropes() {
    const GgufRopeRules rules{
        .head_size = c_.head_size, .positions = c_.positions, .partial = a_.fused, .factors = a_.factors};
    ASSAY_TRY(Rope full, read_gguf_rope(contents_, std::string(a_.name), rules));
    c_.ropes = {full};
    if (a_.name == "smollm3") {
      c_.kinds.resize(static_cast<size_t>(c_.layers));
      for (size_t i = 0; i < c_.kinds.size(); ++i) c_.kinds[i].rope = (i + 1) % 4 != 0 ? 0 : -1;
    }
    return a_.windows == GgufWindows::most ? sliding_rope(full) : Result<>();
  }

  // Layers with a window have a base of their own in Gemma 3, and no scaling there and in OLMo.
  Result<> sliding_rope(const Rope& full) {
    const bool own = a_.name == "gemma3";
    ASSAY_TRY(const double base, real_or("rope.freq_base_swa", own ? 10000 : full.theta));
    Rope sliding = full;
    if (a_.name != "gemma2")
      sliding = {.size = full.size, .theta = base, .original_positions = full.original_positions};
    if (!own && base != full.theta)
      return keys_.refuse(key("rope.freq_base_swa"), fmt::format("rope.freq_base, {}", full.theta));
    if (sliding == full || c_.kinds.empty()) return {};
    c_.ropes.push_back(std::move(sliding));
    for (DecoderLayer& kind : c_.kinds) kind.rope = kind.window > 0 ? 1 : 0;
    return {};
  }

  Result<> must_be(std::string_view name, bool value) const {
    ASSAY_TRY(const bool found, keys_.flag(key(name), value));
    return found == value ? Result<>() : keys_.refuse(key(name), value ? "true" : "false");
  }

  // Nothing asks for another model.
  Result<> check_plain() const {
    for (const char* name : {"expert_count", "expert_used_count", "nextn_predict_layers"}) {
      ASSAY_TRY(const int64_t count, integer_or(name, 0, 0));
      if (count != 0) return keys_.refuse(key(name), "0: the blocks of one decoder");
    }
    ASSAY_TRY_VOID(must_be("attention.causal", true));
    ASSAY_TRY_VOID(must_be("use_parallel_residual", false));
    if (keys_.has("general.tensor_extra.name"))
      return keys_.refuse("general.tensor_extra.name", "no such key: tensors are as their types say");
    const std::string vocabulary = key("vocab_size"), finetuned = key("rope.scaling.finetuned"),
                      epsilon = key("attention.layer_norm_epsilon"), layout = key("tensor_data_layout");
    return keys_.check_all_asked(std::vector<std::string_view>{"general.", "tokenizer.", "quantize.",
                                                               "split.", "mradermacher.", vocabulary,
                                                               finetuned, epsilon, layout});
  }

  const gguf::Contents& contents_;
  const gguf::Metadata& keys_;
  const GgufArchitecture& a_;
  DecoderConfig c_;
};

// A model of one file.
Result<const GgufArchitecture*> architecture_of(const gguf::Metadata& keys) {
  if (keys.has("general.type")) {
    ASSAY_TRY(const std::string type, keys.text("general.type"));
    if (type != "model") return keys.refuse("general.type", "model");
  }
  if (keys.has("split.count")) {
    ASSAY_TRY(const int64_t parts, keys.integer("split.count", 0));
    if (parts > 1) return keys.refuse("split.count", "1: join the parts with llama-gguf-split --merge");
  }
  ASSAY_TRY(const std::string name, keys.text("general.architecture"));
  const auto* found = std::ranges::find(kArchitectures, name, &GgufArchitecture::name);
  if (found != std::end(kArchitectures)) return found;
  return keys.refuse("general.architecture",
                     "llama, qwen2, qwen3, phi3, gemma, gemma2, gemma3, smollm3, granite or olmo2");
}

}  // namespace

bool is_gguf(const std::filesystem::path& path) { return path.extension() == ".gguf"; }

Result<GgufDecoder> read_gguf_decoder(const std::filesystem::path& path) {
  ASSAY_TRY(gguf::Contents contents, gguf::read_gguf(path));
  ASSAY_TRY(const GgufArchitecture* architecture, architecture_of(contents.metadata));
  ASSAY_TRY(DecoderConfig config, GgufConfigReader(contents, *architecture).read());
  return GgufDecoder{std::move(contents), std::move(config), architecture->neighbours};
}

}  // namespace assay::models
