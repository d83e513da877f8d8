#include "graph/shapes.h"

#include <gtest/gtest.h>

#include <limits>

#include "graph/builder.h"

namespace assay::graph {
namespace {

// An operand of a node under test: absent, an input of a type and shape, or a constant.
struct Given {
  bool absent = false;
  DType dtype = DType::f32;
  Shape shape;
  std::optional<Tensor> constant;
};
Given f(Shape shape) { return {.shape = std::move(shape)}; }
Given i(Shape shape) { return {.dtype = DType::i64, .shape = std::move(shape)}; }
Given b(Shape shape) { return {.dtype = DType::boolean, .shape = std::move(shape)}; }
Given c(const std::vector<int64_t>& values) {
  return {.constant = Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, values)};
}
Given cf(const std::vector<float>& values) {
  return {.constant = Tensor::of<float>({static_cast<int64_t>(values.size())}, values)};
}
const Given kNone{.absent = true};

// "F32 [2, 3]; I64 [2]" for the wanted outputs, or the error without its "node n (Op): ".
std::string typed(const std::string& op, const std::vector<Given>& inputs, const Attributes& attributes = {},
                  size_t outputs = 1) {
  Builder builder("net");
  std::vector<ValueId> ids;
  for (const Given& given : inputs) {
    const std::string name = fmt::format("x{}", ids.size());
    ids.push_back(given.absent     ? kAbsent
                  : given.constant ? builder.constant(name, *given.constant)
                                   : builder.input(name, given.dtype, given.shape));
  }
  std::vector<std::string> names;
  for (size_t k = 0; k < outputs; ++k) names.push_back(fmt::format("y{}", k));
  const auto made = builder.ops("n", op, ids, attributes, names);
  const auto graph = std::move(builder).finish();
  if (!graph) return graph.error().message.substr(fmt::format("node n ({}): ", op).size());
  std::string text;
  for (const ValueId id : made)
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", tensor::dtype_name(graph->value(id).dtype),
                        tensor::to_string(graph->value(id).shape));
  return text;
}

TEST(Shapes, Elementwise) {
  EXPECT_EQ(typed("Add", {f({2, 1, 3}), f({4, 1})}), "F32 [2, 4, 3]");
  EXPECT_EQ(typed("Add", {f({}), f({4, 1})}), "F32 [4, 1]");
  EXPECT_EQ(typed("Mul", {f({2, 3}), f({2})}), "B (x1) has shape [2], which does not broadcast with [2, 3]");
  EXPECT_EQ(typed("Sub", {f({2}), i({2})}), "B (x1) has type I64, expected F32 like A (x0)");
  EXPECT_EQ(typed("Div", {f({2}), f({})}), "F32 [2]");
  EXPECT_EQ(typed("Div", {b({2}), b({2})}), "A (x0) has type BOOL, expected a number type");
  EXPECT_EQ(typed("Pow", {f({2}), i({})}), "F32 [2]");
  EXPECT_EQ(typed("Exp", {i({2})}), "input (x0) has type I64, expected a floating-point type");
  EXPECT_EQ(typed("Neg", {i({2})}), "I64 [2]");
  EXPECT_EQ(typed("Equal", {i({2}), i({})}), "BOOL [2]");
  EXPECT_EQ(typed("Less", {f({2}), f({3, 1})}), "BOOL [3, 2]");
  EXPECT_EQ(typed("And", {b({2}), b({3, 1})}), "BOOL [3, 2]");
  EXPECT_EQ(typed("Not", {f({2})}), "X (x0) has type F32, expected BOOL");
  EXPECT_EQ(typed("Max", {f({2}), f({3, 1}), f({1, 1, 1})}), "F32 [1, 3, 2]");
  EXPECT_EQ(typed("Where", {b({3, 1}), f({2}), f({})}), "F32 [3, 2]");
  EXPECT_EQ(typed("Where", {f({3, 1}), f({2}), f({})}), "condition (x0) has type F32, expected BOOL");
  EXPECT_EQ(typed("Cast", {f({3})}, {{"to", 7}}), "I64 [3]");
  EXPECT_EQ(typed("Cast", {f({3})}, {{"to", 8}}).substr(0, 17), "attribute to is 8");
}

