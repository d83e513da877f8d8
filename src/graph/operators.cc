#include "graph/operators.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "base/text.h"
#include "graph/rules.h"

namespace assay::graph {
namespace {

// One operator as it is written below. Operands: "X scale bias?" ("?" optional, "+" one or more, "*" a
// constant). Attributes: "axis:int", "alpha:real", "pads:ints", "equation:text", "mode:constant|edge" (a text
// and its choices); "!" at the end: required.
struct Row {
  std::string_view name, inputs, outputs, attributes;
  Types (*infer)(const Call&);
  std::string_view limits = "";
};

constexpr std::string_view kConv =
    "auto_pad:NOTSET|SAME_UPPER|SAME_LOWER|VALID dilations:ints group:int kernel_shape:ints pads:ints "
    "strides:ints";
constexpr std::string_view kConvTranspose =
    "auto_pad:NOTSET|VALID dilations:ints group:int kernel_shape:ints output_padding:ints pads:ints "
    "strides:ints";
constexpr std::string_view kAveragePool =
    "auto_pad:NOTSET|SAME_UPPER|SAME_LOWER|VALID ceil_mode:int count_include_pad:int dilations:ints "
    "kernel_shape:ints! "
    "pads:ints strides:ints";
constexpr std::string_view kMaxPool =
    "auto_pad:NOTSET|SAME_UPPER|SAME_LOWER|VALID ceil_mode:int dilations:ints kernel_shape:ints! pads:ints "
    "storage_order:int strides:ints";
constexpr std::string_view kResize =
    "coordinate_transformation_mode:half_pixel|asymmetric|align_corners|pytorch_half_pixel "
    "mode:nearest|linear "
    "nearest_mode:round_prefer_floor|round_prefer_ceil|floor|ceil";
constexpr std::string_view kAttention =
    "is_causal:int kv_num_heads:int q_num_heads:int qk_matmul_output_mode:int scale:real softcap:real "
    "softmax_precision:int";
constexpr std::string_view kArg = "axis:int keepdims:int select_last_index:int";
constexpr std::string_view kRecurrentLimits =
    "The standard's default activations; no clip, activation_alpha, activation_beta or input_forget.";
constexpr std::string_view kReduce = "keepdims:int noop_with_empty_axes:int";
constexpr std::string_view kScatter = "reduction:none|add|mul|max|min";

constexpr Row kRows[] = {
    {"Abs", "X", "Y", "", infer_number_unary},
    {"Acos", "input", "output", "", infer_floating_unary},
    {"Acosh", "input", "output", "", infer_floating_unary},
    {"Add", "A B", "C", "", infer_arithmetic},
    {"And", "A B", "C", "", infer_logical},
    {"ArgMax", "data", "reduced", kArg, infer_arg},
    {"ArgMin", "data", "reduced", kArg, infer_arg},
    {"Asin", "input", "output", "", infer_floating_unary},
    {"Asinh", "input", "output", "", infer_floating_unary},
    {"Atan", "input", "output", "", infer_floating_unary},
    {"Atanh", "input", "output", "", infer_floating_unary},
    {"Attention", "Q K V attn_mask? past_key? past_value? nonpad_kv_seqlen?",
     "Y present_key? present_value? qk_matmul_output?", kAttention, infer_attention,
     "Masks are BOOL or floating."},
    {"AveragePool", "X", "Y", kAveragePool, infer_average_pool},
    {"BatchNormalization", "X scale B input_mean input_var", "Y",
     "epsilon:real momentum:real training_mode:int", infer_batch_normalization,
     "Inference form only (training_mode 0)."},
    {"Cast", "input", "output", "round_mode:up|down|nearest saturate:int to:int!", infer_cast,
     "To the types of the graph format."},
    {"Ceil", "X", "Y", "", infer_floating_unary},
    {"Celu", "X", "Y", "alpha:real", infer_floating_unary},
    {"Clip", "input min? max?", "output", "", infer_clip},
    {"Concat", "inputs+", "concat_result", "axis:int!", infer_concat},
    {"Conv", "X W B?", "Y", kConv, infer_conv},
    {"ConvTranspose", "X W B?", "Y", kConvTranspose, infer_conv_transpose,
     "No output_shape; auto_pad VALID or NOTSET."},
    {"Cos", "input", "output", "", infer_floating_unary},
    {"Cosh", "input", "output", "", infer_floating_unary},
    {"CumSum", "x axis*", "y", "exclusive:int reverse:int", infer_cum_sum},
    {"DepthToSpace", "input", "output", "blocksize:int! mode:DCR|CRD", infer_depth_to_space},
    {"Div", "A B", "C", "", infer_arithmetic},
    {"Einsum", "Inputs+", "Output", "equation:text!", infer_einsum},
    {"Elu", "X", "Y", "alpha:real", infer_floating_unary},
    {"Equal", "A B", "C", "", infer_equal},
    {"Erf", "input", "output", "", infer_floating_unary},
    {"Exp", "input", "output", "", infer_floating_unary},
    {"Expand", "input shape*", "output", "", infer_expand},
    {"Flatten", "input", "output", "axis:int", infer_flatten},
    {"Floor", "X", "Y", "", infer_floating_unary},
    {"GRU", "X W R B? sequence_lens? initial_h?", "Y? Y_h?",
     "direction:forward|reverse|bidirectional hidden_size:int layout:int linear_before_reset:int", infer_gru,
     kRecurrentLimits},
    {"Gather", "data indices", "output", "axis:int", infer_gather},
    {"GatherElements", "data indices", "output", "axis:int", infer_gather_elements},
    {"GatherND", "data indices", "output", "batch_dims:int", infer_gather_nd},
    {"Gelu", "X", "Y", "approximate:none|tanh", infer_floating_unary},
    {"Gemm", "A B C?", "Y", "alpha:real beta:real transA:int transB:int", infer_gemm},
    {"GlobalAveragePool", "X", "Y", "", infer_global_average_pool},
    {"GlobalMaxPool", "X", "Y", "", infer_global_max_pool},
    {"Greater", "A B", "C", "", infer_comparison},
    {"GreaterOrEqual", "A B", "C", "", infer_comparison},
    {"GridSample", "X grid", "Y",
     "align_corners:int mode:linear|nearest|cubic padding_mode:zeros|border|reflection", infer_grid_sample},
    {"GroupNormalization", "X scale bias", "Y", "epsilon:real num_groups:int! stash_type:int",
     infer_group_normalization},
    {"HardSigmoid", "X", "Y", "alpha:real beta:real", infer_floating_unary},
    {"HardSwish", "X", "Y", "", infer_floating_unary},
    {"Hardmax", "input", "output", "axis:int", infer_softmax},
    {"Identity", "input", "output", "", infer_identity},
    {"InstanceNormalization", "input scale B", "output", "epsilon:real", infer_instance_normalization},
    {"IsInf", "X", "Y", "detect_negative:int detect_positive:int", infer_floating_test},
    {"IsNaN", "X", "Y", "", infer_floating_test},
    {"LRN", "X", "Y", "alpha:real beta:real bias:real size:int!", infer_lrn},
    {"LSTM", "X W R B? sequence_lens? initial_h? initial_c? P?", "Y? Y_h? Y_c?",
     "direction:forward|reverse|bidirectional hidden_size:int layout:int", infer_lstm, kRecurrentLimits},
    {"LayerNormalization", "X Scale B?", "Y Mean? InvStdDev?", "axis:int epsilon:real stash_type:int",
     infer_layer_normalization},
    {"LeakyRelu", "X", "Y", "alpha:real", infer_floating_unary},
    {"Less", "A B", "C", "", infer_comparison},
    {"LessOrEqual", "A B", "C", "", infer_comparison},
    {"Linear", "X W B?", "Y", "", infer_linear,
     "Assay's own: Y[..., out] = X[..., in] * transpose(W[out, in]) + B[out]."},
    {"Log", "input", "output", "", infer_floating_unary},
    {"LogSoftmax", "input", "output", "axis:int", infer_softmax},
    {"LpNormalization", "input", "output", "axis:int p:int", infer_lp_normalization},
    {"MatMul", "A B", "Y", "", infer_matmul},
    {"Max", "data_0+", "max", "", infer_extremum},
    {"MaxPool", "X", "Y Indices?", kMaxPool, infer_max_pool},
    {"Mean", "data_0+", "mean", "", infer_mean},
    {"Min", "data_0+", "min", "", infer_extremum},
    {"Mish", "X", "Y", "", infer_floating_unary},
    {"Mod", "A B", "C", "fmod:int", infer_mod},
    {"Mul", "A B", "C", "", infer_arithmetic},
    {"Neg", "X", "Y", "", infer_number_unary},
    {"Not", "X", "Y", "", infer_not},
    {"OneHot", "indices depth* values", "output", "axis:int", infer_one_hot},
    {"Or", "A B", "C", "", infer_logical},
    {"PRelu", "X slope", "Y", "", infer_prelu},
    {"Pad", "data pads* constant_value? axes*?", "output", "mode:constant|reflect|edge|wrap", infer_pad},
    {"Pow", "X Y", "Z", "", infer_pow},
    {"RMSNormalization", "X scale", "Y", "axis:int epsilon:real stash_type:int", infer_rms_normalization},
    {"RNN", "X W R B? sequence_lens? initial_h?", "Y? Y_h?",
     "direction:forward|reverse|bidirectional hidden_size:int layout:int", infer_rnn, kRecurrentLimits},
    {"Reciprocal", "X", "Y", "", infer_floating_unary},
    {"ReduceL1", "data axes*?", "reduced", kReduce, infer_reduce},
    {"ReduceL2", "data axes*?", "reduced", kReduce, infer_reduce_floating},
    {"ReduceLogSum", "data axes*?", "reduced", kReduce, infer_reduce_floating},
    {"ReduceLogSumExp", "data axes*?", "reduced", kReduce, infer_reduce_floating},
    {"ReduceMax", "data axes*?", "reduced", kReduce, infer_reduce},
    {"ReduceMean", "data axes*?", "reduced", kReduce, infer_reduce},
    {"ReduceMin", "data axes*?", "reduced", kReduce, infer_reduce},
    {"ReduceProd", "data axes*?", "reduced", kReduce, infer_reduce},
    {"ReduceSum", "data axes*?", "reduced", kReduce, infer_reduce},
    {"ReduceSumSquare", "data axes*?", "reduced", kReduce, infer_reduce},
    {"Relu", "X", "Y", "", infer_number_unary},
    {"Reshape", "data shape*", "reshaped", "allowzero:int", infer_reshape},
    {"Resize", "X roi? scales*? sizes*?", "Y", kResize, infer_resize,
     "Modes nearest and linear; no roi, axes, antialias, keep_aspect_ratio_policy or "
     "exclude_outside."},
    {"ReverseSequence", "input sequence_lens", "Y", "batch_axis:int time_axis:int", infer_reverse_sequence},
    {"RotaryEmbedding", "X cos_cache sin_cache position_ids?", "Y",
     "interleaved:int num_heads:int rotary_embedding_dim:int", infer_rotary_embedding},
    {"Round", "X", "Y", "", infer_floating_unary},
    {"ScatterElements", "data indices updates", "output", "axis:int reduction:none|add|mul|max|min",
     infer_scatter_elements},
    {"ScatterND", "data indices updates", "output", kScatter, infer_scatter_nd},
    {"Selu", "X", "Y", "alpha:real gamma:real", infer_floating_unary},
    {"Shrink", "input", "output", "bias:real lambd:real", infer_floating_unary},
    {"Sigmoid", "X", "Y", "", infer_floating_unary},
    {"Sign", "input", "output", "", infer_number_unary},
    {"Sin", "input", "output", "", infer_floating_unary},
    {"Sinh", "input", "output", "", infer_floating_unary},
    {"Slice", "data starts* ends* axes*? steps*?", "output", "", infer_slice},
    {"Softmax", "input", "output", "axis:int", infer_softmax},
    {"SoftmaxCrossEntropyLoss", "scores labels weights?", "output log_prob?",
     "ignore_index:int reduction:mean|sum|none", infer_softmax_cross_entropy},
    {"Softplus", "X", "Y", "", infer_floating_unary},
    {"Softsign", "input", "output", "", infer_floating_unary},
    {"SpaceToDepth", "input", "output", "blocksize:int!", infer_space_to_depth},
    {"Split", "input split*?", "outputs+", "axis:int num_outputs:int", infer_split},
    {"Sqrt", "X", "Y", "", infer_floating_unary},
    {"Squeeze", "data axes*?", "squeezed", "", infer_squeeze},
    {"Sub", "A B", "C", "", infer_arithmetic},
    {"Sum", "data_0+", "sum", "", infer_mean},
    {"Swish", "X", "Y", "alpha:real", infer_floating_unary},
    {"Tan", "input", "output", "", infer_floating_unary},
    {"Tanh", "input", "output", "", infer_floating_unary},
    {"ThresholdedRelu", "X", "Y", "alpha:real", infer_floating_unary},
    {"Tile", "input repeats*", "output", "", infer_tile},
    {"TopK", "X K*", "Values Indices", "axis:int largest:int sorted:int", infer_top_k},
    {"Transpose", "data", "transposed", "perm:ints", infer_transpose},
    {"Trilu", "input k*?", "output", "upper:int", infer_trilu},
    {"Unsqueeze", "data axes*", "expanded", "", infer_unsqueeze},
    {"Where", "condition X Y", "output", "", infer_where},
    {"Xor", "A B", "C", "", infer_logical},
};

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream{std::string(text)};
  for (std::string part; std::getline(stream, part, separator);)
    if (!part.empty()) parts.push_back(part);
  return parts;
}

bool take_suffix(std::string& text, char suffix) {
  if (!text.ends_with(suffix)) return false;
  text.pop_back();
  return true;
}

std::vector<Operand> parse_operands(std::string_view text) {
  std::vector<Operand> operands;
  for (std::string& part : split(text, ' ')) {
    const bool optional = take_suffix(part, '?');
    const bool variadic = take_suffix(part, '+');
    const bool constant = take_suffix(part, '*');
    operands.push_back({.name = part, .optional = optional, .variadic = variadic, .constant = constant});
  }
  return operands;
}

AttributeRule parse_attribute(std::string text) {
  const bool required = take_suffix(text, '!');
  const size_t colon = text.find(':');
  AttributeRule rule{.name = text.substr(0, colon), .required = required};
  const std::string type = text.substr(colon + 1);
  if (type == "real") {
    rule.type = AttributeType::real;
  } else if (type == "ints") {
    rule.type = AttributeType::integers;
  } else if (type != "int") {
    rule.type = AttributeType::text;
    if (type != "text") rule.choices = split(type, '|');
  }
  return rule;
}

std::vector<Operator> parse_rows() {
  std::vector<Operator> result;
  for (const Row& row : kRows) {
    Operator op{.name = std::string(row.name),
                .inputs = parse_operands(row.inputs),
                .outputs = parse_operands(row.outputs),
                .limits = std::string(row.limits),
                .infer = row.infer};
    for (std::string& text : split(row.attributes, ' '))
      op.attributes.push_back(parse_attribute(std::move(text)));
    result.push_back(std::move(op));
  }
  std::ranges::sort(result, {}, &Operator::name);
  return result;
}

}  // namespace

const std::vector<Operator>& operators() {
  static const std::vector<Operator> all = parse_rows();
  return all;
}

const Operator* find_operator(std::string_view name) {
  const auto& all = operators();
  const auto found = std::ranges::lower_bound(all, name, {}, &Operator::name);
  return found != all.end() && found->name == name ? &*found : nullptr;
}

}  // namespace assay::graph
