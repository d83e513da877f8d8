// Operators that compare or add up the elements along one axis.
#include "operators.h"

namespace openvino_runner {
namespace {

using ov::op::TopKMode;
using ov::op::TopKSortType;

// Of equal elements the first comes first.
Outputs taken(const Output& x, int64_t k, size_t axis, bool largest) {
  const auto mode = largest ? TopKMode::MAX : TopKMode::MIN;
  return std::make_shared<op::TopK>(x, integer(k), static_cast<int64_t>(axis), mode,
                                    TopKSortType::SORT_VALUES, ov::element::i64, true)
      ->outputs();
}

Outputs top_k(Emitter& emitter, const Node& node) {
  const size_t axis = from_the_front(node.integer("axis", -1), emitter.shape(node, 0).size());
  return taken(emitter.input(node, 0), emitter.result(node).shape[axis], axis,
               node.integer("largest", 1) != 0);
}

Output turned_round(const Output& x, size_t axis) {
  return make<op::Slice>(x, integers({-1}), integers({INT64_MIN + 1}), integers({-1}),
                         integers({static_cast<int64_t>(axis)}));
}

Outputs arg(Emitter& emitter, const Node& node, bool largest) {
  const Shape& shape = emitter.shape(node, 0);
  const size_t axis = from_the_front(node.integer("axis", 0), shape.size());
  const bool last = node.integer("select_last_index", 0) != 0;
  const Output x = emitter.input(node, 0);
  Output place = taken(last ? turned_round(x, axis) : x, 1, axis, largest)[1];
  if (last) place = make<op::Subtract>(integer(shape[axis] - 1), place);
  return {reshaped(place, emitter.result(node).shape)};
}

Outputs arg_max(Emitter& emitter, const Node& node) { return arg(emitter, node, true); }
Outputs arg_min(Emitter& emitter, const Node& node) { return arg(emitter, node, false); }

// One at the first of the largest elements.
Outputs hardmax(Emitter& emitter, const Node& node) {
  const Shape& shape = emitter.shape(node, 0);
  const size_t axis = from_the_front(node.integer("axis", -1), shape.size());
  const Output x = emitter.input(node, 0);
  Shape without = shape;
  without.erase(without.begin() + static_cast<std::ptrdiff_t>(axis));
  const Output place = reshaped(taken(x, 1, axis, true)[1], without);
  return {
      make<op::OneHot>(place, integer(shape[axis]), scalar(1, x), scalar(0, x), static_cast<int64_t>(axis))};
}

Outputs cum_sum(Emitter& emitter, const Node& node) {
  const int64_t axis = constant_integers(emitter.value(node, 1)).front();
  return {make<op::CumSum>(emitter.input(node, 0), integer(axis), node.integer("exclusive", 0) != 0,
                           node.integer("reverse", 0) != 0)};
}

}  // namespace

std::vector<Operator> order_operators() {
  return {
      {"ArgMax", arg_max}, {"ArgMin", arg_min}, {"CumSum", cum_sum}, {"Hardmax", hardmax}, {"TopK", top_k},
  };
}

}  // namespace openvino_runner
