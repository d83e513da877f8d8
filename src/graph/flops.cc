#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "graph/attention.h"
#include "graph/cost.h"
#include "graph/einsum.h"
#include "graph/recurrent.h"
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
    {"Acos", 1},
    {"Acosh", 1},
    {"Add", 1},
    {"And", 1},
    {"Asin", 1},
    {"Asinh", 1},
    {"Atan", 1},
    {"Atanh", 1},
    {"BatchNormalization", 2},  // scale and shift, folded from the statistics
    {"Cast", 1},
    {"Ceil", 1},
    {"Celu", 5},  // scale, exp, subtract, scale, select
    {"Clip", 2},  // one a limit
    {"Cos", 1},
    {"Cosh", 1},
    {"CumSum", 1},
    {"Div", 1},
    {"Elu", 4},  // exp, subtract, scale, select
    {"Equal", 1},
    {"Erf", 1},
    {"Exp", 1},
    {"Floor", 1},
    {"Gelu", 5},  // scale, erf, add, multiply, halve
    {"Greater", 1},
    {"GreaterOrEqual", 1},
    {"GroupNormalization", 7},     // sum, subtract, square, sum, multiply, scale, shift
    {"HardSigmoid", 4},            // scale, add, and two limits
    {"HardSwish", 5},              // as HardSigmoid, and the product
    {"InstanceNormalization", 7},  // as GroupNormalization
    {"IsInf", 1},
    {"IsNaN", 1},
    {"LayerNormalization", 7},  // the same
    {"LeakyRelu", 2},           // scale, select
    {"Less", 1},
    {"LessOrEqual", 1},
    {"Log", 1},
    {"LogSoftmax", 5},       // maximum, subtract, exp, sum, subtract
    {"LpNormalization", 4},  // square, sum, root, divide
    {"Mish", 5},             // exp, add, log, tanh, multiply
    {"Mod", 1},
    {"Mul", 1},
    {"Neg", 1},
    {"Not", 1},
    {"Or", 1},
    {"PRelu", 2},  // scale, select
    {"Pow", 1},
    {"RMSNormalization", 4},  // square, sum, multiply, scale
    {"Reciprocal", 1},
    {"Relu", 1},
    {"RotaryEmbedding", 3},  // two products and their sum
    {"Round", 1},
    {"Selu", 5},     // as Elu, and scaled
    {"Shrink", 2},   // compare, add
    {"Sigmoid", 4},  // negate, exp, add, divide
    {"Sign", 1},
    {"Sin", 1},
    {"Sinh", 1},
    {"Softmax", 5},   // maximum, subtract, exp, sum, divide
    {"Softplus", 3},  // exp, add, log
    {"Softsign", 3},  // absolute, add, divide
    {"Sqrt", 1},
    {"Sub", 1},
    {"Swish", 5},  // as Sigmoid, and the product
    {"Tan", 1},
    {"Tanh", 1},
    {"ThresholdedRelu", 1},
    {"Where", 1},
    {"Xor", 1},
};
constexpr PerElement kPerFirstInput[] = {
    {"ArgMax", 1},
    {"ArgMin", 1},
    {"GlobalAveragePool", 1},
    {"GlobalMaxPool", 1},
    {"Hardmax", 1},
    {"ReduceL1", 2},  // absolute, sum
    {"ReduceL2", 2},  // square, sum
    {"ReduceLogSum", 1},
    {"ReduceLogSumExp", 4},  // maximum, subtract, exp, sum
    {"ReduceMax", 1},
    {"ReduceMean", 1},
    {"ReduceMin", 1},
    {"ReduceProd", 1},
    {"ReduceSum", 1},
    {"ReduceSumSquare", 2},          // square, sum
    {"SoftmaxCrossEntropyLoss", 5},  // as LogSoftmax
    {"TopK", 1},                     // each element is looked at
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

bool is_recurrent(const Node& node) { return node.op == "LSTM" || node.op == "GRU" || node.op == "RNN"; }

RecurrentSizes recurrent_sizes_of(const Graph& graph, const Node& node) {
  auto sizes = recurrent_sizes(graph, node);
  ASSAY_CHECK(sizes.has_value(), "{}", sizes.error().message);
  return *sizes;
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

// Of each direction's steps: the input's product with W and the state's with R. The state comes from the
// input.
std::vector<Product> recurrent_products(const Graph& graph, const Node& node) {
  const RecurrentSizes s = recurrent_sizes_of(graph, node);
  const double rows = 2.0 * static_cast<double>(s.directions * s.steps * s.batch * s.gates * s.hidden);
  const double input = rows * static_cast<double>(s.input), state = rows * static_cast<double>(s.hidden);
  const ValueId x = node.input(0), w = node.input(1), h = node.input(5);
  return {{input, input, {x}, {w}}, {state, state, {x, w, h}, {node.input(2)}}};
}

// Beside the products: both biases and the gates of each state, an activation counted as Sigmoid or Tanh.
double recurrent_rest(const Graph& graph, const Node& node) {
  const RecurrentSizes s = recurrent_sizes_of(graph, node);
  const double states = static_cast<double>(s.directions * s.steps * s.batch * s.hidden);
  const double biases = node.input(3) == kAbsent ? 1 : 2;
  const double gates = static_cast<double>(s.gates) * biases;
  if (node.op == "LSTM") return states * (gates + 3 * 4 + 2 * 1 + 4);      // and c = f c + i z, h = o tanh(c)
  return states * (node.op == "GRU" ? gates + 2 * 4 + 1 + 5 : gates + 1);  // and h = (1 - z) n + z h
}

EinsumPlan einsum_plan_of(const Graph& graph, const Node& node) {
  auto plan = einsum_plan(graph, node);
  ASSAY_CHECK(plan.has_value(), "{}", plan.error().message);
  return *std::move(plan);
}

// For all indices together a multiplication with each operand but the first, and an addition where one is
// summed over.
double einsum_flops(const Graph& graph, const Node& node) {
  const EinsumPlan plan = einsum_plan_of(graph, node);
  const double summed = plan.output.size() < plan.sizes.size() ? 1 : 0;
  return (static_cast<double>(node.inputs.size() - 1) + summed) *
         static_cast<double>(tensor::element_count(plan.sizes));
}

// Of two operands it is a product of matrices; how more are best multiplied is not worked out.
std::vector<Product> einsum_products(const Graph& graph, const Node& node) {
  if (node.inputs.size() != 2) return {};
  const double flops = einsum_flops(graph, node);
  return {{flops, flops, {node.inputs[0]}, {node.inputs[1]}}};
}

// The sums of squares of neighbouring channels, and their power by which each element is divided.
double lrn_flops(const Graph& graph, const Node& node) {
  return (5 + static_cast<double>(node.integer("size", 1))) * elements(graph, node.output(0));
}

// A product and a sum for each of the pixels that an element is made of, in each dimension.
double grid_sample_flops(const Graph& graph, const Node& node) {
  const std::string mode = node.text("mode", "linear");
  if (mode == "nearest") return 0;
  const auto spatial = static_cast<double>(graph.value(node.input(0)).shape.size() - 2);
  return 2 * std::pow(mode == "linear" ? 2.0 : 4.0, spatial) * elements(graph, node.output(0));
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

// What a node computes beside its products.
double rest_of_products(const Graph& graph, const Node& node) {
  if (node.op == "Attention") return attention_rest(graph, node);
  if (node.op == "Einsum") return 0;
  return is_recurrent(node) ? recurrent_rest(graph, node) : bias_flops(graph, node);
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
  if (is_recurrent(node)) return recurrent_products(graph, node);
  if (node.op == "Einsum") return einsum_products(graph, node);
  return {};
}

double node_flops(const Graph& graph, const Node& node) {
  if (const auto made = products(graph, node); !made.empty()) {
    double flops = rest_of_products(graph, node);
    for (const Product& product : made) flops += product.flops;
    return flops;
  }
  if (node.op == "MaxPool" || node.op == "AveragePool")
    return kernel_size(window(graph, node)) * elements(graph, node.output(0));
  if (node.op == "Einsum") return einsum_flops(graph, node);
  if (node.op == "LRN") return lrn_flops(graph, node);
  if (node.op == "GridSample") return grid_sample_flops(graph, node);
  if (node.op == "Max" || node.op == "Min" || node.op == "Sum" || node.op == "Mean")
    return static_cast<double>(node.inputs.size() - 1) * elements(graph, node.output(0));
  if (node.op == "Resize") return resize_flops(graph, node);
  if (node.op == "ScatterND" || node.op == "ScatterElements") return scatter_flops(graph, node);
  return per_element(kPerOutput, node.op) * elements(graph, node.output(0)) +
         per_element(kPerFirstInput, node.op) * elements(graph, node.input(0));
}

}  // namespace assay::graph
