// Operators that move elements without changing them.
#include <algorithm>
#include <numeric>

#include "graph/slice.h"
#include "operators.h"

namespace openvino_runner {
namespace {

using assay::graph::PadRange;
using assay::graph::Role;
using assay::graph::SliceRange;

// Reshape, Flatten, Squeeze, Unsqueeze: the shape says it all.
Outputs reshape(Emitter& emitter, const Node& node) {
  return {reshaped(emitter.input(node, 0), emitter.result(node).shape)};
}

Outputs transpose(Emitter& emitter, const Node& node) {
  std::vector<int64_t> reversed(emitter.shape(node, 0).size());
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  return {transposed(emitter.input(node, 0), node.integers("perm", reversed))};
}

Outputs concat(Emitter& emitter, const Node& node) {
  Outputs parts;
  for (size_t i = 0; i < node.inputs.size(); ++i) parts.push_back(emitter.input(node, i));
  return {make<op::Concat>(parts, node.integer("axis", 0))};
}

Outputs split(Emitter& emitter, const Node& node) {
  const size_t axis = from_the_front(node.integer("axis", 0), emitter.shape(node, 0).size());
  std::vector<int64_t> lengths;
  if (node.input(1) != kAbsent)
    lengths = constant_integers(emitter.value(node, 1));
  else
    for (const ValueId id : node.outputs) {
      if (id == kAbsent) throw Refusal("an output that is left out, without the input split");
      lengths.push_back(emitter.graph().value(id).shape[axis]);
    }
  const auto made = std::make_shared<op::VariadicSplit>(
      emitter.input(node, 0), integer(static_cast<int64_t>(axis)), integers(lengths));
  return made->outputs();
}

// The place behind the last element that is taken; one before the first counts from the end in OpenVINO, and
// so lies before the whole axis.
int64_t end_of(const SliceRange& range, int64_t length) {
  const int64_t end = range.start + range.count * range.step;
  return range.step > 0 ? std::min(end, length) : (end < 0 ? -length - 1 : end);
}

Outputs slice(Emitter& emitter, const Node& node) {
  const auto ranges = assay::graph::slice_ranges(emitter.graph(), node).value();
  const Shape& shape = emitter.shape(node, 0);
  std::vector<int64_t> starts, ends, steps, axes;
  for (size_t axis = 0; axis < ranges.size(); ++axis) {
    if (ranges[axis].count == shape[axis] && ranges[axis].step == 1) continue;
    starts.push_back(ranges[axis].start);
    ends.push_back(end_of(ranges[axis], shape[axis]));
    steps.push_back(ranges[axis].step);
    axes.push_back(static_cast<int64_t>(axis));
  }
  if (axes.empty()) return {emitter.input(node, 0)};
  return {make<op::Slice>(emitter.input(node, 0), integers(starts), integers(ends), integers(steps),
                          integers(axes))};
}

Outputs expand(Emitter& emitter, const Node& node) {
  return {make<op::Broadcast>(emitter.input(node, 0), integers(emitter.result(node).shape))};
}

// Which element stands at `place` of an axis that is continued by `mode`.
int64_t source(int64_t place, int64_t length, const std::string& mode) {
  if (mode == "edge") return std::clamp<int64_t>(place, 0, length - 1);
  if (mode == "wrap") return (place % length + length) % length;
  if (length == 1) return 0;
  const int64_t period = 2 * (length - 1);
  const int64_t within = (place % period + period) % period;
  return within < length ? within : period - within;
}

// A padding that is negative crops first, and what is left is continued.
std::vector<int64_t> sources(const PadRange& range, int64_t length, const std::string& mode) {
  const int64_t first = std::max<int64_t>(0, -range.before);
  const int64_t kept = length - first - std::max<int64_t>(0, -range.after);
  const int64_t before = std::max<int64_t>(0, range.before), after = std::max<int64_t>(0, range.after);
  std::vector<int64_t> result;
  for (int64_t place = -before; place < kept + after; ++place)
    result.push_back(first + source(place, kept, mode));
  return result;
}

// OpenVINO's Pad reflects and repeats as well, but an axis once at most, and not in a circle.
Output padded_by_rows(Emitter& emitter, const Node& node, const std::vector<PadRange>& ranges,
                      const std::string& mode) {
  Output x = emitter.input(node, 0);
  for (size_t axis = 0; axis < ranges.size(); ++axis)
    if (ranges[axis].before != 0 || ranges[axis].after != 0)
      x = rows(x, sources(ranges[axis], emitter.shape(node, 0)[axis], mode), axis);
  return x;
}

Output padded(const Output& x, const std::vector<PadRange>& ranges, const Output& value) {
  std::vector<int64_t> before, after;
  for (const PadRange& range : ranges) {
    before.push_back(range.before);
    after.push_back(range.after);
  }
  return make<op::Pad>(x, integers(before), integers(after), value, ov::op::PadMode::CONSTANT);
}

Outputs pad(Emitter& emitter, const Node& node) {
  const auto ranges = assay::graph::pad_ranges(emitter.graph(), node).value();
  const std::string mode = node.text("mode", "constant");
  if (mode != "constant") return {padded_by_rows(emitter, node, ranges, mode)};
  const Output x = emitter.input(node, 0);
  if (node.input(2) == kAbsent) return {padded(x, ranges, scalar(0, x))};
  const Output value = reshaped(emitter.input(node, 2), {});
  if (emitter.value(node, 2).role == Role::constant) return {padded(x, ranges, value)};
  // The CPU plugin takes a value that it learns in a step for 0.
  const Output ones = make<op::Broadcast>(scalar(1, x), integers(emitter.shape(node, 0)));
  const Output inside = converted(padded(ones, ranges, scalar(0, x)), ov::element::boolean);
  return {make<op::Select>(inside, padded(x, ranges, scalar(0, x)), value)};
}

}  // namespace

std::vector<Operator> layout_operators() {
  return {
      {"Concat", concat},       {"Expand", expand},     {"Flatten", reshape}, {"Pad", pad},
      {"Reshape", reshape},     {"Slice", slice},       {"Split", split},     {"Squeeze", reshape},
      {"Transpose", transpose}, {"Unsqueeze", reshape},
  };
}

}  // namespace openvino_runner