TEST(Shapes, Products) {
  EXPECT_EQ(typed("Linear", {f({1, 128, 576}), f({192, 576}), f({192})}), "F32 [1, 128, 192]");
  EXPECT_EQ(typed("Linear", {f({576}), f({192, 576})}), "F32 [192]");
  EXPECT_EQ(typed("Linear", {f({2, 576}), f({576, 192})}),
            "W (x1) has shape [576, 192], expected [576, 576]");
  EXPECT_EQ(typed("Linear", {f({2, 576}), f({192, 576}), f({1})}), "B (x2) has shape [1], expected [192]");
  EXPECT_EQ(typed("MatMul", {f({2, 3}), f({3, 4})}), "F32 [2, 4]");
  EXPECT_EQ(typed("MatMul", {f({5, 1, 2, 3}), f({7, 3, 4})}), "F32 [5, 7, 2, 4]");
  EXPECT_EQ(typed("MatMul", {f({3}), f({5, 3, 4})}), "F32 [5, 4]");
  EXPECT_EQ(typed("MatMul", {f({5, 2, 3}), f({3})}), "F32 [5, 2]");
  EXPECT_EQ(typed("MatMul", {f({3}), f({3})}), "F32 []");
  EXPECT_EQ(typed("MatMul", {f({2, 3}), f({4, 3})}),
            "A (x0) has shape [2, 3] and B (x1) has shape [4, 3], which cannot be multiplied");
  EXPECT_EQ(typed("Gemm", {f({3, 2}), f({4, 3}), f({4})}, {{"transA", 1}, {"transB", 1}}), "F32 [2, 4]");
  EXPECT_EQ(typed("Gemm", {f({2, 3}), f({3, 4}), f({3})}),
            "C (x2) has shape [3], expected one that broadcasts to [2, 4]");
}

TEST(Shapes, Attention) {
  const Attributes heads{{"q_num_heads", 9}, {"kv_num_heads", 3}};
  const Given q = f({1, 128, 576});
  const Given k = f({1, 128, 192});
  EXPECT_EQ(typed("Attention", {q, k, k}, heads), "F32 [1, 128, 576]");
  EXPECT_EQ(typed("Attention", {q, k, f({1, 128, 96})}, heads), "F32 [1, 128, 288]");
  EXPECT_EQ(typed("Attention", {q, k, k}),
            "attributes q_num_heads and kv_num_heads must be given with 3-dimensional inputs");
  EXPECT_EQ(typed("Attention", {q, f({1, 128, 191}), k}, heads),
            "K (x1) has shape [1, 128, 191], expected [1, 128, 192]");
  EXPECT_EQ(typed("Attention", {q, k, k}, {{"q_num_heads", 9}, {"kv_num_heads", 2}}),
            "9 query heads are not a multiple of 2 key heads");
  const Given past = f({1, 3, 100, 64});
  EXPECT_EQ(typed("Attention", {q, k, k, f({128, 228}), past, past}, heads, 4),
            "F32 [1, 128, 576]; F32 [1, 3, 228, 64]; F32 [1, 3, 228, 64]; F32 [1, 9, 128, 228]");
  EXPECT_EQ(typed("Attention", {q, k, k, kNone, past}, heads),
            "past_key and past_value must be given together");
  EXPECT_EQ(typed("Attention", {f({2, 8, 5, 16}), f({2, 4, 7, 16}), f({2, 4, 7, 12}), b({5, 7})}),
            "F32 [2, 8, 5, 12]");
  EXPECT_EQ(typed("Attention", {f({2, 8, 5, 16}), f({2, 3, 7, 16}), f({2, 3, 7, 12})}),
            "8 query heads are not a multiple of 3 key heads");
  EXPECT_EQ(typed("Attention", {f({2, 8, 5, 16}), f({2, 4, 7, 16}), f({2, 4, 7, 12}), f({4, 7})}),
            "attn_mask (x3) has shape [4, 7], expected one that broadcasts to [2, 8, 5, 7]");
  EXPECT_EQ(typed("Attention", {f({2, 8, 5, 16}), f({2, 4, 7, 16}), f({2, 4, 7, 12}), f({5, 8})}),
            "attn_mask (x3) has 8 columns, expected at most 7");
}

