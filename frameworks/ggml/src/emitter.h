// From our graph to ggml's: each value becomes a tensor, each node the ggml operators that compute it.
// A value of shape [a, b, c] is a tensor with ne = {c, b, a, 1}, float32 and contiguous; indices have tensors
// only where they are read: int32, since ggml's operators take no int64, and counted from the front.
#pragma once

#include <ggml.h>

#include <array>
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

// Indices among so many entries, copied from an input in each step.
struct Indices {
  ggml_tensor* target;
  ValueId source;
  int64_t entries;
};

// What a token sees of a cache's places, written in each step: those before its position, and its own.
struct FilledMask {
  ggml_tensor* target;  // float16, [places, 1, 1, batch]
  ValueId position;     // an input, [batch, 1]
  int64_t window;       // how many tokens it sees, itself among them; 0: all
};

// Labels for ggml's cross entropy, which takes one distribution a row: a step writes a 1 for each label.
struct OneHot {
  ggml_tensor* target;  // [classes, rows]
  ValueId labels;
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
  // A vector of the indices, constants or an input, perhaps seen in another shape: of so many entries.
  [[nodiscard]] ggml_tensor* indices(ValueId id, int64_t entries);
  [[nodiscard]] ggml_tensor* add_cache(ValueId state, int64_t new_rows);
  // The same one for all layers.
  [[nodiscard]] ggml_tensor* filled_mask(ValueId position, int64_t window, int64_t places);
  [[nodiscard]] ggml_tensor* add_one_hot(ValueId labels, int64_t classes);
  // Computes `tensor` before all that is emitted later, though nothing refers to it.
  void compute_now(ggml_tensor* tensor) { ggml_build_forward_expand(cgraph_, tensor); }

  // ggml_permute of something that can take its gradient.
  [[nodiscard]] ggml_tensor* permuted(ggml_tensor* tensor, const std::array<int, GGML_MAX_DIMS>& to);
  // `tensor` in another shape (ours); it is made contiguous when it is not.
  [[nodiscard]] ggml_tensor* reshaped(ggml_tensor* tensor, const assay::tensor::Shape& shape);
  [[nodiscard]] ggml_tensor* contiguous(ggml_tensor* tensor);
  // `tensor` of so many axes with axis perm[i] (ours) in place i, contiguous.
  [[nodiscard]] ggml_tensor* transposed(ggml_tensor* tensor, const std::vector<int64_t>& perm);

  [[nodiscard]] const std::vector<Upload>& uploads() const { return uploads_; }
  [[nodiscard]] const std::vector<Cache>& caches() const { return caches_; }
  [[nodiscard]] const std::vector<Indices>& step_indices() const { return step_indices_; }
  [[nodiscard]] const std::vector<FilledMask>& filled_masks() const { return filled_masks_; }
  [[nodiscard]] const std::vector<OneHot>& one_hots() const { return one_hots_; }

 private:
  const Graph& graph_;
  ggml_context* fixed_;
  ggml_context* steps_;
  ggml_cgraph* cgraph_;
  bool gradients_;
  std::vector<ggml_tensor*> tensors_;  // by value
  std::vector<Upload> uploads_;
  std::vector<Cache> caches_;
  std::vector<Indices> step_indices_;
  std::vector<FilledMask> filled_masks_;
  std::vector<OneHot> one_hots_;
};

// An index among so many entries, counted from the front: ONNX counts negative ones from the end.
[[nodiscard]] inline int64_t from_the_front(int64_t index, int64_t entries) {
  return index < 0 ? index + entries : index;
}

// ggml's dimensions of a shape of at most four.
[[nodiscard]] std::vector<int64_t> dimensions(const assay::tensor::Shape& shape);

// The shapes (ours) of a node's operand and of its output.
inline const assay::tensor::Shape& shape_of(const Graph& graph, const Node& node, size_t i) {
  return graph.value(node.inputs[i]).shape;
}
inline const assay::tensor::Shape& output_shape(const Emitter& emitter, const Node& node) {
  return emitter.graph().value(node.outputs[0]).shape;
}

}  // namespace ggml_runner
