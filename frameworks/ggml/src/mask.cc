#include "mask.h"

#include <algorithm>
#include <cmath>

#include "broadcast.h"
#include "operators.h"

namespace ggml_runner {
namespace {

using assay::graph::AttentionSizes;
using assay::graph::kAbsent;
using assay::graph::Role;
using assay::tensor::DType;
using assay::tensor::Shape;

constexpr size_t kMask = 3, kLengths = 6;  // inputs of Attention

const Node* producer(const Graph& graph, ValueId id, std::string_view op) {
  for (const Node& node : graph.nodes())
    if (node.outputs[0] == id) return node.op == op ? &node : nullptr;
  return nullptr;
}

// 0, 1, 2 ... of so many.
bool counts(const Value& value, int64_t count) {
  if (value.role != Role::constant || value.dtype != DType::i64 || value.shape != Shape{count}) return false;
  for (int64_t i = 0; i < count; ++i)
    if (value.data.data<int64_t>()[static_cast<size_t>(i)] != i) return false;
  return true;
}

bool all_true(const Value& value) {
  if (value.role != Role::constant || value.dtype != DType::boolean) return false;
  return std::ranges::all_of(value.data.data<bool>(), [](bool set) { return set; });
}

std::optional<int64_t> one_number(const Value& value) {
  if (value.role != Role::constant || value.dtype != DType::i64 || value.data.size() != 1)
    return std::nullopt;
  return value.data.data<int64_t>()[0];
}

// The nodes that make a mask of filled places; null from where they are others.
struct Steps {
  const Node* shaped = nullptr;
  const Node* all = nullptr;
  const Node* within = nullptr;  // with a window
  const Node* filled = nullptr;
  const Node* near = nullptr;  // with a window
  const Node* left = nullptr;  // with a window
};

Steps steps_of(const Graph& graph, const Node& node) {
  Steps steps;
  if (node.input(kMask) == kAbsent) return steps;
  steps.shaped = producer(graph, node.input(kMask), "Reshape");
  if (!steps.shaped) return steps;
  steps.all = producer(graph, steps.shaped->input(0), "Concat");
  if (!steps.all || steps.all->inputs.size() != 2) return {};
  steps.within = producer(graph, steps.all->input(0), "And");
  steps.filled = producer(graph, steps.within ? steps.within->input(0) : steps.all->input(0), "Less");
  if (steps.within) steps.near = producer(graph, steps.within->input(1), "Less");
  if (steps.near) steps.left = producer(graph, steps.near->input(0), "Sub");
  return steps;
}

// Numbers of a mask by batch, head, query and key, whatever its shape leaves out.
class Known {
 public:
  explicit Known(const Value& value) : value_(value), shape_(value.shape) {
    while (shape_.size() < 4) shape_.insert(shape_.begin(), 1);
  }
  [[nodiscard]] const Shape& shape() const { return shape_; }

  // What is added to a score; keys beyond the mask are not seen.
  [[nodiscard]] float at(int64_t batch, int64_t head, int64_t query, int64_t key) const {
    if (key >= shape_[3] && shape_[3] > 1) return -INFINITY;
    const auto place = [&](size_t axis, int64_t i) { return shape_[axis] == 1 ? 0 : i; };
    const auto i = static_cast<size_t>(
        ((place(0, batch) * shape_[1] + place(1, head)) * shape_[2] + place(2, query)) * shape_[3] +
        place(3, key));
    if (value_.dtype == DType::f32) return value_.data.data<float>()[i];
    return value_.data.data<bool>()[i] ? 0.0F : -INFINITY;
  }

