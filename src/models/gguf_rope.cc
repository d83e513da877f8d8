#include "models/gguf_rope.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace assay::models {
namespace {

using Factors = std::vector<double>;

constexpr const char* kFactors = "rope_freqs.weight";
constexpr const char* kShortFactors = "rope_factors_short.weight";
constexpr const char* kLongFactors = "rope_factors_long.weight";

// Whether each factor is, rounded to float32, what the base makes of its pair.
bool makes(double base, const Factors& factors) {
  const auto pairs = static_cast<double>(factors.size());
  for (size_t i = 0; i < factors.size(); ++i) {
    const double exact = std::pow(base, static_cast<double>(i) / pairs);
    if (static_cast<float>(exact) != static_cast<float>(factors[i])) return false;
  }
  return true;
}

// The base that all factors follow from, as our own files have them: the roundest one.
std::optional<double> base_of(const Factors& factors) {
  const auto pairs = static_cast<double>(factors.size());
  const double base = std::pow(factors.back(), pairs / std::max(pairs - 1, 1.0));
  for (double unit = 1e6; unit >= 1; unit /= 10) {
    const double candidate = std::round(base / unit) * unit;
    if (candidate > 0 && makes(candidate, factors)) return candidate;
  }
  return makes(base, factors) ? std::optional(base) : std::nullopt;
}

class RopeReader {
 public:
  RopeReader(const gguf::Contents& contents, std::string architecture, const GgufRopeRules& rules)
      : contents_(contents),
        keys_(contents.metadata),
        architecture_(std::move(architecture)),
        rules_(rules) {}

  Result<Rope> read() {
    ASSAY_TRY_VOID(read_base());
    ASSAY_TRY_VOID(read_scaling());
    ASSAY_TRY_VOID(read_factors());
    for (const int64_t length : {int64_t{1}, rope_.original_positions + 1})
      for (const long double frequency : rope_frequencies(rope_, length))
        if (!std::isfinite(frequency) || frequency < 0)
          return keys_.refuse(key("rope.freq_base"),
                              "frequencies that are finite numbers of it and its scaling");
    return rope_;
  }

 private:
  [[nodiscard]] std::string key(std::string_view name) const {
    return fmt::format("{}.{}", architecture_, name);
  }

  Result<double> real_or(std::string_view name, double otherwise) const {
    return keys_.has(key(name)) ? keys_.positive_real(key(name)) : Result<double>(otherwise);
  }

  Result<> read_base() {
    rope_.size = rules_.head_size;
    if (keys_.has(key("rope.dimension_count"))) {
      ASSAY_TRY(rope_.size, keys_.integer(key("rope.dimension_count"), 2));
    }
    if (rope_.size > rules_.head_size || rope_.size % 2 != 0 ||
        (!rules_.partial && rope_.size != rules_.head_size))
      return keys_.refuse(
          key("rope.dimension_count"),
          fmt::format("{} {}", rules_.partial ? "an even number up to" : "the size of a head,",
                      rules_.head_size));
    ASSAY_TRY(rope_.theta, real_or("rope.freq_base", 10000));
    rope_.original_positions = rules_.positions;
    if (keys_.has(key("rope.scaling.original_context_length"))) {
      ASSAY_TRY(rope_.original_positions, keys_.integer(key("rope.scaling.original_context_length"), 1));
    }
    return {};
  }

  // A factor without a type is a linear one.
  Result<> read_scaling() {
    std::string type = "linear";
    if (keys_.has(key("rope.scaling.type"))) {
      ASSAY_TRY(type, keys_.text(key("rope.scaling.type")));
    }
    const char* name = keys_.has(key("rope.scaling.factor")) ? "rope.scaling.factor" : "rope.scale_linear";
    ASSAY_TRY(rope_.factor, real_or(name, 1));
    ASSAY_TRY(rope_.attention_factor, real_or("rope.scaling.attn_factor", 1));
    if (type == "yarn") return yarn();
    if (type == "linear" && rope_.factor != 1) rope_.scaling = RopeScaling::linear;
    if (type == "longrope" && rope_.factor != 1)
      return keys_.refuse(key(name), "no factor beside longrope's");
    if (type == "none") rope_.factor = 1;
    if (type == "none" || type == "linear" || type == "longrope") return {};
    return keys_.refuse(key("rope.scaling.type"), "none, linear, yarn or longrope");
  }

