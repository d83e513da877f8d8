// LayerNorm and RMSNorm as exporters write them out: a mean, differences, their mean square, a division by
// its root, and perhaps a scale and a bias.
#include <optional>

#include "recognise/rules.h"

namespace assay::recognise {
namespace {

// x · x as a mean over trailing axes, plus epsilon, under a root.
struct Deviation {
  ValueId of = kAbsent;  // x
  size_t axis = 0;
  double epsilon = 0;
};

std::optional<ValueId> squared(const View& view, ValueId id) {
  if (const Node* pow = view.made_by(id, "Pow"); pow != nullptr && view.number(pow->inputs[1]) == 2.0)
    return pow->inputs[0];
  if (const Node* mul = view.made_by(id, "Mul"); mul != nullptr && mul->inputs[0] == mul->inputs[1])
    return mul->inputs[0];
  return std::nullopt;
}

std::optional<Deviation> deviation(const View& view, ValueId id) {
  const Node* root = view.made_by(id, "Sqrt");
  const Node* sum = root == nullptr ? nullptr : view.made_by(root->inputs[0], "Add");
  if (sum == nullptr) return std::nullopt;
  const auto shifted = view.with_number(*sum);
  if (!shifted) return std::nullopt;
  const Node* mean = view.made_by(shifted->value, "ReduceMean");
  const auto axis = mean == nullptr ? std::nullopt : view.trailing_axis(*mean);
  const auto of = mean == nullptr ? std::nullopt : squared(view, mean->inputs[0]);
  if (!axis || !of) return std::nullopt;
  return Deviation{.of = *of, .axis = *axis, .epsilon = shifted->number};
}

// The numerator, with what it is divided by: a / s, a * (1 / s).
struct Quotient {
  ValueId numerator = kAbsent;
  Deviation by;
};

std::optional<Quotient> quotient(const View& view, ValueId id) {
  if (const Node* div = view.made_by(id, "Div")) {
    const auto by = deviation(view, div->inputs[1]);
    return by ? std::optional(Quotient{div->inputs[0], *by}) : std::nullopt;
  }
  const Node* mul = view.made_by(id, "Mul");
  for (const size_t i : {0, 1}) {
    if (mul == nullptr) break;
    ValueId root = kAbsent;
    if (const Node* reciprocal = view.made_by(mul->inputs[i], "Reciprocal")) root = reciprocal->inputs[0];
    if (const Node* div = view.made_by(mul->inputs[i], "Div");
        div != nullptr && view.number(div->inputs[0]) == 1.0)
      root = div->inputs[1];
    const auto by = deviation(view, root);
    if (by) return Quotient{mul->inputs[1 - i], *by};
  }
  return std::nullopt;
}

// x of LayerNorm: what is divided is x - mean(x), and so is what was squared.
std::optional<ValueId> centred(const View& view, const Quotient& found) {
  const Node* sub = view.made_by(found.numerator, "Sub");
  const Node* squared = view.made_by(found.by.of, "Sub");
  if (sub == nullptr || squared == nullptr || sub->inputs != squared->inputs) return std::nullopt;
  const Node* mean = view.made_by(sub->inputs[1], "ReduceMean");
  if (mean == nullptr || mean->inputs[0] != sub->inputs[0] || view.trailing_axis(*mean) != found.by.axis)
    return std::nullopt;
  return sub->inputs[0];
}

// The value is known beforehand and has the shape of the axes that are normalised.
bool is_affine(const View& view, ValueId id, ValueId x, size_t axis) {
  if (!view.known(id)) return false;
  const Shape& whole = view.shape(x);
  return view.shape(id) == Shape(whole.begin() + static_cast<ptrdiff_t>(axis), whole.end());
}

graph::Attributes attributes(const Deviation& by, size_t rank) {
  return {{"axis", static_cast<int64_t>(by.axis) - static_cast<int64_t>(rank)}, {"epsilon", by.epsilon}};
}

// Ones, for a norm without a scale.
Result<ValueId> ones(const View& view, const Node& root, ValueId x, size_t axis, Emitter& to) {
  const Shape& whole = view.shape(x);
  const Shape shape(whole.begin() + static_cast<ptrdiff_t>(axis), whole.end());
  const auto count = static_cast<size_t>(tensor::element_count(shape));
  return to.constant(root, "ones", graph::Tensor::of<float>(shape, std::vector<float>(count, 1.0F)));
}

struct Norm {
  ValueId x = kAbsent;
  ValueId scale = kAbsent;
  ValueId bias = kAbsent;
  Deviation by;
};

// The norm that ends in this value: with a scale, or without.
std::optional<Norm> norm(const View& view, ValueId id, bool centre) {
  const auto plain = [&](ValueId at) -> std::optional<Norm> {
    const auto found = quotient(view, at);
    if (!found) return std::nullopt;
    const auto x = centre ? centred(view, *found)
                          : std::optional(found->numerator == found->by.of ? found->numerator : kAbsent);
    return x && *x != kAbsent ? std::optional(Norm{.x = *x, .by = found->by}) : std::nullopt;
  };
  if (auto bare = plain(id)) return bare;
  const Node* mul = view.made_by(id, "Mul");
  for (const size_t i : {0, 1}) {
    if (mul == nullptr) break;
    auto inner = plain(mul->inputs[i]);
    if (!inner || !is_affine(view, mul->inputs[1 - i], inner->x, inner->by.axis)) continue;
    inner->scale = mul->inputs[1 - i];
    return inner;
  }
  return std::nullopt;
}

Result<bool> put_norm(const View& view, const Node& root, const char* op, Norm found, Emitter& to) {
  if (found.scale == kAbsent) {
    ASSAY_TRY(found.scale, ones(view, root, found.x, found.by.axis, to));
  }
  std::vector<ValueId> inputs = {found.x, found.scale};
  if (found.bias != kAbsent) inputs.push_back(found.bias);
  ASSAY_TRY_VOID(to.finish(root, op, inputs, attributes(found.by, view.shape(found.x).size())));
  return true;
}

}  // namespace

Result<bool> layer_normalization(const View& view, const Node& root, Emitter& to) {
  if (root.op != "Add" && root.op != "Mul" && root.op != "Div") return false;
  if (const auto found = norm(view, root.outputs[0], true))
    return put_norm(view, root, "LayerNormalization", *found, to);
  if (root.op != "Add") return false;
  for (const size_t i : {0, 1}) {
    auto found = norm(view, root.inputs[i], true);
    if (!found || found->scale == kAbsent || !is_affine(view, root.inputs[1 - i], found->x, found->by.axis))
      continue;
    found->bias = root.inputs[1 - i];
    return put_norm(view, root, "LayerNormalization", *found, to);
  }
  return false;
}

Result<bool> rms_normalization(const View& view, const Node& root, Emitter& to) {
  if (root.op != "Mul" && root.op != "Div") return false;
  const auto found = norm(view, root.outputs[0], false);
  return found ? put_norm(view, root, "RMSNormalization", *found, to) : Result<bool>(false);
}

}  // namespace assay::recognise