 private:
  const Value& value_;
  Shape shape_;
};

// Whether the causal mask is the same for all sequences and hides anything; with lengths of single sequences
// it is theirs.
bool hides(const Node& node, const AttentionSizes& sizes) {
  return node.input(kLengths) == kAbsent && node.integer("is_causal", 0) != 0 && sizes.kv_length > 1;
}

// A causal query sees the past, and what came until itself.
bool is_seen(const Node& node, const AttentionSizes& sizes, int64_t query, int64_t key) {
  return !hides(node, sizes) || key <= query + sizes.past_length;
}

// The mask that is known, and the causal one, as one.
Tensor joined(const Node& node, const AttentionSizes& sizes, const Known* known) {
  const int64_t batch = known ? known->shape()[0] : 1, heads = known ? known->shape()[1] : 1;
  Tensor mask(DType::f32, {batch, heads, sizes.q_length, sizes.total_length()});
  auto value = mask.mutable_data<float>().begin();
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t h = 0; h < heads; ++h)
      for (int64_t q = 0; q < sizes.q_length; ++q)
        for (int64_t k = 0; k < sizes.total_length(); ++k) {
          const float added = known ? known->at(b, h, q, k) : 0;
          *value++ = is_seen(node, sizes, q, k) ? added : -INFINITY;
        }
  return mask;
}

// Of keys beyond the columns of a mask none is seen.
Tensor short_of(int64_t columns, const AttentionSizes& sizes) {
  Tensor mask(DType::f32, {1, sizes.total_length()});
  std::ranges::fill(mask.mutable_data<float>().subspan(static_cast<size_t>(columns)), -INFINITY);
  return mask;
}

// Whether a query sees no key at all.
bool blinds(const Tensor& mask) {
  const auto values = mask.data<float>();
  const auto keys = static_cast<size_t>(mask.shape().back());
  for (size_t row = 0; row < values.size(); row += keys)
    if (std::ranges::all_of(values.subspan(row, keys), [](float value) { return value == -INFINITY; }))
      return true;
  return false;
}

// [.., queries or 1, keys], which is repeated for all queries.
ggml_tensor* computed(Emitter& emitter, const Node& node, const AttentionSizes& sizes) {
  ggml_tensor* mask = emitter.contiguous(emitter.input(node, kMask));
  if (emitter.graph().value(node.input(kMask)).dtype == DType::boolean)
    mask = ggml_log(emitter.context(), mask);  // 0 of 1, and minus infinity of 0
  if (const int64_t columns = mask->ne[0]; columns < sizes.total_length()) {
    mask = ggml_pad(emitter.context(), mask, static_cast<int>(sizes.total_length() - columns), 0, 0, 0);
    mask = ggml_add(emitter.context(), mask, emitter.constant(short_of(columns, sizes)));
  }
  if (mask->ne[1] != sizes.q_length)
    mask = ggml_repeat_4d(emitter.context(), mask, mask->ne[0], sizes.q_length, mask->ne[2], mask->ne[3]);
  if (!hides(node, sizes)) return mask;
  return ggml_add(emitter.context(), mask, emitter.constant(joined(node, sizes, nullptr)));
}

// Keys before the end of each sequence, and with a causal mask those until each query, the last of which is
// the sequence's last: key < length, or key < length - queries + query + 1.
ggml_tensor* within_lengths(Emitter& emitter, const Node& node, const AttentionSizes& sizes) {
  const bool causal = node.integer("is_causal", 0) != 0;
  Tensor distance(DType::f32, {sizes.q_length, sizes.total_length()});
  auto value = distance.mutable_data<float>().begin();
  for (int64_t q = 0; q < sizes.q_length; ++q)
    for (int64_t k = 0; k < sizes.total_length(); ++k)
      *value++ = static_cast<float>((causal ? q + 1 - sizes.q_length : 0) - k);
  ggml_context* context = emitter.context();
  ggml_tensor* all = ggml_repeat_4d(context, emitter.constant(distance), sizes.total_length(), sizes.q_length,
                                    1, sizes.batch);
  ggml_tensor* lengths = emitter.reshaped(emitter.input(node, kLengths), {sizes.batch, 1, 1, 1});
  return ggml_log(context, ggml_step(context, ggml_add(context, all, lengths)));
}

ggml_tensor* given_mask(Emitter& emitter, const Node& node, const AttentionSizes& sizes) {
  const ValueId id = node.input(kMask);
  if (id == kAbsent && !hides(node, sizes)) return nullptr;
  if (id == kAbsent) return emitter.constant(joined(node, sizes, nullptr));
  const Value& value = emitter.graph().value(id);
  if (value.role != Role::constant) return computed(emitter, node, sizes);
  const Known known(value);
  return emitter.constant(joined(node, sizes, &known));
}

// Whether a value is a step to the mask of some node.
bool leads_to_filled_places(const Graph& graph, ValueId id) {
  for (const Node& node : graph.nodes()) {
    if (node.op != "Attention" || !filled_places(graph, node)) continue;
    const Steps steps = steps_of(graph, node);
    for (const Node* step : {steps.shaped, steps.all, steps.within, steps.filled, steps.near, steps.left})
      if (step && step->outputs[0] == id) return true;
  }
  return false;
}

}  // namespace

