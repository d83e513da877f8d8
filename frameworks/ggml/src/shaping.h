// What several operators are made of, along one axis of a tensor of any number of axes: [outer, axis, inner].
// All results are contiguous, and ggml's backward knows all of it when gradients are asked for.
#pragma once

#include "emitter.h"

namespace ggml_runner {

struct Along {
  int64_t outer = 1;
  int64_t length = 1;
  int64_t inner = 1;

  [[nodiscard]] assay::tensor::Shape shape() const { return {outer, length, inner}; }
  [[nodiscard]] assay::tensor::Shape with(int64_t other) const { return {outer, other, inner}; }
};

[[nodiscard]] Along along(const assay::tensor::Shape& shape, size_t axis);

// The axis that an attribute of a node names, of its first operand.
[[nodiscard]] size_t axis_of(const Graph& graph, const Node& node, int64_t otherwise);

// The axis as the last one of a matrix [outer * inner, length], and the other way round for a matrix with
// `length` columns.
[[nodiscard]] ggml_tensor* as_rows(Emitter& emitter, ggml_tensor* x, const Along& axis);
[[nodiscard]] ggml_tensor* from_rows(Emitter& emitter, ggml_tensor* rows, const Along& axis, int64_t length);

// The entries of the axis at `places`, a vector of int32.
[[nodiscard]] ggml_tensor* taken(Emitter& emitter, ggml_tensor* x, const Along& axis, ggml_tensor* places);
[[nodiscard]] ggml_tensor* taken(Emitter& emitter, ggml_tensor* x, const Along& axis,
                                 const std::vector<int64_t>& places);

// `count` entries of the axis from `start`, each so many steps from the one before.
[[nodiscard]] ggml_tensor* part(Emitter& emitter, ggml_tensor* x, const Along& axis, int64_t start,
                                int64_t count, int64_t step = 1);

// One behind the other; lengths along the axis are theirs.
[[nodiscard]] ggml_tensor* joined(Emitter& emitter, std::span<ggml_tensor* const> parts, int64_t outer,
                                  int64_t inner);

// Zeros before and after.
[[nodiscard]] ggml_tensor* padded(Emitter& emitter, ggml_tensor* x, const Along& axis, int64_t before,
                                  int64_t after);

// In the order from the last to the first.
[[nodiscard]] ggml_tensor* reversed(Emitter& emitter, ggml_tensor* x, const Along& axis);

// [rows, 1] of a matrix: the largest of each row.
[[nodiscard]] ggml_tensor* largest(Emitter& emitter, ggml_tensor* rows);

// The larger of two or more in each place, all of one shape.
[[nodiscard]] ggml_tensor* larger(Emitter& emitter, const std::vector<ggml_tensor*>& all);

// A row for each place: so many times the number `off`, but `on` at the place.
[[nodiscard]] ggml_tensor* marked(Emitter& emitter, ggml_tensor* off, ggml_tensor* on, ggml_tensor* places,
                                  int64_t columns);

// `x` repeated to another shape of as many axes.
[[nodiscard]] ggml_tensor* repeated(Emitter& emitter, ggml_tensor* x, const ggml_tensor* like);

// x - y and x / y, where y is repeated: ggml's gradients of both forget to sum over what was repeated.
[[nodiscard]] ggml_tensor* minus(Emitter& emitter, ggml_tensor* x, ggml_tensor* y);
[[nodiscard]] ggml_tensor* over(Emitter& emitter, ggml_tensor* x, ggml_tensor* y);

}  // namespace ggml_runner