TEST(Shapes, RotaryEmbedding) {
  const Attributes heads{{"num_heads", 3}};
  EXPECT_EQ(typed("RotaryEmbedding", {f({1, 5, 24}), f({1, 5, 4}), f({1, 5, 4})}, heads), "F32 [1, 5, 24]");
  EXPECT_EQ(typed("RotaryEmbedding", {f({1, 5, 24}), f({50, 4}), f({50, 4}), i({1, 5})}, heads),
            "F32 [1, 5, 24]");
  EXPECT_EQ(
      typed("RotaryEmbedding", {f({1, 3, 5, 8}), f({1, 5, 2}), f({1, 5, 2})}, {{"rotary_embedding_dim", 4}}),
      "F32 [1, 3, 5, 8]");
  EXPECT_EQ(typed("RotaryEmbedding", {f({1, 5, 24}), f({1, 5, 4}), f({1, 5, 4})}),
            "attribute num_heads must be given with a 3-dimensional input");
  EXPECT_EQ(typed("RotaryEmbedding", {f({1, 5, 24}), f({1, 5, 3}), f({1, 5, 4})}, heads),
            "cos_cache (x1) has shape [1, 5, 3], expected [1, 5, 4]");
}

TEST(Shapes, Normalizations) {
  EXPECT_EQ(typed("RMSNormalization", {f({2, 3, 4}), f({4})}), "F32 [2, 3, 4]");
  EXPECT_EQ(typed("RMSNormalization", {f({2, 3, 4}), f({3, 4})}, {{"axis", 1}}), "F32 [2, 3, 4]");
  EXPECT_EQ(typed("RMSNormalization", {f({2, 3, 4}), f({3})}),
            "scale (x1) has shape [3], expected one that broadcasts to [4]");
  EXPECT_EQ(typed("LayerNormalization", {f({2, 3, 4}), f({4}), f({4})}, {}, 3),
            "F32 [2, 3, 4]; F32 [2, 3, 1]; F32 [2, 3, 1]");
  EXPECT_EQ(typed("GroupNormalization", {f({2, 6, 4}), f({6}), f({6})}, {{"num_groups", 3}}),
            "F32 [2, 6, 4]");
  EXPECT_EQ(typed("GroupNormalization", {f({2, 6, 4}), f({6}), f({6})}, {{"num_groups", 4}}),
            "6 channels do not divide into 4 groups");
  EXPECT_EQ(typed("BatchNormalization", {f({2, 6, 4}), f({6}), f({6}), f({6}), f({5})}),
            "input_var (x4) has shape [5], expected [6]");
  EXPECT_EQ(typed("BatchNormalization", {f({2, 6}), f({6}), f({6}), f({6}), f({6})}, {{"training_mode", 1}}),
            "attribute training_mode must be 0: only the inference form is supported");
}