// Reshape(Concat(Less(0 .. room - 1, position), true)); or, in place of Less, And(Less, Less(position -
// window, 0 .. room - 1)).
std::optional<Filled> filled_places(const Graph& graph, const Node& node) {
  const Steps steps = steps_of(graph, node);
  if (!steps.all || !steps.filled || !all_true(graph.value(steps.all->input(1)))) return std::nullopt;
  const ValueId places = steps.filled->input(0), position = steps.filled->input(1);
  const int64_t room = graph.value(steps.filled->outputs[0]).shape.back();
  if (graph.value(position).role != Role::input || !counts(graph.value(places), room)) return std::nullopt;
  // Only a past that is kept lies in a cache, where the new token comes to its position.
  for (const size_t past : {4U, 5U})
    if (node.input(past) == kAbsent || graph.value(node.input(past)).role != Role::state) return std::nullopt;
  if (graph.value(node.input(4)).shape[2] != room) return std::nullopt;
  if (!steps.within) return Filled{.position = position};
  const bool fits =
      steps.near && steps.left && steps.near->input(1) == places && steps.left->input(0) == position;
  const auto window = fits ? one_number(graph.value(steps.left->input(1))) : std::nullopt;
  if (!window) return std::nullopt;
  return Filled{.position = position, .window = *window};
}

bool is_part_of_a_mask(const Graph& graph, ValueId id) {
  if (graph.value(id).dtype == DType::f32 || !leads_to_filled_places(graph, id)) return false;
  if (std::ranges::count(graph.outputs(), id) > 0) return false;
  return std::ranges::all_of(graph.nodes(), [&](const Node& node) {
    if (std::ranges::count(node.inputs, id) == 0) return true;
    return node.op == "Attention" ? filled_places(graph, node).has_value()
                                  : is_part_of_a_mask(graph, node.outputs[0]);
  });
}

std::string refuse_mask(const Graph& graph, const Node& node, const AttentionSizes& sizes) {
  const ValueId id = node.input(kMask);
  if (id == kAbsent) return {};
  if (filled_places(graph, node))
    return sizes.q_length == 1 && sizes.kv_length == 1 ? ""
                                                       : "the filled places of a past are of one new token";
  return {};
}

bool may_blind(const Graph& graph, const Node& node, const AttentionSizes& sizes) {
  if (node.input(kLengths) != kAbsent) return true;
  if (node.input(kMask) == kAbsent) return false;
  const Value& value = graph.value(node.input(kMask));
  if (value.role != Role::constant) return true;
  const Known known(value);
  return blinds(joined(node, sizes, &known));
}

ggml_tensor* mask_of(Emitter& emitter, const Node& node, const AttentionSizes& sizes) {
  ggml_tensor* given = given_mask(emitter, node, sizes);
  if (node.input(kLengths) == kAbsent) return given;
  ggml_tensor* within = within_lengths(emitter, node, sizes);
  if (!given) return within;
  return ggml_add(emitter.context(), repeated_to_both(emitter, within, given), given);
}

}  // namespace ggml_runner
