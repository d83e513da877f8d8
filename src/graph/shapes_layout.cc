#include <algorithm>
#include <numeric>

#include "graph/rules.h"
#include "graph/slice.h"

namespace assay::graph {
namespace {

using tensor::element_count;
using tensor::to_string;

// The one dimension given as -1 takes what the others leave.
Result<Shape> fill_open_dimension(const Call& call, Shape shape, size_t open) {
  shape[open] = 1;
  const int64_t others = element_count(shape);
  const int64_t all = element_count(call.shape(0));
  if (others == 0 || all % others != 0)
    return call.error("{} of shape {} does not divide into {}", call.operand(0), to_string(call.shape(0)),
                      to_string(shape));
  shape[open] = all / others;
  return shape;
}

Result<Shape> sum_along(const Call& call, size_t axis) {
  Shape shape = call.shape(0);
  for (size_t i = 1; i < call.inputs(); ++i) {
    ASSAY_TRY_VOID(call.need_same_type(0, i));
    ASSAY_TRY_VOID(call.need_rank(i, shape.size(), shape.size()));
    Shape expected = shape;
    expected[axis] = call.shape(i)[axis];
    ASSAY_TRY_VOID(call.need_shape(i, expected));
    shape[axis] += call.shape(i)[axis];
  }
  return shape;
}

// Lengths of the parts: given, or equal with a shorter last one.
Result<std::vector<int64_t>> split_lengths(const Call& call, int64_t length) {
  if (call.given(1)) return call.constant_integers(1);
  const auto outputs = static_cast<int64_t>(call.outputs());
  const int64_t parts = call.node().integer("num_outputs", outputs);
  if (parts != outputs)
    return call.error("attribute num_outputs is {}, the node has {} outputs", parts, outputs);
  const int64_t part = (length + parts - 1) / parts;
  std::vector<int64_t> lengths(static_cast<size_t>(parts), part);
  lengths.back() = length - part * (parts - 1);
  return lengths;
}

// Whether these are natural numbers whose sum is `length`; the sum of any numbers may not fit 64 bits.
bool make_up(const std::vector<int64_t>& lengths, int64_t length) {
  for (const int64_t part : lengths) {
    if (part < 0 || part > length) return false;
    length -= part;
  }
  return length == 0;
}

}  // namespace

Types infer_reshape(const Call& call) {
  ASSAY_TRY(Shape shape, call.constant_integers(1));
  const bool zero_is_zero = call.node().integer("allowzero", 0) != 0;
  std::optional<size_t> open;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && !zero_is_zero) {
      if (i >= call.rank(0))
        return call.error("dimension {} of {} copies one that is not there", i, call.operand(1));
      shape[i] = call.shape(0)[i];
    }
    if (shape[i] < -1 || shape[i] > kMostElements || (shape[i] == -1 && open))
      return call.error("{} holds {}, expected dimensions, at most one of them -1", call.operand(1),
                        to_string(shape));
    if (shape[i] == -1) open = i;
  }
  if (open) {
    ASSAY_TRY(shape, fill_open_dimension(call, shape, *open));
  }
  if (element_count(shape) != element_count(call.shape(0)))
    return call.error("{} of shape {} cannot become {}", call.operand(0), to_string(call.shape(0)),
                      to_string(shape));
  return one(call.dtype(0), std::move(shape));
}

Types infer_flatten(const Call& call) {
  const auto rank = static_cast<int64_t>(call.rank(0));
  int64_t axis = call.node().integer("axis", 1);
  if (axis < -rank || axis > rank)
    return call.error("axis {} lies outside a tensor of {} dimensions", axis, rank);
  if (axis < 0) axis += rank;
  const Shape& x = call.shape(0);
  const auto middle = x.begin() + axis;
  return one(call.dtype(0), {element_count(Shape(x.begin(), middle)), element_count(Shape(middle, x.end()))});
}

Types infer_transpose(const Call& call) {
  std::vector<int64_t> reversed(call.rank(0));
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  ASSAY_TRY(const std::vector<size_t> perm, call.axes(call.node().integers("perm", reversed), call.rank(0)));
  if (perm.size() != call.rank(0))
    return call.error("attribute perm has {} entries, expected {}", perm.size(), call.rank(0));
  Shape shape;
  for (const size_t axis : perm) shape.push_back(call.shape(0)[axis]);
  return one(call.dtype(0), std::move(shape));
}

Types infer_expand(const Call& call) {
  ASSAY_TRY(const Shape target, call.constant_integers(1));
  auto shape = broadcast(call.shape(0), target);
  if (!shape || std::ranges::any_of(target, [](int64_t dimension) { return dimension < 0; }))
    return call.error("{} of shape {} does not broadcast with {}", call.operand(0), to_string(call.shape(0)),
                      to_string(target));
  return one(call.dtype(0), *std::move(shape));
}

