// Convolutions against their definition: ONNX's own cases have neither groups nor dilations in Conv.
#include <gtest/gtest.h>

#include "graph/builder.h"
#include "graph/window.h"
#include "reference/evaluate.h"
#include "tensor/generate.h"

namespace assay::reference {
namespace {

using tensor::DType;
using tensor::Shape;
using tensor::Tensor;

struct Convolution {
  Shape x;
  Shape w;
  std::vector<int64_t> strides = {1, 1};
  std::vector<int64_t> dilations = {1, 1};
  std::vector<int64_t> pads = {0, 0, 0, 0};
  int64_t group = 1;
};

graph::Graph graph_of(const std::string& op, const Convolution& s) {
  graph::Builder builder("conv");
  const auto x = builder.input("x", DType::f32, s.x);
  const auto w = builder.parameter("w", s.w, {});
  builder.output(
      builder.op("y", op, {x, w},
                 {{"strides", s.strides}, {"dilations", s.dilations}, {"pads", s.pads}, {"group", s.group}}));
  auto graph = std::move(builder).finish();
  EXPECT_TRUE(graph) << graph.error().message;
  return graph.value_or(graph::Graph());
}

// Visits every (image element, position element, weight element) that belong together, for two spatial
// dimensions; channels of the image and of the positions are those of one group.
template <class Visit>
void every_term(const Convolution& s, const Shape& image, const Shape& positions, const Visit& visit) {
  const int64_t image_channels = image[1] / s.group;
  const int64_t position_channels = positions[1] / s.group;
  for (int64_t n = 0; n < image[0]; ++n)
    for (int64_t pc = 0; pc < positions[1]; ++pc)
      for (int64_t c = 0; c < image_channels; ++c)
        for (int64_t k = 0; k < s.w[2] * s.w[3]; ++k)
          for (int64_t p = 0; p < positions[2] * positions[3]; ++p) {
            const int64_t row = p / positions[3] * s.strides[0] - s.pads[0] + k / s.w[3] * s.dilations[0];
            const int64_t column = p % positions[3] * s.strides[1] - s.pads[1] + k % s.w[3] * s.dilations[1];
            if (row < 0 || row >= image[2] || column < 0 || column >= image[3]) continue;
            const int64_t ic = pc / position_channels * image_channels + c;
            visit(((n * image[1] + ic) * image[2] + row) * image[3] + column,
                  (n * positions[1] + pc) * positions[2] * positions[3] + p,
                  (pc * image_channels + c) * s.w[2] * s.w[3] + k);
          }
}

void expect_every_term(const Convolution& s, const std::string& op) {
  const graph::Graph graph = graph_of(op, s);
  const Tensor x = tensor::generate_noise("x", 1, s.x, 0, 1);
  const Tensor w = tensor::generate_noise("w", 1, s.w, 0, 1);
  const auto results = evaluate(graph, {{"x", x}, {"w", w}}, {});
  ASSERT_TRUE(results) << results.error().message;
  const Tensor& y = results->at("y");
  std::vector<double> expected(static_cast<size_t>(y.size()));
  const auto term = [&](int64_t to, int64_t from, int64_t weight) {
    expected[static_cast<size_t>(to)] += static_cast<double>(x.data<float>()[static_cast<size_t>(from)]) *
                                         w.data<float>()[static_cast<size_t>(weight)];
  };
  if (op == "Conv")
    every_term(s, s.x, y.shape(),
               [&](int64_t image, int64_t position, int64_t weight) { term(position, image, weight); });
  else
    every_term(s, y.shape(), s.x,
               [&](int64_t image, int64_t position, int64_t weight) { term(image, position, weight); });
  for (size_t i = 0; i < expected.size(); ++i)
    ASSERT_NEAR(y.data<double>()[i], expected[i], 1e-11) << op << " at " << i;
}

TEST(Conv, StridesDilationsPadsAndGroups) {
  expect_every_term({.x = {2, 3, 7, 9}, .w = {5, 3, 3, 3}}, "Conv");
  expect_every_term({.x = {2, 3, 7, 9}, .w = {5, 3, 3, 2}, .strides = {2, 3}, .pads = {1, 0, 2, 1}}, "Conv");
  expect_every_term(
      {.x = {1, 4, 9, 8}, .w = {6, 2, 3, 3}, .dilations = {2, 1}, .pads = {2, 1, 0, 3}, .group = 2}, "Conv");
  expect_every_term({.x = {1, 4, 5, 5}, .w = {4, 1, 3, 3}, .pads = {1, 1, 1, 1}, .group = 4}, "Conv");
  expect_every_term({.x = {2, 6, 5, 4}, .w = {4, 3, 1, 1}, .group = 2}, "Conv");
  expect_every_term({.x = {2, 6, 5, 4}, .w = {4, 6, 1, 1}, .strides = {2, 2}}, "Conv");
}

// More patches than are held at once.
TEST(Conv, LargeImagesGoInParts) {
  expect_every_term({.x = {1, 40, 160, 160}, .w = {1, 40, 3, 3}, .pads = {1, 1, 1, 1}}, "Conv");
}

TEST(ConvTranspose, StridesDilationsPadsAndGroups) {
  expect_every_term({.x = {2, 5, 4, 6}, .w = {5, 3, 3, 3}}, "ConvTranspose");
  expect_every_term({.x = {2, 5, 4, 6}, .w = {5, 3, 3, 2}, .strides = {2, 3}, .pads = {1, 0, 2, 1}},
                    "ConvTranspose");
  expect_every_term({.x = {1, 6, 5, 4}, .w = {6, 2, 3, 3}, .dilations = {2, 1}, .group = 2}, "ConvTranspose");
}

}  // namespace
}  // namespace assay::reference