TEST(Shapes, Reductions) {
  EXPECT_EQ(typed("ReduceSum", {f({2, 3, 4}), c({0, -1})}), "F32 [1, 3, 1]");
  EXPECT_EQ(typed("ReduceSum", {f({2, 3, 4}), c({0, -1})}, {{"keepdims", 0}}), "F32 [3]");
  EXPECT_EQ(typed("ReduceMean", {f({2, 3, 4})}, {{"keepdims", 0}}), "F32 []");
  EXPECT_EQ(typed("ReduceMean", {f({2, 3})}, {{"noop_with_empty_axes", 1}}), "F32 [2, 3]");
  EXPECT_EQ(typed("ReduceMax", {f({2, 3}), c({2})}), "axis 2 lies outside a tensor of 2 dimensions");
  EXPECT_EQ(typed("ReduceMax", {f({2, 3}), c({1, -1})}), "axis -1 is given twice");
  EXPECT_EQ(typed("ReduceSum", {f({2, 3}), i({1})}), "axes (x1) must be a constant");
  EXPECT_EQ(typed("Softmax", {f({2, 3})}), "F32 [2, 3]");
  EXPECT_EQ(typed("LogSoftmax", {f({2, 3})}, {{"axis", -3}}),
            "axis -3 lies outside a tensor of 2 dimensions");
  EXPECT_EQ(typed("SoftmaxCrossEntropyLoss", {f({128, 10}), i({128})}), "F32 []");
  EXPECT_EQ(typed("SoftmaxCrossEntropyLoss", {f({2, 10, 5}), i({2, 5})}, {{"reduction", "none"}}, 2),
            "F32 [2, 5]; F32 [2, 10, 5]");
  EXPECT_EQ(typed("SoftmaxCrossEntropyLoss", {f({2, 10, 5}), i({2, 10})}),
            "labels (x1) has shape [2, 10], expected [2, 5]");
}

TEST(Shapes, Layout) {
  EXPECT_EQ(typed("Reshape", {f({2, 3, 4}), c({0, -1})}), "F32 [2, 12]");
  EXPECT_EQ(typed("Reshape", {f({2, 3, 4}), c({24})}), "F32 [24]");
  EXPECT_EQ(typed("Reshape", {f({1}), c({})}), "F32 []");
  EXPECT_EQ(typed("Reshape", {f({2, 3, 4}), c({5, -1})}),
            "data (x0) of shape [2, 3, 4] does not divide into [5, 1]");
  EXPECT_EQ(typed("Reshape", {f({2, 3}), c({-1, -1})}),
            "shape (x1) holds [-1, -1], expected dimensions, at most one of them -1");
  EXPECT_EQ(typed("Reshape", {f({2, 3}), c({7})}), "data (x0) of shape [2, 3] cannot become [7]");
  EXPECT_EQ(typed("Reshape", {f({0, 3}), c({3, 0})}, {{"allowzero", 1}}), "F32 [3, 0]");
  EXPECT_EQ(typed("Reshape", {f({2, 3}), c({2, 3, 0})}),
            "dimension 2 of shape (x1) copies one that is not there");
  EXPECT_EQ(typed("Flatten", {f({2, 3, 4})}), "F32 [2, 12]");
  EXPECT_EQ(typed("Flatten", {f({2, 3, 4})}, {{"axis", 0}}), "F32 [1, 24]");
  EXPECT_EQ(typed("Transpose", {f({2, 3, 4})}), "F32 [4, 3, 2]");
  EXPECT_EQ(typed("Transpose", {f({2, 3, 4})}, {{"perm", std::vector<int64_t>{0, 2, 1}}}), "F32 [2, 4, 3]");
  EXPECT_EQ(typed("Transpose", {f({2, 3, 4})}, {{"perm", std::vector<int64_t>{0, 2}}}),
            "attribute perm has 2 entries, expected 3");
  EXPECT_EQ(typed("Expand", {f({3, 1}), c({2, 1, 4})}), "F32 [2, 3, 4]");
  EXPECT_EQ(typed("Expand", {f({3, 4}), c({1})}), "F32 [3, 4]") << "a dimension of 1 keeps the data's";
  EXPECT_EQ(typed("Squeeze", {f({1, 3, 1}), c({0})}), "F32 [3, 1]");
  EXPECT_EQ(typed("Squeeze", {f({1, 3, 1})}), "F32 [3]");
  EXPECT_EQ(typed("Squeeze", {f({1, 3, 1}), c({1})}), "dimension 1 is 3, expected 1");
  EXPECT_EQ(typed("Unsqueeze", {f({3, 4}), c({-1, 0})}), "F32 [1, 3, 4, 1]");
  EXPECT_EQ(typed("Concat", {f({2, 3}), f({2, 5})}, {{"axis", -1}}), "F32 [2, 8]");
  EXPECT_EQ(typed("Concat", {f({2, 3}), f({1, 5})}, {{"axis", 1}}),
            "inputs (x1) has shape [1, 5], expected [2, 5]");
}

