#include "mutants/changes.h"

#include <numeric>

namespace assay::mutants {
namespace {

using graph::kAbsent;
using graph::Role;
using graph::Shape;
using graph::Tensor;

bool is(const Draft& draft, std::string_view op) { return draft.op == op; }
bool is_norm(const Draft& draft) { return draft.op.ends_with("Normalization"); }
double epsilon(const Draft& draft) { return draft.node.real("epsilon", 1e-5); }

// Ten times a smaller one changes numbers of variance 1 by less than float32's rounding does in a few steps:
// BERT's 1e-12.
constexpr double kLeastEpsilon = 1e-7;

const Shape& shape(const Draft& draft, size_t input) {
  return draft.source.value(draft.node.input(input)).shape;
}

// A constant of the copy, named after its contents: nodes share what is equal.
ValueId ones(Draft& draft, const Shape& shape, float value) {
  Tensor data(graph::DType::f32, shape);
  std::ranges::fill(data.mutable_data<float>(), value);
  return draft.copy.constant(draft.named(value == 0 ? "zeros" : "ones"), std::move(data));
}

ValueId indices(Draft& draft, const std::string& part, const std::vector<int64_t>& values) {
  return draft.copy.constant(draft.named(part),
                             Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, values));
}

ValueId gathered(Draft& draft, const std::string& part, ValueId x, const std::vector<int64_t>& at,
                 int64_t axis) {
  return draft.copy.op(draft.named(part), "Gather", {x, indices(draft, part + ".indices", at)},
                       {{"axis", axis}});
}

// 0, 1, ... moved on by `by`, the first following the last.
std::vector<int64_t> rolled(int64_t count, int64_t by) {
  std::vector<int64_t> result(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) result[static_cast<size_t>(i)] = (i + by) % count;
  return result;
}

// Queries x keys, true where attended.
void attend_where(Draft& draft, int64_t queries, int64_t keys,
                  const std::function<bool(int64_t, int64_t)>& sees) {
  Tensor mask(graph::DType::boolean, {queries, keys});
  const auto data = mask.mutable_data<bool>();
  for (int64_t q = 0; q < queries; ++q)
    for (int64_t k = 0; k < keys; ++k) data[static_cast<size_t>(q * keys + k)] = sees(q, k);
  if (draft.inputs.size() < 4) draft.inputs.resize(4, kAbsent);
  draft.inputs[3] = draft.copy.constant(draft.named("mask"), std::move(mask));
  draft.attributes["is_causal"] = int64_t{0};
}

bool is_causal(const Draft& draft) {
  return is(draft, "Attention") && draft.node.integer("is_causal", 0) != 0 && draft.node.input(3) == kAbsent;
}
bool has_past(const Draft& draft) {
  return is(draft, "Attention") && draft.node.input(4) != kAbsent && draft.node.input(3) == kAbsent;
}
int64_t past_length(const Draft& draft) { return shape(draft, 4)[2]; }

bool is_loss(const Draft& draft) { return is(draft, "SoftmaxCrossEntropyLoss"); }

}  // namespace

bool epsilon_times_ten(Draft& draft) {
  if (!is_norm(draft) || epsilon(draft) < kLeastEpsilon) return false;
  draft.attributes["epsilon"] = 10 * epsilon(draft);
  return true;
}

bool small_epsilon_times_ten(Draft& draft) {
  if (!is_norm(draft) || epsilon(draft) >= kLeastEpsilon) return false;
  draft.attributes["epsilon"] = 10 * epsilon(draft);
  return true;
}

bool epsilon_last_digits(Draft& draft) {
  if (!is_norm(draft)) return false;
  draft.attributes["epsilon"] = 1.001 * epsilon(draft);
  return true;
}

bool norm_without_weight(Draft& draft) {
  if (!is_norm(draft) || draft.node.input(1) == kAbsent) return false;
  const ValueId nothing =
      draft.copy.op(draft.named("nothing"), "Mul", {draft.inputs[1], ones(draft, shape(draft, 1), 0)});
  draft.inputs[1] = draft.copy.op(draft.named("one"), "Add", {nothing, ones(draft, shape(draft, 1), 1)});
  return true;
}

bool bias_dropped(Draft& draft) {
  if (!(is(draft, "Linear") || is(draft, "Conv")) || draft.node.input(2) == kAbsent) return false;
  draft.inputs.resize(2);
  return true;
}

bool weight_transposed(Draft& draft) {
  if (!is(draft, "Linear") || shape(draft, 1)[0] != shape(draft, 1)[1] || draft.node.input(2) != kAbsent)
    return false;
  draft.op = "MatMul";
  return true;
}

bool other_activation(Draft& draft) {
  if (is(draft, "Gelu")) {
    draft.attributes["approximate"] =
        std::string(draft.node.text("approximate", "none") == "tanh" ? "none" : "tanh");
    return true;
  }
  if (!is(draft, "Swish") && !is(draft, "Relu")) return false;
  draft.op = "Gelu";
  draft.attributes.clear();
  return true;
}

