// From our graph to ggml's: each value becomes a tensor, each node the ggml operators that compute it.
// A value of shape [a, b, c] is a tensor with ne = {c, b, a, 1}, float32 and contiguous; one of more than
// four axes has the first of them as one. Integers and truth values are float32, too (numbers.h). Indices
// have tensors of their own where they are read: int32, which is what ggml takes, and counted from the front.
#pragma once

#include <ggml.h>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "assay_runner/runner.h"
#include "graph/graph.h"

namespace ggml_runner {

using assay::graph::Graph;
using assay::graph::Node;
using assay::graph::Value;
using assay::graph::ValueId;
using assay_runner::Tensor;

// Host data that a tensor gets once, after allocation.
struct Upload {
  ggml_tensor* target;
  Tensor data;  // f32, or i64 for an i32 target
};

// A state: as it is, or as a key or value cache whose first rows it fills, once; a step writes the new ones.
struct Cache {
  ggml_tensor* target;  // of the state's shape; a cache is [head size, past + new, heads, batch]
  ValueId state;
};

// An input that is no float32, copied as such in each step.
struct Copied {
  ggml_tensor* target;
  ValueId source;
};

// How indices become places: of each place in turn some indices, each among so many entries that lie so far
// apart, counted from where the place begins.
struct Places {
  std::vector<int64_t> entries;
  std::vector<int64_t> apart;
  std::vector<int64_t> begins = {};  // of each place; none: all at 0
  bool operator==(const Places&) const = default;
};

// Places that come of an input's indices in each step.
struct Indices {
  ggml_tensor* target;
  ValueId source;
  Places places;
};

// What a token sees of a cache's places, written in each step: those before its position, and its own.
struct FilledMask {
  ggml_tensor* target;  // float16, [places, 1, 1, batch]
  ValueId position;     // an input, [batch, 1]
  int64_t window;       // how many tokens it sees, itself among them; 0: all
};

// Labels as distributions, one a row, as ggml's cross entropy takes them: a step writes a 1 for each label
// but those that are ignored.
struct OneHot {
  ggml_tensor* target;  // [classes, rows]
  ValueId labels;       // an input
  std::optional<int64_t> ignored;
};

class Emitter {
 public:
  // `fixed` holds what lives as long as the model, `steps` what a step computes; both without data.
  Emitter(const Graph& graph, ggml_context* fixed, ggml_context* steps, ggml_cgraph* cgraph, bool gradients);

  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] ggml_context* context() const { return steps_; }
  // Whether ggml's backward will be asked of what is emitted, so only operators that have one may be used.
  [[nodiscard]] bool gradients() const { return gradients_; }

  // The tensor of an input that is given; constants and states are made when first asked for.
  [[nodiscard]] ggml_tensor* input(const Node& node, size_t i);
  [[nodiscard]] ggml_tensor* tensor(ValueId id);
  void set(ValueId id, ggml_tensor* tensor) { tensors_[static_cast<size_t>(id)] = tensor; }

  // A tensor that lives as long as the model.
  [[nodiscard]] ggml_tensor* fixed(ggml_type type, const std::vector<int64_t>& ne);
  // The same with data. Shape as ours: {rows, columns}.
  [[nodiscard]] ggml_tensor* constant(const Tensor& data);
  // A constant of one number.
  [[nodiscard]] ggml_tensor* filled(const assay::tensor::Shape& shape, float number);
  // A vector of places of indices, perhaps computed.
  [[nodiscard]] ggml_tensor* places(ValueId id, const Places& places);
  // A vector of the indices, each among so many entries.
  [[nodiscard]] ggml_tensor* indices(ValueId id, int64_t entries) { return places(id, {{entries}, {1}}); }
  [[nodiscard]] ggml_tensor* add_cache(ValueId state, int64_t new_rows);
  // The same one for all layers.
  [[nodiscard]] ggml_tensor* filled_mask(ValueId position, int64_t window, int64_t places);
  // [classes, rows], of an input or a constant.
  [[nodiscard]] ggml_tensor* one_hot(ValueId labels, int64_t classes, std::optional<int64_t> ignored);
  // Computes `tensor` before all that is emitted later, though nothing refers to it.
  void compute_now(ggml_tensor* tensor) { ggml_build_forward_expand(cgraph_, tensor); }

  // ggml_permute of something that can take its gradient.
  [[nodiscard]] ggml_tensor* permuted(ggml_tensor* tensor, const std::array<int, GGML_MAX_DIMS>& to);
  // `tensor` in another shape (ours); it is made contiguous when it is not.
  [[nodiscard]] ggml_tensor* reshaped(ggml_tensor* tensor, const assay::tensor::Shape& shape);
  [[nodiscard]] ggml_tensor* contiguous(ggml_tensor* tensor);
  // `tensor` of this shape with axis perm[i] in place i, contiguous.
  [[nodiscard]] ggml_tensor* transposed(ggml_tensor* tensor, const assay::tensor::Shape& shape,
                                        const std::vector<int64_t>& perm);

  [[nodiscard]] const std::vector<Upload>& uploads() const { return uploads_; }
  [[nodiscard]] const std::vector<Cache>& caches() const { return caches_; }
  [[nodiscard]] const std::vector<Copied>& copied() const { return copied_; }
  [[nodiscard]] const std::vector<Indices>& step_indices() const { return step_indices_; }
  [[nodiscard]] const std::vector<FilledMask>& filled_masks() const { return filled_masks_; }
  [[nodiscard]] const std::vector<OneHot>& one_hots() const { return one_hots_; }

 private:
  [[nodiscard]] ggml_tensor* made(ValueId id);
  [[nodiscard]] ggml_tensor* computed_places(ValueId id, const Places& places);
  [[nodiscard]] ggml_tensor* moved_one_by_one(ggml_tensor* tensor, assay::tensor::Shape sizes,
                                              std::vector<int64_t> perm);

  const Graph& graph_;
  ggml_context* fixed_;
  ggml_context* steps_;
  ggml_cgraph* cgraph_;
  bool gradients_;
  std::vector<ggml_tensor*> tensors_;  // by value
  std::vector<Upload> uploads_;
  std::vector<Cache> caches_;
  std::vector<Copied> copied_;
  std::vector<Indices> step_indices_;
  std::vector<FilledMask> filled_masks_;
  std::vector<OneHot> one_hots_;
};

// The places of indices, counted from the front: ONNX counts negative ones from the end.
void write_places(std::span<const int64_t> indices, const Places& places, std::span<int32_t> to);

// Where the ones of labels are in a matrix of so many classes a row.
[[nodiscard]] std::vector<size_t> places_of_ones(std::span<const int64_t> labels, int64_t classes,
                                                 std::optional<int64_t> ignored);

// Whether a node shows its operand in another shape and does nothing else.
[[nodiscard]] bool is_view(const Node& node);

// ggml's dimensions of a shape.
[[nodiscard]] std::vector<int64_t> dimensions(const assay::tensor::Shape& shape);

// The shapes (ours) of a node's operand and of its output.
inline const assay::tensor::Shape& shape_of(const Graph& graph, const Node& node, size_t i) {
  return graph.value(node.inputs[i]).shape;
}
inline const assay::tensor::Shape& output_shape(const Emitter& emitter, const Node& node) {
  return emitter.graph().value(node.outputs[0]).shape;
}

}  // namespace ggml_runner