TEST(Shapes, SplitSlicePad) {
  const int64_t most = std::numeric_limits<int64_t>::max();
  const int64_t least = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(typed("Split", {f({2, 7}), c({3, 4})}, {{"axis", 1}}, 2), "F32 [2, 3]; F32 [2, 4]");
  EXPECT_EQ(typed("Split", {f({2, 7})}, {{"axis", 1}, {"num_outputs", 3}}, 3),
            "F32 [2, 3]; F32 [2, 3]; F32 [2, 1]");
  EXPECT_EQ(typed("Split", {f({2, 7}), c({3, 3})}, {{"axis", 1}}, 2),
            "7 along axis 1 does not split into 2 outputs of [3, 3]");
  EXPECT_NE(typed("Split", {f({2, 7}), c({std::numeric_limits<int64_t>::max(), 4})}, {{"axis", 1}}, 2)
                .find("does not split"),
            std::string::npos);
  EXPECT_EQ(typed("Slice", {f({10, 4}), c({2}), c({-1})}), "F32 [7, 4]");
  EXPECT_EQ(typed("Slice", {f({10, 4}), c({1}), c({most}), c({1}), c({2})}), "F32 [10, 2]");
  EXPECT_EQ(typed("Slice", {f({10, 4}), c({-1}), c({least}), c({0}), c({-3})}), "F32 [4, 4]");
  EXPECT_EQ(typed("Slice", {f({10, 4}), c({5}), c({2})}), "F32 [0, 4]");
  EXPECT_EQ(typed("Slice", {f({10, 4}), c({0}), c({most}), c({0}), c({most})}), "F32 [1, 4]");
  EXPECT_EQ(typed("Slice", {f({10, 4}), c({9}), c({least}), c({0}), c({least})}), "F32 [1, 4]");
  EXPECT_EQ(typed("Slice", {f({10, 4}), c({0}), c({1}), c({0}), c({0})}), "a step is 0");
  EXPECT_EQ(typed("Pad", {f({3, 4}), c({1, 0, 2, -1})}), "F32 [6, 3]");
  EXPECT_EQ(typed("Pad", {f({3, 4}), c({1, 2}), kNone, c({-1})}), "F32 [3, 7]");
  EXPECT_EQ(typed("Pad", {f({3, 4}), c({1, 2})}), "pads (x1) has 2 entries, expected 4");
  EXPECT_EQ(typed("Pad", {f({3, 4}), c({-2, 0, -2, 0})}), "dimension 0 is 3 and loses more than that");
}

TEST(Shapes, Indexing) {
  EXPECT_EQ(typed("Gather", {f({49152, 576}), i({1, 128})}), "F32 [1, 128, 576]");
  EXPECT_EQ(typed("Gather", {f({5, 6, 7}), i({})}, {{"axis", 1}}), "F32 [5, 7]");
  EXPECT_EQ(typed("Gather", {f({5}), f({2})}), "indices (x1) has type F32, expected I64 or I32");
  EXPECT_EQ(typed("GatherElements", {f({5, 6}), i({5, 2})}, {{"axis", 1}}), "F32 [5, 2]");
  EXPECT_EQ(typed("GatherElements", {f({5, 6}), i({5, 9})}, {{"axis", 1}}), "F32 [5, 9]");
  EXPECT_EQ(typed("GatherElements", {f({5, 6}), i({6, 2})}, {{"axis", 1}}),
            "indices (x1) has shape [6, 2], longer than data (x0) of [5, 6]");
  EXPECT_EQ(typed("GatherND", {f({5, 6, 7}), i({3, 2})}), "F32 [3, 7]");
  EXPECT_EQ(typed("GatherND", {f({5, 6, 7}), i({5, 4, 1})}, {{"batch_dims", 1}}), "F32 [5, 4, 7]");
  EXPECT_EQ(typed("ScatterElements", {f({5, 6}), i({5, 2}), f({5, 2})}, {{"axis", 1}, {"reduction", "add"}}),
            "F32 [5, 6]");
  EXPECT_EQ(typed("ScatterElements", {f({5, 6}), i({5, 2}), f({5, 3})}, {{"axis", 1}}),
            "updates (x2) has shape [5, 3], expected [5, 2]");
  EXPECT_EQ(typed("ScatterND", {f({5, 6}), i({3, 1}), f({3, 6})}, {{"reduction", "add"}}), "F32 [5, 6]");
  EXPECT_EQ(typed("ScatterND", {f({5, 6}), i({3, 1}), f({3})}),
            "updates (x2) has shape [3], expected [3, 6]");
  EXPECT_EQ(typed("ScatterND", {f({5, 6}), i({3, 3}), f({3})}),
            "indices (x1) has last dimension 3, expected 1 to 2");
  EXPECT_EQ(typed("OneHot", {i({2, 3}), c({10}), f({2})}), "F32 [2, 3, 10]");
  EXPECT_EQ(typed("OneHot", {i({2, 3}), c({10}), f({2})}, {{"axis", 1}}), "F32 [2, 10, 3]");
}