  // How much longer the context has become also sharpens attention.
  Result<> yarn() {
    rope_.scaling = RopeScaling::yarn;
    if (rope_.original_positions == 0)
      return keys_.refuse(key("rope.scaling.original_context_length"), "the length that yarn stretches");
    if (rope_.factor > 1) rope_.attention_factor *= 0.1 * std::log(rope_.factor) + 1;
    ASSAY_TRY(rope_.beta_fast, real_or("rope.scaling.yarn_beta_fast", 32));
    ASSAY_TRY(rope_.beta_slow, real_or("rope.scaling.yarn_beta_slow", 1));
    return {};
  }

  // By what each pair's frequency is divided; empty where the tensor is not there.
  Result<Factors> factors_of(const char* name) const {
    const auto found = contents_.tensors.find(name);
    if (found == contents_.tensors.end() || !rules_.factors) return Factors();
    const auto& [type, shape, bytes] = found->second;
    const auto refuse = [&](std::string_view expectation) {
      return fail(ErrorKind::data, "{}: tensor {} is {} of {}, expected {}", contents_.path.string(), name,
                  tensor::to_string(shape), type->name, expectation);
    };
    if (shape != tensor::Shape{rope_.size / 2})
      return refuse(fmt::format("[{}], one a pair", rope_.size / 2));
    std::vector<float> values(static_cast<size_t>(rope_.size / 2));
    gguf::widen_blocks(*type, bytes, values);
    if (!std::ranges::all_of(values, [](float value) { return std::isfinite(value) && value > 0; }))
      return refuse("positive numbers");
    return Factors(values.begin(), values.end());
  }

  Result<> read_factors() {
    ASSAY_TRY(const Factors all, factors_of(kFactors));
    ASSAY_TRY(Factors shorter, factors_of(kShortFactors));
    ASSAY_TRY(Factors longer, factors_of(kLongFactors));
    if (!all.empty() && shorter.empty() && longer.empty()) shorter = longer = all;
    if (shorter.empty() && longer.empty()) return {};
    if (shorter.empty() || longer.empty() || (!all.empty() && shorter != all))
      return fail(ErrorKind::data, "{}: of {}, {} and {}, expected the first or the two others",
                  contents_.path.string(), kFactors, kShortFactors, kLongFactors);
    return take(std::move(shorter), std::move(longer));
  }

  Result<> take(Factors shorter, Factors longer) {
    if (rope_.scaling == RopeScaling::yarn)
      return keys_.refuse(key("rope.scaling.type"), "no yarn beside tensors of factors");
    if (shorter == longer && rope_.theta == 1 && rope_.factor == 1)
      if (const auto base = base_of(shorter)) {
        rope_.theta = *base;
        return {};
      }
    for (Factors* factors : {&shorter, &longer})
      for (double& factor : *factors) factor *= rope_.factor;
    rope_.scaling = RopeScaling::longrope;
    rope_.short_factor = std::move(shorter);
    rope_.long_factor = std::move(longer);
    return {};
  }

  const gguf::Contents& contents_;
  const gguf::Metadata& keys_;
  std::string architecture_;
  const GgufRopeRules& rules_;
  Rope rope_;
};

}  // namespace

Result<Rope> read_gguf_rope(const gguf::Contents& contents, const std::string& architecture,
                            const GgufRopeRules& rules) {
  return RopeReader(contents, architecture, rules).read();
}

}  // namespace assay::models