bool branch_dropped(Draft& draft) {
  if (!is(draft, "Add") || shape(draft, 0) != shape(draft, 1) || shape(draft, 0).size() < 2) return false;
  for (const size_t i : {size_t{0}, size_t{1}})
    if (draft.source.value(draft.node.inputs[i]).role != Role::computed) return false;
  draft.inputs[1] = draft.copy.op(draft.named("nothing"), "Mul", {draft.inputs[1], ones(draft, {1}, 0)});
  return true;
}

bool last_token_repeated(Draft& draft) {
  if (!is(draft, "Gather") || draft.source.value(draft.node.input(1)).role != Role::input) return false;
  const int64_t length = shape(draft, 1).back();
  if (length < 2) return false;
  auto at = rolled(length, 0);
  at.back() = length - 2;
  draft.inputs[1] =
      gathered(draft, "tokens", draft.inputs[1], at, static_cast<int64_t>(shape(draft, 1).size()) - 1);
  return true;
}

bool rotary_pairing(Draft& draft) {
  if (!is(draft, "RotaryEmbedding")) return false;
  draft.attributes["interleaved"] = 1 - draft.node.integer("interleaved", 0);
  return true;
}

bool rotary_dropped(Draft& draft) {
  if (!is(draft, "RotaryEmbedding")) return false;
  draft.op = "Identity";
  draft.inputs.resize(1);
  draft.attributes.clear();
  return true;
}

bool rotary_backwards(Draft& draft) {
  if (!is(draft, "RotaryEmbedding")) return false;
  draft.inputs[2] = draft.copy.op(draft.named("sine"), "Neg", {draft.inputs[2]});
  return true;
}

bool no_scale(Draft& draft) {
  if (!is(draft, "Attention")) return false;
  draft.attributes["scale"] = 1.0;
  return true;
}

bool no_causal_mask(Draft& draft) {
  if (!is_causal(draft)) return false;
  draft.attributes["is_causal"] = int64_t{0};
  return true;
}

bool causal_one_late(Draft& draft) {
  if (!is_causal(draft) || shape(draft, 0).size() != 3 || has_past(draft)) return false;
  const int64_t length = shape(draft, 0)[1];
  attend_where(draft, length, length, [](int64_t q, int64_t k) { return k <= q + 1; });
  return true;
}

bool next_head_group(Draft& draft) {
  const int64_t groups = draft.node.integer("kv_num_heads", 0);
  if (!is(draft, "Attention") || groups < 2 || shape(draft, 1).size() != 3) return false;
  for (const size_t input : {size_t{1}, size_t{2}}) {
    const int64_t columns = shape(draft, input)[2];
    const std::string part = input == 1 ? "key" : "value";
    draft.inputs[input] = gathered(draft, part, draft.inputs[input], rolled(columns, columns / groups), 2);
    if (draft.node.input(input + 3) != kAbsent)
      draft.inputs[input + 3] =
          gathered(draft, "past_" + part, draft.inputs[input + 3], rolled(groups, 1), 1);
  }
  return true;
}

bool keys_as_values(Draft& draft) {
  if (!is(draft, "Attention") || shape(draft, 1) != shape(draft, 2)) return false;
  draft.inputs[2] = draft.inputs[1];
  return true;
}

bool first_past_token_lost(Draft& draft) {
  if (!has_past(draft) || shape(draft, 0).size() != 3) return false;
  attend_where(draft, shape(draft, 0)[1], past_length(draft) + shape(draft, 1)[1],
               [](int64_t, int64_t k) { return k > 0; });
  return true;
}

bool cache_not_appended(Draft& draft) {
  if (!has_past(draft) || shape(draft, 0).size() != 3) return false;
  const int64_t past = past_length(draft);
  attend_where(draft, shape(draft, 0)[1], past + shape(draft, 1)[1],
               [past](int64_t, int64_t k) { return k < past; });
  return true;
}

bool labels_shifted(Draft& draft) {
  if (!is_loss(draft) || shape(draft, 1).size() != 1) return false;
  draft.inputs[1] = gathered(draft, "labels", draft.inputs[1], rolled(shape(draft, 1)[0], 1), 0);
  return true;
}

bool loss_summed(Draft& draft) {
  if (!is_loss(draft) || draft.node.text("reduction", "mean") != "mean") return false;
  draft.attributes["reduction"] = std::string("sum");
  return true;
}

bool loss_over_one_less(Draft& draft) {
  if (!is_loss(draft) || draft.node.text("reduction", "mean") != "mean") return false;
  const auto count = static_cast<float>(graph::Shape(shape(draft, 1)).empty() ? 1 : shape(draft, 1)[0]);
  if (count < 2) return false;
  const ValueId factor =
      draft.copy.constant(draft.named("factor"), Tensor::of<float>({}, {count / (count - 1)}));
  draft.after = [&copy = draft.copy, factor](ValueId loss, const std::string& name) {
    return copy.op(name, "Mul", {loss, factor});
  };
  return true;
}

bool tied_gradient_once(Draft& draft) {
  const bool gradient = draft.outputs.front().starts_with("grad.");
  const bool sum = is(draft, "Add") || is(draft, "ScatterND");
  if (!gradient || !sum || draft.source.value(draft.node.inputs[0]).role != Role::computed) return false;
  draft.op = "Identity";
  draft.inputs.resize(1);
  draft.attributes.clear();
  return true;
}

}  // namespace assay::mutants
