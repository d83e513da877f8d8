// Scaled dot-product attention: MatMul, a scale before or behind it, a mask, Softmax, MatMul, on heads that
// are split already. And where an exporter wrote it as one node: heads that it repeated first, and a mask
// that is written out although it says nothing, or only that nobody sees what comes after.
#include <algorithm>
#include <optional>

#include "recognise/rules.h"

namespace assay::recognise {
namespace {

// A value without the numbers that it is multiplied by.
struct Scaled {
  ValueId value = kAbsent;
  double scale = 1;
};

Scaled unscaled(const View& view, ValueId id) {
  Scaled result{.value = id};
  for (;;) {
    const Node* mul = view.made_by(result.value, "Mul");
    const Node* div = view.made_by(result.value, "Div");
    const auto found = mul != nullptr ? view.with_number(*mul) : std::nullopt;
    if (found) {
      result.value = found->value;
      result.scale *= found->number;
    } else if (const auto by = div != nullptr ? view.number(div->inputs[1]) : std::nullopt) {
      result.value = div->inputs[0];
      result.scale /= *by;
    } else {
      return result;
    }
  }
}

struct Scores {
  ValueId q = kAbsent, k_transposed = kAbsent, mask = kAbsent;
  double scale = 1;
};

std::optional<Scores> product(const View& view, ValueId id) {
  const Scaled outer = unscaled(view, id);
  const Node* matmul = view.made_by(outer.value, "MatMul");
  if (matmul == nullptr || view.known(matmul->inputs[1])) return std::nullopt;
  const Scaled q = unscaled(view, matmul->inputs[0]), k = unscaled(view, matmul->inputs[1]);
  return Scores{.q = q.value, .k_transposed = k.value, .scale = outer.scale * q.scale * k.scale};
}

// What Softmax is taken of: the product, or the product and a mask added to it.
std::optional<Scores> scores(const View& view, ValueId id) {
  if (auto plain = product(view, id)) return plain;
  const Node* sum = view.made_by(id, "Add");
  for (const size_t i : {0, 1}) {
    if (sum == nullptr) break;
    auto found = product(view, sum->inputs[i]);
    if (!found) continue;
    found->mask = sum->inputs[1 - i];
    return found;
  }
  return std::nullopt;
}

// K as [batch, heads, length, size], from what the product has transposed.
Result<ValueId> keys(const View& view, const Node& root, ValueId transposed, Emitter& to) {
  const Node* transpose = view.made_by(transposed, "Transpose");
  if (transpose != nullptr) {
    std::vector<int64_t> perm = transpose->integers("perm");
    if (perm == std::vector<int64_t>{0, 1, 3, 2}) return transpose->inputs[0];
    if (perm.size() == 4) {
      std::swap(perm[2], perm[3]);
      return to.put(root, "keys", "Transpose", {transpose->inputs[0]}, {{"perm", perm}});
    }
  }
  return to.put(root, "keys", "Transpose", {transposed}, {{"perm", std::vector<int64_t>{0, 1, 3, 2}}});
}

// The fewer heads of which each was written several times, one beside the other, for the heads of the
// queries.
std::optional<ValueId> unrepeated(const View& view, ValueId heads) {
  const Node* reshape = view.made_by(heads, "Reshape");
  const Node* expand = reshape == nullptr ? nullptr : view.made_by(reshape->inputs[0], "Expand");
  const Node* unsqueeze = expand == nullptr ? nullptr : view.made_by(expand->inputs[0], "Unsqueeze");
  if (unsqueeze == nullptr || view.shape(unsqueeze->inputs[0]).size() != 4) return std::nullopt;
  const Shape& few = view.shape(unsqueeze->inputs[0]);
  const Shape& many = view.shape(heads);
  if (many.size() != 4 || few[1] == 0) return std::nullopt;
  const int64_t times = many[1] / few[1];
  const bool fits = view.shape(unsqueeze->outputs[0]) == Shape{few[0], few[1], 1, few[2], few[3]} &&
                    view.shape(expand->outputs[0]) == Shape{few[0], few[1], times, few[2], few[3]} &&
                    many == Shape{few[0], few[1] * times, few[2], few[3]};
  return fits ? std::optional(unsqueeze->inputs[0]) : std::nullopt;
}

// Whether the constant mask [..., queries, keys] is true exactly where `visible` says so.
bool is_mask(const View& view, ValueId id, bool (*visible)(int64_t query, int64_t key)) {
  const Value& mask = view.value(id);
  if (mask.role != graph::Role::constant || mask.dtype != tensor::DType::boolean || mask.shape.size() < 2)
    return false;
  const int64_t keys = mask.shape.back(), queries = mask.shape[mask.shape.size() - 2];
  const auto sees = mask.data.data<bool>();
  for (int64_t at = 0; at < mask.data.size(); ++at)
    if (sees[static_cast<size_t>(at)] != visible(at / keys % queries, at % keys)) return false;
  return true;
}

// Takes the mask away where it says nothing more than `causal` does afterwards.
void without_plain_mask(const View& view, std::vector<ValueId>& inputs, bool& causal) {
  if (inputs.size() != 4 || inputs[3] == kAbsent) return;
  const Shape& mask = view.shape(inputs[3]);
  const bool square = mask.size() >= 2 && mask.back() == mask[mask.size() - 2] &&
                      view.shape(inputs[0])[2] == view.shape(inputs[1])[2];
  const bool all = is_mask(view, inputs[3], [](int64_t, int64_t) { return true; });
  const bool before =
      square && is_mask(view, inputs[3], [](int64_t query, int64_t key) { return key <= query; });
  if (!all && !before) return;
  causal = causal || before;
  inputs.pop_back();
}

Result<bool> tidied(const View& view, const Node& root, Emitter& to) {
  if (root.inputs.size() > 4 || view.shape(root.inputs[0]).size() != 4) return false;
  std::vector<ValueId> inputs = root.inputs;
  const auto few_k = unrepeated(view, inputs[1]), few_v = unrepeated(view, inputs[2]);
  if (few_k && few_v) inputs[1] = *few_k, inputs[2] = *few_v;
  bool causal = root.integer("is_causal", 0) != 0;
  without_plain_mask(view, inputs, causal);
  if (inputs == root.inputs) return false;
  graph::Attributes attributes = root.attributes;
  if (causal) attributes.insert_or_assign("is_causal", int64_t{1});
  ASSAY_TRY_VOID(to.finish(root, "Attention", inputs, std::move(attributes)));
  return true;
}

bool is_last_axis(const View& view, const Node& softmax) {
  const auto rank = static_cast<int64_t>(view.shape(softmax.inputs[0]).size());
  const int64_t axis = softmax.integer("axis", -1);
  return axis == -1 || axis == rank - 1;
}

}  // namespace

Result<bool> attention(const View& view, const Node& root, Emitter& to) {
  if (root.op == "Attention") return tidied(view, root, to);
  if (root.op != "MatMul" || view.shape(root.outputs[0]).size() != 4) return false;
  const Node* softmax = view.made_by(root.inputs[0], "Softmax");
  if (softmax == nullptr || !is_last_axis(view, *softmax)) return false;
  const auto found = scores(view, softmax->inputs[0]);
  if (!found || view.shape(found->q).size() != 4) return false;
  ASSAY_TRY(ValueId k, keys(view, root, found->k_transposed, to));
  ValueId v = root.inputs[1];
  const auto few_k = view.has(k) ? unrepeated(view, k) : std::nullopt, few_v = unrepeated(view, v);
  if (few_k && few_v) k = *few_k, v = *few_v;
  std::vector<ValueId> inputs = {found->q, k, v};
  if (found->mask != kAbsent) inputs.push_back(found->mask);
  ASSAY_TRY_VOID(to.finish(root, "Attention", inputs, {{"scale", found->scale}}));
  return true;
}

}  // namespace assay::recognise
