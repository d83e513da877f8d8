// The rotation of queries and keys by position, as the composition from which OpenVINO's transformations make
// one operator.
#include "operators.h"

namespace openvino_runner {
namespace {

// The part [from, to) of the last axis.
Output part(const Output& x, int64_t from, int64_t to) {
  return make<op::Slice>(x, integers({from}), integers({to}), integers({1}), integers({-1}));
}

// Cosines or sines with room for the heads: [batch or 1, 1, length, pairs].
Output table(Emitter& emitter, const Node& node, size_t place) {
  Output rows = emitter.input(node, place);
  if (node.input(3) != kAbsent) rows = make<op::Gather>(rows, emitter.input(node, 3), integer(0));
  return make<op::Unsqueeze>(rows, integers({1}));
}

// Pairs are an element of the first half and one of the second.
Output rotated_halves(const Output& x, const Output& cosines, const Output& sines, int64_t size) {
  const Output negative = make<op::Multiply>(part(x, size / 2, size), scalar(-1, x));
  const Output turned = make<op::Concat>(Outputs{negative, part(x, 0, size / 2)}, -1);
  const auto twice = [](const Output& table) { return make<op::Concat>(Outputs{table, table}, -1); };
  return make<op::Add>(make<op::Multiply>(x, twice(cosines)), make<op::Multiply>(turned, twice(sines)));
}

// Pairs are neighbours.
Output rotated_neighbours(const Output& x, const Output& cosines, const Output& sines, int64_t size) {
  const ov::Shape& shape = x.get_shape();
  Shape whole(shape.begin(), shape.end()), pairs(shape.begin(), shape.end());
  pairs.back() = size / 2;
  pairs.push_back(2);
  const auto halves = std::make_shared<op::Split>(reshaped(x, pairs), integer(-1), 2);
  pairs.pop_back();
  const Output one = reshaped(halves->output(0), pairs), other = reshaped(halves->output(1), pairs);
  const Output first = make<op::Subtract>(make<op::Multiply>(one, cosines), make<op::Multiply>(other, sines));
  const Output second = make<op::Add>(make<op::Multiply>(other, cosines), make<op::Multiply>(one, sines));
  const auto apart = [](const Output& half) { return make<op::Unsqueeze>(half, integers({-1})); };
  return reshaped(make<op::Concat>(Outputs{apart(first), apart(second)}, -1), whole);
}

// x of [batch, heads, length, size]; what lies behind the rotated elements stays.
Output rotated(Emitter& emitter, const Node& node, const Output& x) {
  const auto size = static_cast<int64_t>(x.get_shape().back());
  const int64_t dimension = node.integer("rotary_embedding_dim", 0);
  const int64_t width = dimension == 0 ? size : dimension;
  const Output turning = width == size ? x : part(x, 0, width);
  const Output cosines = table(emitter, node, 1), sines = table(emitter, node, 2);
  const Output turned = node.integer("interleaved", 0) != 0
                            ? rotated_neighbours(turning, cosines, sines, width)
                            : rotated_halves(turning, cosines, sines, width);
  return width == size ? turned : make<op::Concat>(Outputs{turned, part(x, width, size)}, -1);
}

Outputs rotary(Emitter& emitter, const Node& node) {
  const Shape& shape = emitter.shape(node, 0);
  if (shape.size() == 4) return {rotated(emitter, node, emitter.input(node, 0))};
  const int64_t heads = node.integer("num_heads", 0);
  const Output y = rotated(emitter, node, emitter.by_head(node.inputs[0], heads));
  emitter.keep_by_head(node.outputs[0], y);
  return {reshaped(transposed(y, {0, 2, 1, 3}), shape)};
}

}  // namespace

std::vector<Operator> rotary_operators() { return {{"RotaryEmbedding", rotary}}; }

}  // namespace openvino_runner
