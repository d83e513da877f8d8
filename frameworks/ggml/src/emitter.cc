#include "emitter.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "numbers.h"

namespace ggml_runner {

using assay::graph::Role;
using assay::tensor::DType;
using assay::tensor::Shape;

namespace {

// The node that shows a value in another shape; null where there is none.
const Node* view_of(const Graph& graph, ValueId id) {
  if (graph.value(id).role != Role::computed) return nullptr;
  for (const Node& node : graph.nodes())
    if (node.outputs[0] == id) return is_view(node) ? &node : nullptr;
  return nullptr;
}

// What indices are before they are seen in other shapes.
ValueId origin(const Graph& graph, ValueId id) {
  while (const Node* view = view_of(graph, id)) id = view->inputs[0];
  return id;
}

// Steps as in a new tensor; a permutation leaves others in dimensions of one element, and ggml calls them
// contiguous.
bool has_plain_steps(const ggml_tensor* tensor) {
  size_t step = ggml_type_size(tensor->type);
  for (size_t i = 0; i < GGML_MAX_DIMS; step *= static_cast<size_t>(tensor->ne[i++]))
    if (tensor->nb[i] != step) return false;
  return true;
}

}  // namespace

bool is_view(const Node& node) {
  constexpr std::array kViews = {"Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"};
  return std::ranges::count(kViews, node.op) > 0;
}

void write_places(std::span<const int64_t> indices, const Places& places, std::span<int32_t> to) {
  const size_t each = places.entries.size();
  for (size_t i = 0; i < to.size(); ++i) {
    int64_t place = places.begins.empty() ? 0 : places.begins[i];
    for (size_t j = 0; j < each; ++j) {
      const int64_t index = indices[i * each + j];
      place += (index < 0 ? index + places.entries[j] : index) * places.apart[j];
    }
    to[i] = static_cast<int32_t>(place);
  }
}

std::vector<size_t> places_of_ones(std::span<const int64_t> labels, int64_t classes,
                                   std::optional<int64_t> ignored) {
  std::vector<size_t> places;
  for (size_t row = 0; row < labels.size(); ++row)
    if (labels[row] != ignored)
      places.push_back(row * static_cast<size_t>(classes) + static_cast<size_t>(labels[row]));
  return places;
}

std::vector<int64_t> dimensions(const Shape& shape) {
  std::vector<int64_t> ne(shape.rbegin(), shape.rend());
  ne.resize(std::max<size_t>(ne.size(), GGML_MAX_DIMS), 1);
  for (; ne.size() > GGML_MAX_DIMS; ne.pop_back()) ne[GGML_MAX_DIMS - 1] *= ne.back();
  return ne;
}

Emitter::Emitter(const Graph& graph, ggml_context* fixed, ggml_context* steps, ggml_cgraph* cgraph,
                 bool gradients)
    : graph_(graph),
      fixed_(fixed),
      steps_(steps),
      cgraph_(cgraph),
      gradients_(gradients),
      tensors_(graph.values().size(), nullptr) {}

ggml_tensor* Emitter::fixed(ggml_type type, const std::vector<int64_t>& ne) {
  return ggml_new_tensor(fixed_, type, static_cast<int>(ne.size()), ne.data());
}

// Every layer asks for the same mask and the same tables.
ggml_tensor* Emitter::constant(const Tensor& data) {
  for (const Upload& known : uploads_)
    if (known.data.dtype() == data.dtype() && known.data.shape() == data.shape() &&
        std::ranges::equal(known.data.bytes(), data.bytes()))
      return known.target;
  ggml_tensor* made =
      fixed(data.dtype() == DType::f32 ? GGML_TYPE_F32 : GGML_TYPE_I32, dimensions(data.shape()));
  uploads_.push_back({made, data});
  return made;
}

ggml_tensor* Emitter::filled(const Shape& shape, float number) {
  Tensor data(DType::f32, shape);
  std::ranges::fill(data.mutable_data<float>(), number);
  return constant(data);
}

ggml_tensor* Emitter::tensor(ValueId id) {
  if (!tensors_[static_cast<size_t>(id)]) {
    ggml_tensor* found = made(id);
    tensors_[static_cast<size_t>(id)] = found;
  }
  return tensors_[static_cast<size_t>(id)];
}

// What no node was emitted for: views of integers are made where they are more than indices.
ggml_tensor* Emitter::made(ValueId id) {
  const Value& value = graph_.value(id);
  if (value.role == Role::state) return add_cache(id, 0);
  if (value.role == Role::constant) return constant(as_float32(value.data));
  if (value.role == Role::input) {
    copied_.push_back({fixed(GGML_TYPE_F32, dimensions(value.shape)), id});
    return copied_.back().target;
  }
  const Node* view = view_of(graph_, id);
  ASSAY_CHECK(view, "{} is used before it is computed", value.name);
  return reshaped(tensor(view->inputs[0]), value.shape);
}

ggml_tensor* Emitter::input(const Node& node, size_t i) { return tensor(node.input(i)); }

ggml_tensor* Emitter::places(ValueId id, const Places& places) {
  const ValueId source = origin(graph_, id);
  const Value& value = graph_.value(source);
  const int64_t count =
      assay::tensor::element_count(value.shape) / static_cast<int64_t>(places.entries.size());
  if (value.role == Role::constant) {
    Tensor counted(DType::i32, {count});
    write_places(integers_of(value.data), places, counted.mutable_data<int32_t>());
    return constant(counted);
  }
  if (value.role == Role::computed) return computed_places(source, places);
  for (const Indices& known : step_indices_)
    if (known.source == source && known.places == places) return known.target;
  step_indices_.push_back({fixed(GGML_TYPE_I32, {count}), source, places});
  return step_indices_.back().target;
}

// In float32, as all that is computed: a row of indices for each place.
ggml_tensor* Emitter::computed_places(ValueId id, const Places& places) {
  const auto each = static_cast<int64_t>(places.entries.size());
  const auto row = [&](const std::vector<int64_t>& numbers) {
    return constant(as_float32(Tensor::of<int64_t>({static_cast<int64_t>(numbers.size())}, numbers)));
  };
  ggml_tensor* index = contiguous(tensor(id));
  index = ggml_reshape_2d(steps_, index, each, ggml_nelements(index) / each);
  ggml_tensor* from_the_end = ggml_step(steps_, ggml_neg(steps_, index));
  index = ggml_add(steps_, index, ggml_mul(steps_, from_the_end, row(places.entries)));
  index = ggml_sum_rows(steps_, ggml_mul(steps_, index, row(places.apart)));
  index = ggml_reshape_1d(steps_, index, index->ne[1]);
  if (!places.begins.empty()) index = ggml_add(steps_, index, row(places.begins));
  return ggml_cast(steps_, index, GGML_TYPE_I32);
}

ggml_tensor* Emitter::add_cache(ValueId state, int64_t new_rows) {
  auto ne = dimensions(graph_.value(state).shape);
  ne[1] += new_rows;  // rows are the last axis but one, of states and of caches
  ggml_tensor* cache = fixed(GGML_TYPE_F32, ne);
  caches_.push_back({cache, state});
  return cache;
}

ggml_tensor* Emitter::filled_mask(ValueId position, int64_t window, int64_t places) {
  for (const FilledMask& known : filled_masks_)
    if (known.position == position && known.window == window && known.target->ne[0] == places)
      return known.target;
  filled_masks_.push_back(
      {fixed(GGML_TYPE_F16, {places, 1, 1, graph_.value(position).shape[0]}), position, window});
  return filled_masks_.back().target;
}

ggml_tensor* Emitter::one_hot(ValueId labels, int64_t classes, std::optional<int64_t> ignored) {
  const Value& value = graph_.value(labels);
  const int64_t rows = assay::tensor::element_count(value.shape);
  if (value.role == Role::constant) {
    Tensor known(DType::f32, {rows, classes});
    for (const size_t place : places_of_ones(integers_of(value.data), classes, ignored))
      known.mutable_data<float>()[place] = 1;
    return constant(known);
  }
  ggml_tensor* target = fixed(GGML_TYPE_F32, {classes, rows});
  one_hots_.push_back({target, labels, ignored});
  return target;
}

ggml_tensor* Emitter::contiguous(ggml_tensor* tensor) {
  if (!ggml_is_contiguous(tensor)) return ggml_cont(steps_, tensor);
  if (has_plain_steps(tensor)) return tensor;
  return ggml_reshape_4d(steps_, tensor, tensor->ne[0], tensor->ne[1], tensor->ne[2], tensor->ne[3]);
}

// The gradient of a permutation is permuted too, and most of ggml's backward aborts on that. That of a
// reshape is made contiguous first, so there is one before each permutation.
ggml_tensor* Emitter::permuted(ggml_tensor* tensor, const std::array<int, GGML_MAX_DIMS>& to) {
  const bool is_view = tensor->op == GGML_OP_RESHAPE || tensor->op == GGML_OP_PERMUTE;
  if (gradients_ && !is_view)
    tensor = ggml_reshape_4d(steps_, tensor, tensor->ne[0], tensor->ne[1], tensor->ne[2], tensor->ne[3]);
  return ggml_permute(steps_, tensor, to[0], to[1], to[2], to[3]);
}

ggml_tensor* Emitter::reshaped(ggml_tensor* tensor, const Shape& shape) {
  const auto ne = dimensions(shape);
  tensor = contiguous(tensor);
  if (std::equal(ne.begin(), ne.end(), tensor->ne)) return tensor;
  return ggml_reshape_4d(steps_, tensor, ne[0], ne[1], ne[2], ne[3]);
}

namespace {

// Axes that stay together in a permutation, as one, and those of one element left out.
struct Groups {
  Shape sizes;                // in the order of the operand
  std::vector<int64_t> perm;  // of them
};

Groups grouped(const Shape& shape, const std::vector<int64_t>& perm) {
  const auto is_one = [&](int64_t axis) { return shape[static_cast<size_t>(axis)] == 1; };
  std::vector<int64_t> first;  // of each group, in the order of the result
  std::vector<int64_t> sizes(shape.size(), 1);
  int64_t next = -1;
  for (const int64_t axis : perm) {
    if (is_one(axis)) continue;
    if (first.empty() || axis != next) first.push_back(axis);
    sizes[static_cast<size_t>(first.back())] *= shape[static_cast<size_t>(axis)];
    next = axis + 1;
    while (next < static_cast<int64_t>(shape.size()) && is_one(next)) ++next;
  }
  std::vector<int64_t> sorted = first;
  std::ranges::sort(sorted);
  Groups groups;
  for (const int64_t axis : sorted) groups.sizes.push_back(sizes[static_cast<size_t>(axis)]);
  for (const int64_t axis : first)
    groups.perm.push_back(std::ranges::lower_bound(sorted, axis) - sorted.begin());
  return groups;
}

int64_t product(std::span<const int64_t> sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t{1}, std::multiplies());
}

}  // namespace