std::vector<int64_t> v(std::vector<int64_t> values) { return values; }

TEST(Shapes, Images) {
  const Given x = f({4, 3, 224, 224});
  const Given w = f({64, 3, 7, 7});
  const Attributes conv1{{"strides", v({2, 2})}, {"pads", v({3, 3, 3, 3})}, {"kernel_shape", v({7, 7})}};
  EXPECT_EQ(typed("Conv", {x, w, f({64})}, conv1), "F32 [4, 64, 112, 112]");
  EXPECT_EQ(typed("Conv", {f({1, 80, 3000}), f({384, 80, 3})}, {{"pads", v({1, 1})}}), "F32 [1, 384, 3000]");
  EXPECT_EQ(typed("Conv", {f({1, 4, 9}), f({6, 2, 3})}, {{"group", 2}, {"dilations", v({2})}}),
            "F32 [1, 6, 5]");
  EXPECT_EQ(typed("Conv", {f({1, 4, 9}), f({6, 4, 4})}, {{"auto_pad", "SAME_UPPER"}, {"strides", v({2})}}),
            "F32 [1, 6, 5]");
  EXPECT_EQ(typed("Conv", {x, f({64, 4, 7, 7})}),
            "X (x0) has 3 channels and W (x1) has shape [64, 4, 7, 7], which do not fit with 1 groups");
  EXPECT_EQ(typed("Conv", {x, w}, {{"kernel_shape", v({3, 3})}}),
            "attribute kernel_shape is [3, 3], but W (x1) has shape [64, 3, 7, 7]");
  EXPECT_EQ(typed("Conv", {x, w}, {{"strides", v({2})}}), "attribute strides has 1 entries, expected 2");
  EXPECT_EQ(typed("Conv", {x, w}, {{"strides", v({0, 1})}}),
            "attribute strides holds 0, expected 1 to 1048576");
  EXPECT_EQ(typed("Conv", {f({1, 3, 5, 5}), w}), "the window of 7 does not fit into dimension 2 of X (x0)");
  const Attributes up{{"strides", v({2, 2})}, {"pads", v({1, 1, 1, 1})}, {"output_padding", v({1, 0})}};
  EXPECT_EQ(typed("ConvTranspose", {f({1, 6, 5, 5}), f({6, 4, 3, 3})}, up), "F32 [1, 4, 10, 9]");
  const Attributes pool{{"kernel_shape", v({3, 3})}, {"strides", v({2, 2})}, {"pads", v({1, 1, 1, 1})}};
  EXPECT_EQ(typed("MaxPool", {f({4, 64, 112, 112})}, pool, 2), "F32 [4, 64, 56, 56]; I64 [4, 64, 56, 56]");
  EXPECT_EQ(
      typed("AveragePool", {f({1, 2, 6})}, {{"kernel_shape", v({3})}, {"strides", v({2})}, {"ceil_mode", 1}}),
      "F32 [1, 2, 3]");
  EXPECT_EQ(typed("AveragePool", {f({1, 2, 4})},
                  {{"kernel_shape", v({1})}, {"strides", v({3})}, {"pads", v({0, 2})}, {"ceil_mode", 1}}),
            "F32 [1, 2, 2]")
      << "a third window would start in the padding";
  EXPECT_EQ(typed("AveragePool", {f({1, 2, 6})}), "attribute kernel_shape is missing");
  EXPECT_EQ(typed("GlobalAveragePool", {f({4, 2048, 7, 7})}), "F32 [4, 2048, 1, 1]");
  EXPECT_EQ(typed("Resize", {f({1, 3, 8, 8}), kNone, cf({1, 1, 2, 1.6F})}), "F32 [1, 3, 16, 12]");
  EXPECT_EQ(typed("Resize", {f({1, 3, 8, 8}), kNone, kNone, c({1, 3, 5, 20})}), "F32 [1, 3, 5, 20]");
  EXPECT_EQ(typed("Resize", {f({1, 3, 8, 8})}), "expected one of scales and sizes");
}

