#include "models/rope_config.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace assay::models {
namespace {

constexpr std::array<std::pair<std::string_view, RopeScaling>, 6> kScalings = {
    {{"default", RopeScaling::none},
     {"linear", RopeScaling::linear},
     {"dynamic", RopeScaling::dynamic},
     {"llama3", RopeScaling::llama3},
     {"yarn", RopeScaling::yarn},
     {"longrope", RopeScaling::longrope}}};
constexpr std::string_view kLongropes[] = {"longrope", "su", "yarn"};

// Reads one dictionary, with what stands at the top of the file.
class Reader {
 public:
  Reader(const Config& top, const Config& rope, const RopeRules& rules)
      : top_(top), rope_(rope), rules_(rules) {}

  Result<Rope> read(double theta) {
    result_.theta = theta;
    if (rope_.has("rope_theta")) {
      ASSAY_TRY(result_.theta, rope_.positive_real("rope_theta"));
    }
    ASSAY_TRY(result_.scaling, scaling());
    ASSAY_TRY(result_.size, size());
    ASSAY_TRY_VOID(read_scaling());
    ASSAY_TRY_VOID(rope_.check_all_asked({}));
    return finite();
  }

 private:
  // Old files say "type"; both may be there, and say the same then.
  Result<std::string> name() {
    std::optional<std::string> found;
    for (const char* key : {"rope_type", "type"}) {
      if (!rope_.has(key)) continue;
      ASSAY_TRY(const std::string name, rope_.text(key));
      if (found && *found != name) return rope_.refuse(key, fmt::format("{}, as rope_type", *found));
      found = name;
    }
    return found.value_or("default");
  }

  [[nodiscard]] const char* name_key() const { return rope_.has("rope_type") ? "rope_type" : "type"; }

  Result<RopeScaling> scaling() {
    ASSAY_TRY(const std::string found, name());
    if (rules_.only_longrope) {
      if (std::ranges::find(kLongropes, found) != std::end(kLongropes)) return RopeScaling::longrope;
      return found == "default" ? Result<RopeScaling>(RopeScaling::none)
                                : rope_.refuse(name_key(), "default or longrope");
    }
    for (const auto& [known, scaling] : kScalings)
      if (found == known) return scaling;
    return rope_.refuse(name_key(), "default, linear, dynamic, llama3, yarn or longrope");
  }

  // The columns that are turned.
  Result<int64_t> size() {
    double share = 1;
    const Config& place = rope_.has("partial_rotary_factor") ? rope_ : top_;
    for (const Config* config : {&top_, &rope_})
      if (config->has("partial_rotary_factor")) {
        ASSAY_TRY(share, config->positive_real("partial_rotary_factor"));
      }
    if (!rules_.partial && share != 1) return place.refuse("partial_rotary_factor", "1");
    const auto turned = static_cast<int64_t>(static_cast<double>(rules_.head_size) * share);
    if (share > 1 || turned < 2 || turned % 2 != 0)
      return place.refuse(
          "partial_rotary_factor",
          fmt::format("a share of head_dim {} that is even and at least 2", rules_.head_size));
    return turned;
  }

  Result<> read_scaling() {
    switch (result_.scaling) {
      case RopeScaling::none:
        return {};
      case RopeScaling::linear:
        return factor();
      case RopeScaling::dynamic:
        return dynamic();
      case RopeScaling::llama3:
        return llama3();
      case RopeScaling::yarn:
        return yarn();
      case RopeScaling::longrope:
        break;
    }
    return longrope();
  }

  Result<> factor() {
    ASSAY_TRY(result_.factor, rope_.positive_real("factor"));
    return {};
  }
  // Without one: how much longer the context has become.
  Result<> factor_or_growth() {
    if (rope_.has("factor")) return factor();
    ASSAY_TRY(const int64_t longest, top_.positive("max_position_embeddings"));
    result_.factor = static_cast<double>(longest) / static_cast<double>(result_.original_positions);
    return {};
  }

  Result<> original_positions() {
    constexpr const char* kKey = "original_max_position_embeddings";
    const bool here = rope_.has(kKey);
    const Config& place = rules_.original_on_top || !here ? top_ : rope_;
    ASSAY_TRY(result_.original_positions,
              place.positive(rules_.original_on_top || here ? kKey : "max_position_embeddings"));
    if (!rules_.original_on_top || !here) return {};
    ASSAY_TRY(const int64_t other, rope_.positive(kKey));
    return other == result_.original_positions
               ? Result<>()
               : rope_.refuse(kKey, fmt::format("{}, as at the top", result_.original_positions));
  }

  Result<> dynamic() {
    ASSAY_TRY_VOID(factor());
    ASSAY_TRY(result_.original_positions, top_.positive("max_position_embeddings"));
    if (result_.size > 2) return {};
    return rope_.refuse(name_key(), "another scaling: of one pair this one has no base");
  }

