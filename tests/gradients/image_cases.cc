#include "case.h"

namespace assay::gradients {
namespace {

using Ints = std::vector<int64_t>;

Case conv(const std::string& variant, const Shape& x, const Shape& w, bool bias,
          const Attributes& attributes) {
  return {"Conv", variant, [=](Maker& m) {
            std::vector<ValueId> inputs{m.p(x), m.p(w)};
            if (bias) inputs.push_back(m.p({w[0]}));
            return std::vector{m.op("Conv", inputs, attributes)};
          }};
}

Case pool(const std::string& op, const std::string& variant, const Shape& x, const Attributes& attributes) {
  return {op, variant, [=](Maker& m) { return std::vector{m.op(op, {m.p(x)}, attributes)}; }};
}

Case resize(const std::string& variant, const Shape& x, const std::vector<float>& scales,
            const Attributes& attributes) {
  return {"Resize", variant, [=](Maker& m) {
            const auto count = static_cast<int64_t>(scales.size());
            return std::vector{m.op("Resize", {m.p(x), kAbsent, m.f32({count}, scales)}, attributes)};
          }};
}

Case turned(const std::string& variant, const Shape& x, const Shape& w, int64_t bias,
            const Attributes& attributes) {
  return {"ConvTranspose", variant, [=](Maker& m) {
            std::vector<ValueId> inputs{m.p(x), m.p(w)};
            if (bias > 0) inputs.push_back(m.p({bias}));
            return std::vector{m.op("ConvTranspose", inputs, attributes)};
          }};
}

std::vector<Case> transposed_convolutions() {
  return {
      turned("plain", {2, 3, 3, 2}, {3, 2, 3, 3}, 2, {}),
      turned("strided", {1, 2, 3, 4}, {2, 3, 3, 2}, 0, {{"strides", Ints{2, 3}}, {"pads", Ints{1, 0, 0, 1}}}),
      turned("output_padding", {1, 2, 3, 3}, {2, 2, 3, 3}, 2,
             {{"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}, {"output_padding", Ints{1, 1}}}),
      turned("groups", {1, 4, 3, 3}, {4, 2, 2, 2}, 4, {{"group", int64_t{2}}}),
      turned("dilated_sequence", {2, 2, 5}, {2, 3, 3}, 0, {{"dilations", Ints{2}}}),
  };
}

std::vector<Case> convolutions() {
  const int64_t two = 2;
  return {
      conv("pointwise", {2, 3, 4, 4}, {5, 3, 1, 1}, true, {}),
      conv("pointwise_strided", {2, 3, 5, 4}, {5, 3, 1, 1}, false, {{"strides", Ints{2, 2}}}),
      conv("padded", {2, 3, 4, 5}, {2, 3, 3, 3}, true, {{"pads", Ints{1, 1, 1, 1}}}),
      conv("strided", {1, 2, 7, 6}, {3, 2, 3, 3}, true,
           {{"pads", Ints{1, 1, 1, 1}}, {"strides", Ints{2, 2}}}),
      conv("left_over", {1, 2, 8, 6}, {2, 2, 3, 2}, false, {{"strides", Ints{3, 3}}}),
      conv("uneven_pads", {1, 2, 4, 4}, {2, 2, 3, 2}, false, {{"pads", Ints{0, 1, 2, 0}}}),
      conv("dilated", {1, 2, 6, 7}, {2, 2, 2, 3}, false,
           {{"dilations", Ints{2, 2}}, {"pads", Ints{1, 0, 0, 1}}}),
      conv("groups", {2, 4, 4, 3}, {6, 2, 3, 3}, true, {{"group", two}, {"pads", Ints{1, 1, 1, 1}}}),
      conv("depthwise", {1, 4, 4, 4}, {4, 1, 3, 3}, true, {{"group", int64_t{4}}, {"strides", Ints{2, 2}}}),
      conv("same", {1, 2, 5, 4}, {2, 2, 3, 3}, false,
           {{"auto_pad", std::string("SAME_UPPER")}, {"strides", Ints{2, 2}}}),
      conv("one_dimension", {2, 3, 7}, {4, 3, 3}, true, {{"pads", Ints{1, 1}}, {"strides", Ints{2}}}),
      conv("three_dimensions", {1, 2, 3, 3, 3}, {2, 2, 2, 2, 2}, true, {{"pads", Ints{1, 0, 0, 0, 0, 1}}}),
  };
}

std::vector<Case> pools() {
  const Ints two{2, 2};
  const Ints three{3, 3};
  const int64_t yes = 1;
  const auto text = [](const char* value) { return std::string(value); };
  return {
      pool("MaxPool", "plain", {2, 2, 4, 4}, {{"kernel_shape", two}, {"strides", two}}),
      pool("MaxPool", "overlapping", {2, 2, 5, 6},
           {{"kernel_shape", three}, {"strides", two}, {"pads", Ints{1, 1, 1, 1}}}),
      pool("MaxPool", "ceil_dilated", {1, 2, 6, 6},
           {{"kernel_shape", two}, {"strides", two}, {"dilations", two}, {"ceil_mode", yes}}),
      pool("AveragePool", "plain", {2, 3, 4, 4}, {{"kernel_shape", two}, {"strides", two}}),
      pool("AveragePool", "padded", {1, 2, 5, 4},
           {{"kernel_shape", three}, {"strides", two}, {"pads", Ints{1, 1, 1, 1}}}),
      pool("AveragePool", "padding_counted", {1, 2, 5, 4},
           {{"kernel_shape", three}, {"pads", Ints{1, 1, 1, 1}}, {"count_include_pad", yes}}),
      pool("GlobalAveragePool", "image", {2, 3, 4, 2}, {}),
      pool("GlobalMaxPool", "image", {2, 3, 4, 2}, {}),
      resize("asymmetric", {1, 2, 3, 2}, {1, 1, 2, 3},
             {{"coordinate_transformation_mode", text("asymmetric")}, {"nearest_mode", text("floor")}}),
      resize("half_pixel", {2, 1, 3, 2}, {1, 1, 2, 2}, {}),
      resize("sequence", {2, 1, 3}, {1, 1, 3}, {}),
  };
}

}  // namespace

std::vector<Case> image_cases() {
  std::vector<Case> cases = convolutions();
  for (const auto& more : {transposed_convolutions(), pools()})
    cases.insert(cases.end(), more.begin(), more.end());
  return cases;
}

}  // namespace assay::gradients
