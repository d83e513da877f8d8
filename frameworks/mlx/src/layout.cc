// Operators that move elements.
#include <algorithm>
#include <numeric>

#include "graph/slice.h"
#include "indices.h"
#include "operators.h"

namespace mlx_runner {
namespace {

void reshape(const Call& call) { call.set(0, mx::reshape(call.x(0), call.result_shape())); }

void expand(const Call& call) { call.set(0, mx::broadcast_to(call.x(0), call.result_shape())); }

void transpose(const Call& call) {
  std::vector<int64_t> perm(static_cast<size_t>(call.rank(0)));
  std::iota(perm.rbegin(), perm.rend(), 0);
  perm = call.node().integers("perm", perm);
  call.set(0, mx::transpose(call.x(0), std::vector<int>(perm.begin(), perm.end())));
}

// Where an axis of the graph's order stands when the channels are last.
int axis_with_channels_last(int axis, int rank) {
  if (axis == 0) return 0;
  return axis == 1 ? rank - 1 : axis - 1;
}

void concat(const Call& call) {
  const int rank = call.rank(0), axis = call.axis(0, rank);
  const size_t count = call.node().inputs.size();
  bool images = true;
  for (size_t i = 0; i < count; ++i) images = images && call.is_image(i);
  std::vector<array> parts;
  for (size_t i = 0; i < count; ++i) parts.push_back(images ? call.image(i) : call.x(i));
  if (images)
    call.set_image(0, mx::concatenate(std::move(parts), axis_with_channels_last(axis, rank)));
  else
    call.set(0, mx::concatenate(std::move(parts), axis));
}

array part(const array& x, int axis, int start, int stop, int step = 1) {
  mx::Shape starts(x.ndim(), 0), stops = x.shape(), steps(x.ndim(), 1);
  const auto place = static_cast<size_t>(axis);
  starts[place] = start;
  stops[place] = stop;
  steps[place] = step;
  return mx::slice(x, starts, stops, steps);
}

std::vector<int64_t> split_lengths(const Call& call, int axis) {
  if (call.given(1)) return call.integers(1);
  std::vector<int64_t> lengths;
  for (const ValueId output : call.node().outputs) {
    if (output == assay::graph::kAbsent)
      Call::refuse("an output that is left out, without the input `split`");
    lengths.push_back(call.graph().value(output).shape[static_cast<size_t>(axis)]);
  }
  return lengths;
}

void split(const Call& call) {
  const int axis = call.axis(0, call.rank(0));
  const auto lengths = split_lengths(call, axis);
  const array x = call.x(0);
  int start = 0;
  for (size_t i = 0; i < lengths.size(); ++i) {
    const int stop = start + static_cast<int>(lengths[i]);
    call.set(i, part(x, axis, start, stop));
    start = stop;
  }
}

// Elements start, start + step, ...: forward ones are cut out, and turned round when the step is negative.
array sliced(const array& x, int axis, const assay::graph::SliceRange& range) {
  const auto start = static_cast<int>(range.start), step = static_cast<int>(range.step),
             count = static_cast<int>(range.count);
  if (count == 0) return part(x, axis, 0, 0);
  const int last = start + step * (count - 1);
  if (step > 0) return part(x, axis, start, last + 1, step);
  return mx::take(part(x, axis, last, start + 1, -step), mx::arange(count - 1, -1, -1), axis);
}

void slice(const Call& call) {
  const auto ranges = assay::graph::slice_ranges(call.graph(), call.node());
  if (!ranges) Call::refuse(ranges.error().message);
  array result = call.x(0);
  for (size_t axis = 0; axis < ranges->size(); ++axis) {
    const auto& range = (*ranges)[axis];
    if (range.step != 1 || range.count != call.shape(0)[axis])
      result = sliced(result, static_cast<int>(axis), range);
  }
  call.set(0, result);
}

// Which element stands where after padding by another mode than `constant`.
std::vector<int32_t> padded_indices(int64_t length, const assay::graph::PadRange& range,
                                    const std::string& mode) {
  std::vector<int32_t> indices;
  const int64_t kept_from = std::max<int64_t>(0, -range.before);
  const int64_t kept = length - kept_from - std::max<int64_t>(0, -range.after);
  for (int64_t place = -std::max<int64_t>(0, range.before); place < kept + std::max<int64_t>(0, range.after);
       ++place) {
    int64_t source = std::clamp<int64_t>(place, 0, kept - 1);
    if (mode == "wrap") source = ((place % kept) + kept) % kept;
    if (mode == "reflect" && kept > 1) {
      const int64_t period = 2 * (kept - 1), turned = ((place % period) + period) % period;
      source = std::min(turned, period - turned);
    }
    indices.push_back(static_cast<int32_t>(kept_from + source));
  }
  return indices;
}

array padded_with(const Call& call, const std::vector<assay::graph::PadRange>& ranges) {
  array result = call.x(0);
  mx::Shape low, high;
  std::vector<int> axes;
  for (size_t axis = 0; axis < ranges.size(); ++axis) {
    const auto length = static_cast<int>(call.shape(0)[axis]);
    const auto before = static_cast<int>(ranges[axis].before), after = static_cast<int>(ranges[axis].after);
    if (before < 0 || after < 0)
      result = part(result, static_cast<int>(axis), std::max(0, -before), length - std::max(0, -after));
    axes.push_back(static_cast<int>(axis));
    low.push_back(std::max(0, before));
    high.push_back(std::max(0, after));
  }
  const array value = call.given(2) ? mx::reshape(call.x(2), {}) : number(0, result);
  return mx::pad(result, axes, low, high, value);
}

void pad(const Call& call) {
  const auto ranges = assay::graph::pad_ranges(call.graph(), call.node());
  if (!ranges) Call::refuse(ranges.error().message);
  const std::string mode = call.node().text("mode", "constant");
  if (mode == "constant") return call.set(0, padded_with(call, *ranges));
  array result = call.x(0);
  for (size_t axis = 0; axis < ranges->size(); ++axis)
    if ((*ranges)[axis].before != 0 || (*ranges)[axis].after != 0)
      result =
          taken(result, padded_indices(call.shape(0)[axis], (*ranges)[axis], mode), static_cast<int>(axis));
  call.set(0, result);
}

}  // namespace

std::vector<Operator> layout_operators() {
  return {
      {"Concat", concat},       {"Expand", expand},     {"Flatten", reshape}, {"Pad", pad},
      {"Reshape", reshape},     {"Slice", slice},       {"Split", split},     {"Squeeze", reshape},
      {"Transpose", transpose}, {"Unsqueeze", reshape},
  };
}

}  // namespace mlx_runner