TEST(Shapes, LimitsSlopesAndTests) {
  EXPECT_EQ(typed("Clip", {f({2, 3}), f({}), f({1})}), "F32 [2, 3]");
  EXPECT_EQ(typed("Clip", {i({2, 3}), kNone, i({})}), "I64 [2, 3]");
  EXPECT_EQ(typed("Clip", {f({2, 3}), f({3})}), "min (x1) has shape [3], expected one element");
  EXPECT_EQ(typed("PRelu", {f({2, 3, 4}), f({3, 1})}), "F32 [2, 3, 4]");
  EXPECT_EQ(typed("PRelu", {f({3}), f({2, 3})}),
            "slope (x1) has shape [2, 3], expected one that broadcasts to [3]");
  EXPECT_EQ(typed("IsNaN", {f({2})}), "BOOL [2]");
  EXPECT_EQ(typed("Mod", {f({2}), f({2})}), "A (x0) is floating, so attribute fmod must be 1");
  EXPECT_EQ(typed("Mod", {i({2}), i({3, 1})}), "I64 [3, 2]");
  EXPECT_EQ(typed("Sum", {f({2}), f({3, 1}), f({})}), "F32 [3, 2]");
}

TEST(Shapes, AlongAnAxis) {
  EXPECT_EQ(typed("ArgMax", {f({2, 3, 4})}, {{"axis", 1}}), "I64 [2, 1, 4]");
  EXPECT_EQ(typed("ArgMin", {i({2, 3})}, {{"axis", -1}, {"keepdims", 0}}), "I64 [2]");
  EXPECT_EQ(typed("ArgMax", {f({2, 0})}, {{"axis", 1}}), "data (x0) is empty along axis 1");
  EXPECT_EQ(typed("TopK", {f({2, 9}), c({4})}, {}, 2), "F32 [2, 4]; I64 [2, 4]");
  EXPECT_EQ(typed("TopK", {f({2, 3}), c({4})}, {}, 2), "K (x1) is [4], expected one number of at most 3");
  EXPECT_EQ(typed("CumSum", {f({2, 3}), c({-1})}), "F32 [2, 3]");
  EXPECT_EQ(typed("CumSum", {f({2, 3}), c({2})}), "axis 2 lies outside a tensor of 2 dimensions");
}

