#include "case.h"

namespace assay::gradients {
namespace {

Case rms(const std::string& variant, const Shape& x, const Shape& scale, const Attributes& attributes) {
  return {"RMSNormalization", variant, [=](Maker& m) {
            return std::vector{m.op("RMSNormalization", {m.p(x), m.p(scale, 0.5, 1.5)}, attributes)};
          }};
}

Case layer(const std::string& variant, const Shape& x, const Shape& scale, bool bias,
           const Attributes& attributes) {
  return {"LayerNormalization", variant, [=](Maker& m) {
            std::vector<ValueId> inputs{m.p(x), m.p(scale, 0.5, 1.5)};
            if (bias) inputs.push_back(m.p(scale));
            return std::vector{m.op("LayerNormalization", inputs, attributes)};
          }};
}

Case group(const std::string& variant, const Shape& x, int64_t groups) {
  return {"GroupNormalization", variant, [=](Maker& m) {
            const ValueId data = m.p(x);
            return std::vector{m.op("GroupNormalization", {data, m.p({x[1]}, 0.5, 1.5), m.p({x[1]})},
                                    {{"num_groups", groups}, {"epsilon", 1e-3}})};
          }};
}

Case instance(const std::string& variant, const Shape& x) {
  return {"InstanceNormalization", variant, [=](Maker& m) {
            const ValueId data = m.p(x);
            return std::vector{m.op("InstanceNormalization", {data, m.p({x[1]}, 0.5, 1.5), m.p({x[1]})},
                                    {{"epsilon", 1e-3}})};
          }};
}

Case lp(const std::string& variant, const Shape& x, const Attributes& attributes) {
  return {"LpNormalization", variant,
          [=](Maker& m) { return std::vector{m.op("LpNormalization", {m.p(x)}, attributes)}; }};
}

Case batch(const std::string& variant, const Shape& x) {
  return {"BatchNormalization", variant, [=](Maker& m) {
            const ValueId data = m.p(x);
            const std::vector<ValueId> inputs{data, m.p({x[1]}, 0.5, 1.5), m.p({x[1]}), m.fixed({x[1]}),
                                              m.fixed({x[1]}, 0.5, 2)};
            return std::vector{m.op("BatchNormalization", inputs, {{"epsilon", 1e-3}})};
          }};
}

}  // namespace

std::vector<Case> normalization_cases() {
  return {
      rms("last", {2, 3, 4}, {4}, {}),
      rms("two_dimensions", {2, 3, 4}, {3, 4}, {{"axis", int64_t{1}}, {"epsilon", 1e-3}}),
      rms("scale_broadcast", {2, 3, 4}, {3, 1}, {{"axis", int64_t{1}}}),
      layer("last", {2, 3, 4}, {4}, true, {}),
      layer("no_bias", {2, 3, 4}, {4}, false, {{"epsilon", 1e-3}}),
      layer("two_dimensions", {2, 3, 4}, {3, 4}, true, {{"axis", int64_t{1}}}),
      layer("broadcast", {2, 3, 4}, {1, 4}, true, {{"axis", int64_t{-2}}}),
      group("image", {2, 6, 2, 3}, 3),
      group("sequence", {2, 4, 5}, 2),
      group("one_group", {1, 4, 3, 1}, 1),
      instance("image", {2, 3, 4, 2}),
      instance("sequence", {2, 3, 5}),
      lp("last", {3, 4}, {}),
      lp("first_of_sizes", {3, 4}, {{"axis", int64_t{0}}, {"p", int64_t{1}}}),
      batch("image", {2, 3, 2, 2}),
      batch("vectors", {4, 3}),
  };
}

}  // namespace assay::gradients
