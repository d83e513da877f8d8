#include "shaping.h"

#include <numeric>

namespace ggml_runner {

using assay::tensor::DType;
using assay::tensor::Shape;

namespace {

int64_t product(std::span<const int64_t> sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t{1}, std::multiplies());
}

// Parts in their places of zeros: ggml's concat and pad have no backward, but its acc has.
ggml_tensor* put_into_zeros(Emitter& emitter, const std::vector<ggml_tensor*>& parts, const Along& whole,
                            int64_t start) {
  ggml_tensor* all = emitter.filled(whole.shape(), 0);
  for (ggml_tensor* part : parts) {
    const int64_t count = ggml_nelements(part) / whole.outer / whole.inner;
    part = emitter.reshaped(part, whole.with(count));
    all = ggml_acc(emitter.context(), all, part, all->nb[1], all->nb[2], all->nb[3],
                   static_cast<size_t>(start) * all->nb[1]);
    start += count;
  }
  return all;
}

}  // namespace

Along along(const Shape& shape, size_t axis) {
  const std::span<const int64_t> all(shape);
  return {.outer = product(all.first(axis)), .length = shape[axis], .inner = product(all.subspan(axis + 1))};
}

size_t axis_of(const Graph& graph, const Node& node, int64_t otherwise) {
  const int64_t axis = node.integer("axis", otherwise);
  const auto rank = static_cast<int64_t>(shape_of(graph, node, 0).size());
  return static_cast<size_t>(axis < 0 ? axis + rank : axis);
}

ggml_tensor* as_rows(Emitter& emitter, ggml_tensor* x, const Along& axis) {
  return emitter.reshaped(emitter.transposed(x, axis.shape(), {0, 2, 1}),
                          {axis.outer * axis.inner, axis.length});
}

ggml_tensor* from_rows(Emitter& emitter, ggml_tensor* rows, const Along& axis, int64_t length) {
  return emitter.transposed(rows, {axis.outer, axis.inner, length}, {0, 2, 1});
}

// ggml takes rows of a matrix.
ggml_tensor* taken(Emitter& emitter, ggml_tensor* x, const Along& axis, ggml_tensor* places) {
  ggml_tensor* rows = emitter.transposed(x, axis.shape(), {1, 0, 2});
  rows = emitter.reshaped(rows, {axis.length, axis.outer * axis.inner});
  rows = ggml_get_rows(emitter.context(), rows, places);
  return emitter.transposed(rows, {places->ne[0], axis.outer, axis.inner}, {1, 0, 2});
}

ggml_tensor* taken(Emitter& emitter, ggml_tensor* x, const Along& axis, const std::vector<int64_t>& places) {
  const std::vector<int32_t> narrow(places.begin(), places.end());
  return taken(emitter, x, axis,
               emitter.constant(Tensor::of<int32_t>({static_cast<int64_t>(places.size())}, narrow)));
}

// A view of ggml has steps in all dimensions but the innermost.
ggml_tensor* part(Emitter& emitter, ggml_tensor* x, const Along& axis, int64_t start, int64_t count,
                  int64_t step) {
  Along inside = axis;
  if (step == 1) {  // fewer dimensions, longer rows
    inside = {.outer = axis.outer, .length = 1, .inner = axis.length * axis.inner};
    start *= axis.inner;
  }
  x = emitter.reshaped(x, inside.shape());
  const size_t offset = static_cast<size_t>(start) * (step == 1 ? x->nb[0] : x->nb[1]);
  ggml_tensor* view = step == 1
                          ? ggml_view_4d(emitter.context(), x, count * axis.inner, 1, axis.outer, 1, x->nb[1],
                                         x->nb[2], x->nb[3], offset)
                          : ggml_view_4d(emitter.context(), x, axis.inner, count, axis.outer, 1,
                                         x->nb[1] * static_cast<size_t>(step), x->nb[2], x->nb[3], offset);
  return emitter.contiguous(view);
}