TEST(Shapes, Blocks) {
  EXPECT_EQ(typed("Tile", {f({2, 3}), c({2, 1})}), "F32 [4, 3]");
  EXPECT_EQ(typed("Tile", {f({2, 3}), c({int64_t{1} << 40, 1})}),
            "[2, 3] times [1099511627776, 1] makes too many elements");
  EXPECT_EQ(typed("DepthToSpace", {f({1, 8, 2, 3})}, {{"blocksize", 2}}), "F32 [1, 2, 4, 6]");
  EXPECT_EQ(typed("DepthToSpace", {f({1, 6, 2, 3})}, {{"blocksize", 2}}),
            "6 channels do not divide into blocks of 2 x 2");
  EXPECT_EQ(typed("SpaceToDepth", {f({1, 2, 4, 6})}, {{"blocksize", 2}}), "F32 [1, 8, 2, 3]");
  EXPECT_EQ(typed("Trilu", {f({4, 5}), c({-1})}), "F32 [4, 5]");
  EXPECT_EQ(typed("ReverseSequence", {f({4, 2, 3}), i({2})}), "F32 [4, 2, 3]");
  EXPECT_EQ(typed("ReverseSequence", {f({4, 2}), i({2})}, {{"batch_axis", 1}, {"time_axis", 2}}),
            "batch_axis is 1 and time_axis 2, expected 0 and 1 or 1 and 0");
  EXPECT_EQ(typed("Pad", {f({0}), c({1, 0})}, {{"mode", "edge"}}),
            "dimension 0 is 0, there is nothing to continue");
  EXPECT_EQ(typed("GridSample", {f({2, 3, 8, 8}), f({2, 4, 5, 2})}), "F32 [2, 3, 4, 5]");
  EXPECT_EQ(typed("GridSample", {f({2, 3, 8, 8}), f({2, 4, 5, 3})}),
            "grid (x1) has shape [2, 4, 5, 3], expected 2 at the front and 2 at the end");
}

TEST(Shapes, Recurrences) {
  const std::vector<Given> lstm{f({7, 2, 5}), f({2, 12, 5}), f({2, 12, 3}), f({2, 24})};
  EXPECT_EQ(typed("LSTM", lstm, {{"direction", "bidirectional"}, {"hidden_size", 3}}, 3),
            "F32 [7, 2, 2, 3]; F32 [2, 2, 3]; F32 [2, 2, 3]");
  EXPECT_EQ(typed("GRU", {f({2, 7, 5}), f({1, 9, 5}), f({1, 9, 3})}, {{"layout", 1}}, 2),
            "F32 [2, 7, 1, 3]; F32 [2, 1, 3]");
  EXPECT_EQ(typed("RNN", {f({7, 2, 5}), f({1, 3, 5}), f({1, 3, 3}), kNone, i({2})}, {}, 2),
            "F32 [7, 1, 2, 3]; F32 [1, 2, 3]");
  EXPECT_EQ(typed("LSTM", lstm), "W (x1) has shape [2, 12, 5], expected [1, 12, 5]");
  EXPECT_EQ(typed("GRU", {f({7, 2, 5}), f({1, 9, 5}), f({1, 9, 3})}, {{"hidden_size", 4}}),
            "attribute hidden_size is 4, but R (x2) has shape [1, 9, 3]");
}

std::string einsum(const std::string& equation, const std::vector<Given>& operands) {
  return typed("Einsum", operands, {{"equation", equation}});
}

TEST(Shapes, Einsums) {
  EXPECT_EQ(einsum("bij, bjk -> bik", {f({4, 2, 3}), f({4, 3, 5})}), "F32 [4, 2, 5]");
  EXPECT_EQ(einsum("...i,i", {f({4, 2, 3}), f({3})}), "F32 [4, 2]");
  EXPECT_EQ(einsum("...a,...b->...ab", {f({4, 1, 2}), f({3, 5})}), "F32 [4, 3, 2, 5]");
  EXPECT_EQ(einsum("ii", {f({3, 3})}), "F32 []");
  EXPECT_EQ(einsum("ba", {f({2, 3})}), "F32 [3, 2]");
  EXPECT_EQ(einsum("ij", {f({2, 3}), f({3})}), "attribute equation has 1 terms, expected 2");
  EXPECT_EQ(einsum("ij,k", {f({2, 3}), f({3, 1})}),
            "Inputs (x1) has shape [3, 1], the term \"k\" says otherwise");
  EXPECT_EQ(einsum("ij,j", {f({2, 3}), f({4})}), "Inputs (x1) has 4 in dimension 0, another operand has 3");
  EXPECT_EQ(einsum("i->ij", {f({2})}), "the result \"ij\" must have letters of the operands, each once");
  EXPECT_EQ(einsum("i1->i", {f({2})}),
            "attribute equation has the term \"i1\", expected letters and at most one ellipsis");
}

}  // namespace
}  // namespace assay::graph
