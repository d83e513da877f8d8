#include <algorithm>
#include <array>
#include <string_view>

#include "graph/attention.h"
#include "graph/cost.h"
#include "graph/window.h"

namespace assay::graph {
namespace {

double elements(const Graph& graph, ValueId id) {
  return id == kAbsent ? 0 : static_cast<double>(tensor::element_count(graph.value(id).shape));
}

// Elementary operations an element of the first output. Those that are not here are counted below, or only
// move data.
struct PerElement {
  std::string_view op;
  double flops;
};
constexpr PerElement kPerOutput[] = {
    {"Abs", 1},
    {"Add", 1},
    {"And", 1},
    {"BatchNormalization", 2},  // scale and shift, folded from the statistics
    {"Cast", 1},
    {"Cos", 1},
    {"Div", 1},
    {"Equal", 1},
    {"Erf", 1},
    {"Exp", 1},
    {"Greater", 1},
    {"GreaterOrEqual", 1},
    {"Gelu", 5},                // scale, erf, add, multiply, halve
    {"GroupNormalization", 7},  // sum, subtract, square, sum, multiply, scale, shift
    {"LayerNormalization", 7},  // the same
    {"Less", 1},
    {"LessOrEqual", 1},
    {"Log", 1},
    {"LogSoftmax", 5},  // maximum, subtract, exp, sum, subtract
    {"Mul", 1},
    {"Neg", 1},
    {"Not", 1},
    {"Or", 1},
    {"Pow", 1},
    {"RMSNormalization", 4},  // square, sum, multiply, scale
    {"Reciprocal", 1},
    {"Relu", 1},
    {"RotaryEmbedding", 3},  // two products and their sum
    {"Sigmoid", 4},          // negate, exp, add, divide
    {"Sign", 1},
    {"Sin", 1},
    {"Softmax", 5},  // maximum, subtract, exp, sum, divide
    {"Sqrt", 1},
    {"Sub", 1},
    {"Swish", 5},  // as Sigmoid, and the product
    {"Tanh", 1},
    {"Where", 1},
    {"Xor", 1},
};
constexpr PerElement kPerFirstInput[] = {
    {"GlobalAveragePool", 1}, {"ReduceMax", 1}, {"ReduceMean", 1},
    {"ReduceMin", 1},         {"ReduceSum", 1}, {"SoftmaxCrossEntropyLoss", 5},  // as LogSoftmax
};

template <size_t n>
double per_element(const PerElement (&table)[n], std::string_view op) {
  const auto* found = std::ranges::find(table, op, &PerElement::op);
  return found == std::end(table) ? 0 : found->flops;
}

double bias_flops(const Graph& graph, const Node& node) {
  return node.input(2) == kAbsent ? 0 : elements(graph, node.output(0));
}

// Y elements, each a sum of as many products as the matrix shares dimensions.
double matrix_flops(const Graph& graph, const Node& node) {
  const Shape& a = graph.value(node.input(0)).shape;
  const bool transposed = node.op == "Gemm" && node.integer("transA", 0) != 0;
  const double inner = static_cast<double>(transposed ? a[0] : a.back());
  return 2 * inner * elements(graph, node.output(0));
}

double kernel_size(const Window& window) { return static_cast<double>(tensor::element_count(window.kernel)); }

Window window(const Graph& graph, const Node& node) {
  auto result = window_of(graph, node);
  ASSAY_CHECK(result.has_value(), "{}", result.error().message);
  return *std::move(result);
}

// Multiplications a result needs at least of a filter of `taps` taps along one dimension. Winograd's minimal
// filtering F(m, r) makes m results of r taps with m + r - 1 multiplications (S. Winograd, Arithmetic
// Complexity of Computations, 1980; A. Lavin and S. Gray, Fast Algorithms for Convolutional Neural Networks,
// 2016). F(6, 3) is the longest that is in use in float32; longer filters are held to its rate too, which
// tiled FFTs stay above.
double least_multiplications(int64_t taps) {
  constexpr double kResults = 6, kLongest = 3;
  if (taps <= 1) return static_cast<double>(taps);
  return (kResults + std::min(static_cast<double>(taps), kLongest) - 1) / kResults;
}

// The share of a convolution's multiplications that are needed at least. A stride of s splits the filter into
// s filters of every s-th tap.
double least_share(const Window& window) {
  double share = 1;
  for (size_t i = 0; i < window.kernel.size(); ++i) {
    double needed = 0;
    for (int64_t phase = 0; phase < std::min(window.strides[i], window.kernel[i]); ++phase)
      needed += least_multiplications((window.kernel[i] - phase + window.strides[i] - 1) / window.strides[i]);
    share *= needed / static_cast<double>(window.kernel[i]);
  }
  return share;
}

// Every output element meets the whole kernel; of ConvTranspose every input element that of each output
// channel of its group.
Product convolution(const Graph& graph, const Node& node) {
  const double channels = static_cast<double>(graph.value(node.input(1)).shape[1]);
  const Window moved = window(graph, node);
  const double positions = elements(graph, node.op == "Conv" ? node.output(0) : node.input(0));
  const double flops = 2 * channels * kernel_size(moved) * positions;
  return {flops, flops * least_share(moved), {node.input(0)}, {node.input(1)}};
}

// Pairs of a query and a key that may see each other, of one head of one batch entry. With nonpad_kv_seqlen
// the causal frontier is known only when running, so all pairs count.
double visible_pairs(const Node& node, const AttentionSizes& s) {
  const bool causal = node.integer("is_causal", 0) != 0 && node.input(6) == kAbsent;
  double pairs = 0;
  for (int64_t i = 0; i < s.q_length; ++i)
    pairs +=
        static_cast<double>(causal ? std::min(s.total_length(), s.past_length + i + 1) : s.total_length());
  return pairs;
}

// Visible pairs of all heads.
double attention_pairs(const Node& node, const AttentionSizes& s) {
  return visible_pairs(node, s) * static_cast<double>(s.batch * s.q_heads);
}

AttentionSizes sizes_of(const Graph& graph, const Node& node) {
  auto sizes = attention_sizes(graph, node);
  ASSAY_CHECK(sizes.has_value(), "{}", sizes.error().message);
  return *sizes;
}

// The scores, and their products with the values.
std::vector<Product> attention_products(const Graph& graph, const Node& node) {
  const AttentionSizes sizes = sizes_of(graph, node);
  const double pairs = attention_pairs(node, sizes);
  const double scores = 2 * pairs * static_cast<double>(sizes.head_size);
  const double sums = 2 * pairs * static_cast<double>(sizes.v_head_size);
  const ValueId q = node.input(0), k = node.input(1), v = node.input(2);
  const ValueId past_k = node.input(4), past_v = node.input(5);
  return {{scores, scores, {q}, {k, past_k}}, {sums, sums, {q, k, past_k}, {v, past_v}}};
}

// Of a pair beside the products: scaling, mask and softmax.
double attention_rest(const Graph& graph, const Node& node) {
  const double mask = node.input(3) == kAbsent ? 0 : 1;
  return attention_pairs(node, sizes_of(graph, node)) * (6 + mask);
}

// Linear interpolation: a product and a sum for each of the two neighbours along each dimension that changes.
double resize_flops(const Graph& graph, const Node& node) {
  if (node.text("mode", "nearest") != "linear") return 0;
  const Shape& x = graph.value(node.input(0)).shape;
  const Shape& y = graph.value(node.output(0)).shape;
  double changed = 0;
  for (size_t i = 0; i < x.size(); ++i) changed += x[i] != y[i] ? 1 : 0;
  return 3 * changed * elements(graph, node.output(0));
}

double scatter_flops(const Graph& graph, const Node& node) {
  return node.text("reduction", "none") == "none" ? 0 : elements(graph, node.input(2));
}

}  // namespace

std::vector<Product> products(const Graph& graph, const Node& node) {
  if (node.op == "Linear" || node.op == "MatMul" || node.op == "Gemm") {
    const double flops = matrix_flops(graph, node);
    return {{flops, flops, {node.input(0)}, {node.input(1)}}};
  }
  if (node.op == "Conv" || node.op == "ConvTranspose") return {convolution(graph, node)};
  if (node.op == "Attention") return attention_products(graph, node);
  return {};
}

double node_flops(const Graph& graph, const Node& node) {
  if (const auto made = products(graph, node); !made.empty()) {
    double flops = node.op == "Attention" ? attention_rest(graph, node) : bias_flops(graph, node);
    for (const Product& product : made) flops += product.flops;
    return flops;
  }
  if (node.op == "MaxPool" || node.op == "AveragePool")
    return kernel_size(window(graph, node)) * elements(graph, node.output(0));
  if (node.op == "Max" || node.op == "Min")
    return static_cast<double>(node.inputs.size() - 1) * elements(graph, node.output(0));
  if (node.op == "Resize") return resize_flops(graph, node);
  if (node.op == "ScatterND" || node.op == "ScatterElements") return scatter_flops(graph, node);
  return per_element(kPerOutput, node.op) * elements(graph, node.output(0)) +
         per_element(kPerFirstInput, node.op) * elements(graph, node.input(0));
}

}  // namespace assay::graph