  Result<> llama3() {
    ASSAY_TRY_VOID(factor());
    ASSAY_TRY_VOID(original_positions());
    ASSAY_TRY(result_.low, rope_.positive_real("low_freq_factor"));
    ASSAY_TRY(result_.high, rope_.positive_real("high_freq_factor"));
    if (result_.high > result_.low) return {};
    return rope_.refuse("high_freq_factor", fmt::format("more than low_freq_factor, {}", result_.low));
  }

  Result<double> real_or(const char* key, double otherwise) {
    return rope_.has(key) ? rope_.positive_real(key) : Result<double>(otherwise);
  }

  // How much attention is sharpened by a context so much longer.
  static double sharpening(double growth, double share = 1) {
    return growth <= 1 ? 1 : 0.1 * share * std::log(growth) + 1;
  }

  Result<> yarn() {
    ASSAY_TRY_VOID(original_positions());
    ASSAY_TRY_VOID(factor_or_growth());
    ASSAY_TRY(result_.beta_fast, real_or("beta_fast", 32));
    ASSAY_TRY(result_.beta_slow, real_or("beta_slow", 1));
    ASSAY_TRY(result_.truncate, rope_.flag("truncate", true));
    double otherwise = sharpening(result_.factor);
    if (rope_.has("mscale") && rope_.has("mscale_all_dim")) {
      ASSAY_TRY(const double one, rope_.positive_real("mscale"));
      ASSAY_TRY(const double all, rope_.positive_real("mscale_all_dim"));
      otherwise = sharpening(result_.factor, one) / sharpening(result_.factor, all);
    }
    ASSAY_TRY(result_.attention_factor, real_or("attention_factor", otherwise));
    return {};
  }

  Result<> longrope() {
    ASSAY_TRY_VOID(original_positions());
    ASSAY_TRY_VOID(factor_or_growth());
    const auto pairs = static_cast<size_t>(result_.size / 2);
    ASSAY_TRY(result_.short_factor, rope_.positive_reals("short_factor", pairs));
    ASSAY_TRY(result_.long_factor, rope_.positive_reals("long_factor", pairs));
    const double original = static_cast<double>(result_.original_positions), growth = result_.factor;
    const double otherwise = growth <= 1 ? 1 : std::sqrt(1 + std::log(growth) / std::log(original));
    ASSAY_TRY(result_.attention_factor, real_or("attention_factor", otherwise));
    return {};
  }

  // Numbers that each are in range may still give none. A size that no head has is left to the tensors, which
  // refuse it: there is one frequency a pair.
  Result<Rope> finite() {
    constexpr int64_t kMostColumns = 65536;
    if (result_.size > kMostColumns) return result_;
    const auto sound = [](long double value) { return std::isfinite(value) && value >= 0; };
    for (const int64_t length : {int64_t{1}, result_.original_positions + 1})
      if (!std::ranges::all_of(rope_frequencies(result_, length), sound) ||
          !std::isfinite(result_.attention_factor))
        return top_.refuse("rope_theta", "frequencies that are finite numbers of it and its scaling");
    return result_;
  }

  const Config& top_;
  const Config& rope_;
  const RopeRules& rules_;
  Rope result_;
};

Result<double> theta_or(const Config& config, std::string_view key, double otherwise) {
  return config.has(key) ? config.positive_real(key) : Result<double>(otherwise);
}

}  // namespace

// The first of the two dictionaries that says anything is taken whole, and a theta that is not in it from the
// top.
Result<Rope> read_rope(const Config& config, const RopeRules& rules) {
  ASSAY_TRY(const double theta, theta_or(config, rules.theta_key, rules.theta));
  ASSAY_TRY(const Config scaling, config.section("rope_scaling"));
  ASSAY_TRY(const Config parameters, config.section("rope_parameters"));
  return Reader(config, scaling.says_nothing() ? parameters : scaling, rules).read(theta);
}

// rope_scaling is for the layers that see everything; transformers passes over its "type" there.
Result<TwoRopes> read_two_ropes(const Config& config, const RopeRules& rules, std::string_view local_key,
                                double local_theta) {
  ASSAY_TRY(const double theta, theta_or(config, rules.theta_key, rules.theta));
  ASSAY_TRY(const double local, theta_or(config, local_key, local_theta));
  ASSAY_TRY(const Config scaling, config.section("rope_scaling"));
  ASSAY_TRY(const Config parameters, config.section("rope_parameters"));
  ASSAY_TRY(const Config full, parameters.section("full_attention"));
  ASSAY_TRY(const Config sliding, parameters.section("sliding_attention"));
  ASSAY_TRY_VOID(parameters.check_all_asked({}));
  if (!scaling.says_nothing() && !full.says_nothing())
    return config.refuse("rope_scaling", "nothing beside rope_parameters");
  for (const Config* rope : {&scaling, &full, &sliding})
    if (rope->has("type") && !rope->has("rope_type"))
      return rope->refuse("type", "the key rope_type instead");
  TwoRopes result;
  ASSAY_TRY(result.full, Reader(config, scaling.says_nothing() ? full : scaling, rules).read(theta));
  ASSAY_TRY(result.sliding, Reader(config, sliding, rules).read(local));
  return result;
}

}  // namespace assay::models