Types infer_squeeze(const Call& call) {
  std::vector<size_t> axes;
  if (call.given(1)) {
    ASSAY_TRY(const std::vector<int64_t> given, call.constant_integers(1));
    ASSAY_TRY(axes, call.axes(given, call.rank(0)));
  }
  Shape shape;
  for (size_t i = 0; i < call.rank(0); ++i) {
    const int64_t dimension = call.shape(0)[i];
    const bool named = std::ranges::find(axes, i) != axes.end();
    if (named && dimension != 1) return call.error("dimension {} is {}, expected 1", i, dimension);
    if (!named && (call.given(1) || dimension != 1)) shape.push_back(dimension);
  }
  return one(call.dtype(0), std::move(shape));
}

Types infer_unsqueeze(const Call& call) {
  ASSAY_TRY(const std::vector<int64_t> given, call.constant_integers(1));
  const size_t rank = call.rank(0) + given.size();
  ASSAY_TRY(std::vector<size_t> axes, call.axes(given, rank));
  std::ranges::sort(axes);
  Shape shape = call.shape(0);
  for (const size_t axis : axes) shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), 1);
  return one(call.dtype(0), std::move(shape));
}

Types infer_concat(const Call& call) {
  ASSAY_TRY_VOID(call.need_rank(0, 1));
  ASSAY_TRY(const size_t axis, call.axis(call.node().integer("axis", 0), call.rank(0)));
  ASSAY_TRY(Shape shape, sum_along(call, axis));
  return one(call.dtype(0), std::move(shape));
}

Types infer_split(const Call& call) {
  ASSAY_TRY_VOID(call.need_rank(0, 1));
  ASSAY_TRY(const size_t axis, call.axis(call.node().integer("axis", 0), call.rank(0)));
  const int64_t length = call.shape(0)[axis];
  ASSAY_TRY(const std::vector<int64_t> lengths, split_lengths(call, length));
  if (!make_up(lengths, length) || lengths.size() != call.outputs())
    return call.error("{} along axis {} does not split into {} outputs of {}", length, axis, call.outputs(),
                      to_string(lengths));
  std::vector<TypedShape> types;
  for (const int64_t part : lengths) {
    Shape shape = call.shape(0);
    shape[axis] = part;
    types.push_back({call.dtype(0), std::move(shape)});
  }
  return types;
}

Types infer_slice(const Call& call) {
  ASSAY_TRY(const std::vector<SliceRange> ranges, slice_ranges(call.graph(), call.node()));
  Shape shape;
  for (const SliceRange& range : ranges) shape.push_back(range.count);
  return one(call.dtype(0), std::move(shape));
}

Types infer_pad(const Call& call) {
  ASSAY_TRY(const std::vector<PadRange> pads, pad_ranges(call.graph(), call.node()));
  if (call.given(2)) {
    ASSAY_TRY_VOID(call.need_same_type(0, 2));
    if (call.value(2).data.size() != 1 && element_count(call.shape(2)) != 1)
      return call.error("{} has shape {}, expected one element", call.operand(2), to_string(call.shape(2)));
  }
  Shape shape;
  for (size_t i = 0; i < pads.size(); ++i) shape.push_back(call.shape(0)[i] + pads[i].before + pads[i].after);
  return one(call.dtype(0), std::move(shape));
}

Types infer_tile(const Call& call) {
  ASSAY_TRY(const std::vector<int64_t> repeats, call.constant_integers(1));
  if (repeats.size() != call.rank(0))
    return call.error("{} has {} entries, expected {}", call.operand(1), repeats.size(), call.rank(0));
  Shape shape = call.shape(0);
  for (size_t i = 0; i < shape.size(); ++i) {
    if (repeats[i] < 0 || repeats[i] > kMostElements)
      return call.error("{} holds {}, expected 0 or more", call.operand(1), repeats[i]);
    if (repeats[i] != 0 && shape[i] > kMostElements / repeats[i])
      return call.error("{} times {} makes too many elements", to_string(call.shape(0)), to_string(repeats));
    shape[i] *= repeats[i];
  }
  return one(call.dtype(0), std::move(shape));
}

Types infer_trilu(const Call& call) {
  ASSAY_TRY_VOID(call.need_rank(0, 2));
  if (call.given(1)) {
    ASSAY_TRY(const std::vector<int64_t> k, call.constant_integers(1));
    if (k.size() != 1) return call.error("{} must be one number", call.operand(1));
  }
  return one(call.dtype(0), call.shape(0));
}

// The two axes are the first two, in either order.
Types infer_reverse_sequence(const Call& call) {
  ASSAY_TRY_VOID(call.need_rank(0, 2));
  const int64_t batch = call.node().integer("batch_axis", 1), time = call.node().integer("time_axis", 0);
  if (batch + time != 1 || batch * time != 0)
    return call.error("batch_axis is {} and time_axis {}, expected 0 and 1 or 1 and 0", batch, time);
  ASSAY_TRY_VOID(call.need_index(1));
  ASSAY_TRY_VOID(call.need_shape(1, {call.shape(0)[static_cast<size_t>(batch)]}));
  return one(call.dtype(0), call.shape(0));
}

}  // namespace assay::graph
