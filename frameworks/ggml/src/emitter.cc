#include "emitter.h"

#include <algorithm>

namespace ggml_runner {

using assay::graph::Role;
using assay::tensor::DType;
using assay::tensor::Shape;

namespace {

// What indices are before they are seen in other shapes.
ValueId origin(const Graph& graph, ValueId id) {
  while (graph.value(id).role == Role::computed)
    id = std::ranges::find(graph.nodes(), id, [](const Node& node) { return node.outputs[0]; })->inputs[0];
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

std::vector<int64_t> dimensions(const Shape& shape) {
  std::vector<int64_t> ne(shape.rbegin(), shape.rend());
  ne.resize(GGML_MAX_DIMS, 1);
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

ggml_tensor* Emitter::tensor(ValueId id) {
  ggml_tensor*& found = tensors_[static_cast<size_t>(id)];
  if (!found) {
    const Value& value = graph_.value(id);
    ASSAY_CHECK(value.role == Role::constant || value.role == Role::state, "{} is used before it is computed",
                value.name);
    found = value.role == Role::state ? add_cache(id, 0) : constant(value.data);
  }
  return found;
}

ggml_tensor* Emitter::input(const Node& node, size_t i) { return tensor(node.input(i)); }

ggml_tensor* Emitter::indices(ValueId id, int64_t entries) {
  const ValueId source = origin(graph_, id);
  const Value& value = graph_.value(source);
  const int64_t count = assay::tensor::element_count(value.shape);
  if (value.role == Role::constant) {
    Tensor counted(DType::i64, {count});
    std::ranges::transform(value.data.data<int64_t>(), counted.mutable_data<int64_t>().begin(),
                           [&](int64_t index) { return from_the_front(index, entries); });
    return constant(counted);
  }
  for (const Indices& known : step_indices_)
    if (known.source == source && known.entries == entries) return known.target;
  step_indices_.push_back({fixed(GGML_TYPE_I32, {count}), source, entries});
  return step_indices_.back().target;
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

ggml_tensor* Emitter::add_one_hot(ValueId labels, int64_t classes) {
  ggml_tensor* target =
      fixed(GGML_TYPE_F32, {classes, assay::tensor::element_count(graph_.value(labels).shape)});
  one_hots_.push_back({target, labels});
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

// ggml_permute says where each of its dimensions goes, counted from the innermost; ONNX where each comes
// from.
ggml_tensor* Emitter::transposed(ggml_tensor* tensor, const std::vector<int64_t>& perm) {
  const size_t rank = perm.size();
  std::array<int, GGML_MAX_DIMS> to = {0, 1, 2, 3};
  for (size_t axis = 0; axis < rank; ++axis)
    to[rank - 1 - static_cast<size_t>(perm[axis])] = static_cast<int>(rank - 1 - axis);
  return contiguous(permuted(tensor, to));
}

}  // namespace ggml_runner