// ggml_permute says where each of its dimensions goes, counted from the innermost; ONNX where each comes
// from. It moves four at a time: where there are more, each comes to its place by itself.
ggml_tensor* Emitter::transposed(ggml_tensor* tensor, const Shape& shape, const std::vector<int64_t>& perm) {
  Groups groups = shape.size() > GGML_MAX_DIMS ? grouped(shape, perm) : Groups{shape, perm};
  const size_t rank = groups.perm.size();
  if (rank > GGML_MAX_DIMS) return moved_one_by_one(tensor, std::move(groups.sizes), groups.perm);
  std::array<int, GGML_MAX_DIMS> to = {0, 1, 2, 3};
  for (size_t axis = 0; axis < rank; ++axis)
    to[rank - 1 - static_cast<size_t>(groups.perm[axis])] = static_cast<int>(rank - 1 - axis);
  return contiguous(permuted(reshaped(tensor, groups.sizes), to));
}

ggml_tensor* Emitter::moved_one_by_one(ggml_tensor* tensor, Shape sizes, std::vector<int64_t> perm) {
  std::vector<int64_t> order(sizes.size());
  std::iota(order.begin(), order.end(), 0);
  for (size_t i = 0; i < perm.size(); ++i) {
    const auto from = static_cast<size_t>(std::ranges::find(order, perm[i]) - order.begin());
    if (from == i) continue;
    const std::span<const int64_t> all(sizes);
    const Shape blocks = {product(all.first(i)), product(all.subspan(i, from - i)), sizes[from],
                          product(all.subspan(from + 1))};
    tensor = transposed(tensor, blocks, {0, 2, 1, 3});
    std::rotate(order.begin() + i, order.begin() + from, order.begin() + from + 1);
    std::rotate(sizes.begin() + i, sizes.begin() + from, sizes.begin() + from + 1);
  }
  return tensor;
}

}  // namespace ggml_runner
