// Rotary embedding by halves, as transformers writes it: x * cos + concat(-right half, left half) * sin, with
// tables that are known beforehand, or that are the cosine and sine of angles written twice beside each
// other.
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
  const int64_t length = x[2], width = x[3];
  if (tensor::element_count(view.shape(id)) != length * width || view.shape(id).back() != width)
    return std::nullopt;
  const auto table = view.floats(id);
  if (!table) return std::nullopt;
  const auto data = table->data<float>();
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

// The angles [batch, length, width / 2] of a table that is computed: f(concat(angles, angles)), perhaps times
// a number, with a dimension for the heads.
struct Angles {
  ValueId of = kAbsent;
  double scale = 1;
};

std::optional<Angles> angles(const View& view, ValueId table, std::string_view function, const Shape& x) {
  Angles found;
  for (ValueId at = table;;) {
    if (const Node* unsqueeze = view.made_by(at, "Unsqueeze")) {
      at = unsqueeze->inputs[0];
      continue;
    }
    const Node* mul = view.made_by(at, "Mul");
    const auto scaled = mul == nullptr ? std::nullopt : view.with_number(*mul);
    if (scaled) {
      found.scale *= scaled->number;
      at = scaled->value;
      continue;
    }
    const Node* applied = view.made_by(at, function);
    const Node* twice = applied == nullptr ? nullptr : view.made_by(applied->inputs[0], "Concat");
    if (twice == nullptr || twice->inputs.size() != 2 || twice->inputs[0] != twice->inputs[1])
      return std::nullopt;
    found.of = twice->inputs[0];
    const bool fits = view.shape(found.of) == Shape{x[0], x[2], x[3] / 2};
    return fits ? std::optional(found) : std::nullopt;
  }
}

// The half of a table as RotaryEmbedding takes it.
Result<ValueId> half_of(const View& view, const Node& root, ValueId table, const std::string& function,
                        const Shape& x, Emitter& to) {
  if (auto known = half_table(view, table, x)) return to.constant(root, function, *std::move(known));
  const auto found = angles(view, table, function, x);
  if (!found) return fail(ErrorKind::data, "node {}: no table of rotary positions", root.name);
  ASSAY_TRY(const ValueId made, to.put(root, function, function, {found->of}));
  if (found->scale == 1) return made;
  ASSAY_TRY(const ValueId scale,
            to.constant(root, function + " scale",
                        graph::Tensor::of<float>({}, {static_cast<float>(found->scale)})));
  return to.put(root, function + " scaled", "Mul", {made, scale});
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
      const ValueId sine = turned_part->inputs[1 - j];
      ASSAY_TRY(const ValueId cos, half_of(view, root, *cosine, "Cos", view.shape(*x), to));
      ASSAY_TRY(const ValueId sin, half_of(view, root, sine, "Sin", view.shape(*x), to));
      ASSAY_TRY_VOID(to.finish(root, "RotaryEmbedding", {*x, cos, sin}));
      return true;
    }
  }
  return false;
}

}  // namespace assay::recognise