// By halves: many parts one after the other would be copied as many times.
ggml_tensor* joined(Emitter& emitter, std::span<ggml_tensor* const> parts, int64_t outer, int64_t inner) {
  if (parts.size() == 1) return emitter.reshaped(parts[0], {outer, ggml_nelements(parts[0]) / outer});
  const size_t half = parts.size() / 2;
  ggml_tensor* first = joined(emitter, parts.first(half), outer, inner);
  ggml_tensor* second = joined(emitter, parts.subspan(half), outer, inner);
  if (!emitter.gradients()) return ggml_concat(emitter.context(), first, second, 0);
  const int64_t length = (first->ne[0] + second->ne[0]) / inner;
  ggml_tensor* both = put_into_zeros(emitter, {first, second}, {outer, length, inner}, 0);
  return emitter.reshaped(both, {outer, length * inner});
}

ggml_tensor* padded(Emitter& emitter, ggml_tensor* x, const Along& axis, int64_t before, int64_t after) {
  if (before == 0 && after == 0) return x;
  if (emitter.gradients())
    return put_into_zeros(emitter, {x}, {axis.outer, before + axis.length + after, axis.inner}, before);
  x = emitter.reshaped(x, {axis.outer, axis.length * axis.inner});
  return ggml_pad_ext(emitter.context(), x, static_cast<int>(before * axis.inner),
                      static_cast<int>(after * axis.inner), 0, 0, 0, 0, 0, 0);
}

ggml_tensor* reversed(Emitter& emitter, ggml_tensor* x, const Along& axis) {
  std::vector<int64_t> places(static_cast<size_t>(axis.length));
  std::iota(places.rbegin(), places.rend(), 0);
  return taken(emitter, x, axis, places);
}

// A pool as wide as a row; unlike argmax it has a backward.
ggml_tensor* largest(Emitter& emitter, ggml_tensor* rows) {
  const int columns = static_cast<int>(rows->ne[0]);
  return ggml_pool_2d(emitter.context(), rows, GGML_OP_POOL_MAX, columns, 1, columns, 1, 0, 0);
}

// A pool over them as the rows of an image.
ggml_tensor* larger(Emitter& emitter, const std::vector<ggml_tensor*>& all) {
  const auto count = static_cast<int>(all.size());
  if (count == 1) return all[0];
  const int64_t each = ggml_nelements(all[0]);
  ggml_tensor* rows = emitter.reshaped(joined(emitter, all, 1, each), {count, each});
  return ggml_pool_2d(emitter.context(), rows, GGML_OP_POOL_MAX, 1, count, 1, count, 0, 0);
}

ggml_tensor* repeated(Emitter& emitter, ggml_tensor* x, const ggml_tensor* like) {
  if (ggml_are_same_shape(x, like)) return x;
  return ggml_repeat_4d(emitter.context(), x, like->ne[0], like->ne[1], like->ne[2], like->ne[3]);
}

ggml_tensor* minus(Emitter& emitter, ggml_tensor* x, ggml_tensor* y) {
  return ggml_sub(emitter.context(), x, emitter.gradients() ? repeated(emitter, y, x) : y);
}

ggml_tensor* over(Emitter& emitter, ggml_tensor* x, ggml_tensor* y) {
  return ggml_div(emitter.context(), x, emitter.gradients() ? repeated(emitter, y, x) : y);
}

ggml_tensor* marked(Emitter& emitter, ggml_tensor* off, ggml_tensor* on, ggml_tensor* places,
                    int64_t columns) {
  const int64_t rows = ggml_nelements(places);
  ggml_context* context = emitter.context();
  ggml_tensor* all = ggml_repeat_4d(context, off, 1, columns, rows, 1);
  return ggml_set_rows(context, all, ggml_repeat_4d(context, on, 1, 1, rows, 1),
                       ggml_reshape_2d(context, places, 1, rows));
}

}  // namespace ggml_runner
