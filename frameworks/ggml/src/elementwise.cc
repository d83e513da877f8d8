// Element by element: arithmetic with broadcasting, and the functions of one operand that ggml has.
#include <algorithm>

#include "broadcast.h"
#include "numbers.h"
#include "operators.h"
#include "shaping.h"

namespace ggml_runner {
namespace {

using Unary = ggml_tensor* (*)(ggml_context*, ggml_tensor*);
using Binary = ggml_tensor* (*)(ggml_context*, ggml_tensor*, ggml_tensor*);

template <Unary kOperator>
ggml_tensor* unary(Emitter& emitter, const Node& node) {
  return kOperator(emitter.context(), emitter.input(node, 0));
}

// ggml repeats the second operand only.
template <Binary kOperator, bool kCommutes>
ggml_tensor* binary(Emitter& emitter, const Node& node) {
  auto [a, b] = operands(emitter, node, 0, 1);
  if (kCommutes && !ggml_can_repeat(b, a)) std::swap(a, b);
  if (!ggml_can_repeat(b, a)) a = repeated_to_both(emitter, a, b);
  if (!kCommutes && emitter.gradients()) b = repeated(emitter, b, a);  // or ggml's gradient forgets to sum
  return emitter.reshaped(kOperator(emitter.context(), a, b), output_shape(emitter, node));
}

// Of integers the quotient towards zero.
ggml_tensor* divide(Emitter& emitter, const Node& node) {
  ggml_tensor* quotient = binary<ggml_div, false>(emitter, node);
  const bool whole = is_integer(emitter.graph().value(node.outputs[0]).dtype);
  return whole ? ggml_trunc(emitter.context(), quotient) : quotient;
}

// silu(gate) * up is one operator of ggml, but without a backward.
ggml_tensor* multiply(Emitter& emitter, const Node& node) {
  for (const size_t i : {0U, 1U}) {
    if (emitter.gradients()) break;
    ggml_tensor* gate = emitter.input(node, i);
    ggml_tensor* up = emitter.input(node, 1 - i);
    if (gate->op == GGML_OP_UNARY && ggml_get_unary_op(gate) == GGML_UNARY_OP_SILU &&
        ggml_are_same_shape(gate, up))
      return ggml_swiglu_split(emitter.context(), gate->src[0], up);
  }
  return binary<ggml_mul, true>(emitter, node);
}

ggml_tensor* summed(Emitter& emitter, const Node& node) {
  ggml_tensor* sum = stretched(emitter, node, 0);
  for (size_t i = 1; i < node.inputs.size(); ++i)
    sum = ggml_add(emitter.context(), sum, stretched(emitter, node, i));
  return sum;
}

ggml_tensor* mean(Emitter& emitter, const Node& node) {
  const auto share = static_cast<float>(1.0 / static_cast<double>(node.inputs.size()));
  return ggml_scale(emitter.context(), summed(emitter, node), share);
}

// The largest, or the smallest, of all operands in each place.
template <bool kLargest>
ggml_tensor* extreme(Emitter& emitter, const Node& node) {
  if (!emitter.gradients())
    if (ggml_tensor* clamped = clamped_by_a_number(emitter, node, kLargest)) return clamped;
  std::vector<ggml_tensor*> all;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    ggml_tensor* x = stretched(emitter, node, i);
    all.push_back(kLargest ? x : ggml_neg(emitter.context(), x));
  }
  ggml_tensor* found = larger(emitter, all);
  return emitter.reshaped(kLargest ? found : ggml_neg(emitter.context(), found), output_shape(emitter, node));
}

// a - b * trunc(a / b), or floor, is exact of integers alone.
std::string refuse_modulo(const Graph& graph, const Node& node, bool) {
  return is_integer(graph.value(node.outputs[0]).dtype) ? "" : "ggml has no remainder of a division";
}

ggml_tensor* modulo(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  ggml_tensor* a = stretched(emitter, node, 0);
  ggml_tensor* b = stretched(emitter, node, 1);
  ggml_tensor* quotient = ggml_div(context, a, b);
  quotient = node.integer("fmod", 0) != 0 ? ggml_trunc(context, quotient) : ggml_floor(context, quotient);
  return ggml_sub(context, a, ggml_mul(context, quotient, b));
}

ggml_tensor* reciprocal(Emitter& emitter, const Node& node) {
  ggml_tensor* ones = emitter.filled(output_shape(emitter, node), 1);
  return ggml_div(emitter.context(), ones, emitter.input(node, 0));
}

constexpr unsigned kAll = kIntegers | kAnyRank;

}  // namespace

std::vector<Operator> elementwise_operators() {
  return {
      {"Abs", nullptr, unary<ggml_abs>, kAll},
      {"Add", refuse_broadcast, binary<ggml_add, true>, kAll},
      {"Ceil", nullptr, unary<ggml_ceil>, kNoBackward | kAnyRank},
      {"Cos", nullptr, unary<ggml_cos>, kAnyRank},
      {"Div", refuse_broadcast, divide, kAll},
      {"Exp", nullptr, unary<ggml_exp>, kAnyRank},
      {"Floor", nullptr, unary<ggml_floor>, kNoBackward | kAnyRank},
      {"Log", nullptr, unary<ggml_log>, kAnyRank},
      {"Max", nullptr, extreme<true>, kIntegers},
      {"Mean", nullptr, mean},
      {"Min", nullptr, extreme<false>, kIntegers},
      {"Mod", refuse_modulo, modulo, kIntegers | kNoBackward},
      {"Mul", refuse_broadcast, multiply, kAll},
      {"Neg", nullptr, unary<ggml_neg>, kAll},
      {"Reciprocal", nullptr, reciprocal, kAnyRank},
      {"Relu", nullptr, unary<ggml_relu>, kAll},
      {"Sign", nullptr, unary<ggml_sgn>, kAll},
      {"Sin", nullptr, unary<ggml_sin>, kAnyRank},
      {"Sqrt", nullptr, unary<ggml_sqrt>, kAnyRank},
      {"Sub", refuse_broadcast, binary<ggml_sub, false>, kAll},
      {"Sum", nullptr, summed},
  };
}

}  // namespace ggml_runner
