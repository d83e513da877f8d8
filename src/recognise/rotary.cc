// Rotary embedding by halves, as transformers writes it: x * cos + concat(-right half, left half) * sin, with
// tables that are known beforehand.
#include <optional>

#include "recognise/rules.h"

namespace assay::recognise {
namespace {

// Half of the last dimension: of which value, and whether it is the right one.
struct Half {
  ValueId of = kAbsent;
  bool right = false;
};

std::optional<Half> sliced_half(const View& view, ValueId id) {
  const Node* slice = view.made_by(id, "Slice");
  if (slice == nullptr) return std::nullopt;
  const auto starts = view.integers(slice->inputs[1]), ends = view.integers(slice->inputs[2]);
  const auto axes = view.integers(slice->input(3));
  const Shape& shape = view.shape(slice->inputs[0]);
  const int64_t width = shape.back(), last = static_cast<int64_t>(shape.size()) - 1;
  if (!starts || !ends || !axes || starts->size() != 1 || (axes->front() != last && axes->front() != -1) ||
      view.shape(id).back() * 2 != width)
    return std::nullopt;
  const int64_t start = starts->front() < 0 ? starts->front() + width : starts->front();
  if (start != 0 && start * 2 != width) return std::nullopt;
  return Half{slice->inputs[0], start != 0};
}

std::optional<Half> split_half(const View& view, ValueId id) {
  for (const Node& node : view.graph().nodes()) {
    if (node.op != "Split" || node.outputs.size() != 2) continue;
    if (node.outputs[0] != id && node.outputs[1] != id) continue;
    const Shape& shape = view.shape(node.inputs[0]);
    const int64_t axis = node.integer("axis", 0), last = static_cast<int64_t>(shape.size()) - 1;
    if ((axis != last && axis != -1) || view.shape(id).back() * 2 != shape.back()) return std::nullopt;
    return Half{node.inputs[0], node.outputs[1] == id};
  }
  return std::nullopt;
}

std::optional<Half> half(const View& view, ValueId id) {
  const auto found = sliced_half(view, id);
  return found ? found : split_half(view, id);
}

// x of concat(-right, left).
std::optional<ValueId> turned(const View& view, ValueId id) {
  const Node* concat = view.made_by(id, "Concat");
  if (concat == nullptr || concat->inputs.size() != 2) return std::nullopt;
  const auto last = static_cast<int64_t>(view.shape(id).size()) - 1;
  const int64_t axis = concat->integer("axis", 0);
  const Node* minus = view.made_by(concat->inputs[0], "Neg");
  if (minus == nullptr || (axis != last && axis != -1)) return std::nullopt;
  const auto right = half(view, minus->inputs[0]), left = half(view, concat->inputs[1]);
  if (!right || !left || !right->right || left->right || right->of != left->of) return std::nullopt;
  return left->of;
}

// A table [..., length, width] whose halves are equal, as [batch, length, width / 2].
std::optional<graph::Tensor> half_table(const View& view, ValueId id, const Shape& x) {
  const Value& table = view.value(id);
  const int64_t length = x[2], width = x[3];
  if (table.role != graph::Role::constant || table.dtype != tensor::DType::f32 ||
      table.data.size() != length * width || table.shape.back() != width)
    return std::nullopt;
  const auto data = table.data.data<float>();
  std::vector<float> rows;
  for (int64_t batch = 0; batch < x[0]; ++batch)
    for (int64_t at = 0; at < length; ++at)
      for (int64_t i = 0; i < width / 2; ++i) {
        const auto place = static_cast<size_t>(at * width + i);
        if (data[place] != data[place + static_cast<size_t>(width / 2)]) return std::nullopt;
        rows.push_back(data[place]);
      }
  return graph::Tensor::of<float>({x[0], length, width / 2}, rows);
}

// a * b, of which one is the value and the other a table.
std::optional<ValueId> table_beside(const View& view, ValueId product, ValueId value) {
  const Node* mul = view.made_by(product, "Mul");
  return mul == nullptr ? std::nullopt : view.other(*mul, value);
}

}  // namespace

Result<bool> rotary_embedding(const View& view, const Node& root, Emitter& to) {
  if (root.op != "Add" || view.shape(root.outputs[0]).size() != 4) return false;
  for (const size_t i : {0, 1}) {
    const Node* turned_part = view.made_by(root.inputs[i], "Mul");
    for (const size_t j : {0, 1}) {
      const auto x = turned_part == nullptr ? std::nullopt : turned(view, turned_part->inputs[j]);
      const auto cosine = x ? table_beside(view, root.inputs[1 - i], *x) : std::nullopt;
      if (!cosine) continue;
      auto cosines = half_table(view, *cosine, view.shape(*x));
      auto sines = half_table(view, turned_part->inputs[1 - j], view.shape(*x));
      if (!cosines || !sines) continue;
      ASSAY_TRY(const ValueId cos, to.constant(root, "cos", *std::move(cosines)));
      ASSAY_TRY(const ValueId sin, to.constant(root, "sin", *std::move(sines)));
      ASSAY_TRY_VOID(to.finish(root, "RotaryEmbedding", {*x, cos, sin}));
      return true;
    }
  }
  return false;
}

}  // namespace assay::recognise
