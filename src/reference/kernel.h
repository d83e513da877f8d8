// What a kernel sees: one node, its operands as arrays, room for its results, and how to run. A kernel
// computes one operator in the scalar T; the registry finds it by the operator's name. Types, shapes and
// attributes were checked when the graph was built (graph/shapes.h): a kernel only checks what depends on
// data, such as indices.
#pragma once

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "reference/array.h"
#include "reference/blas.h"

namespace assay::reference {

// The storage type of a value of the graph in an evaluation in T.
template <class T>
[[nodiscard]] constexpr DType storage_of(DType dtype) {
  if (dtype == DType::boolean) return DType::boolean;
  return dtype == DType::i64 || dtype == DType::i32 ? DType::i64 : tensor::dtype_of<T>();
}

template <class T>
class KernelContext {
 public:
  KernelContext(const graph::Graph& graph, const graph::Node& node, std::vector<Array> inputs, Arena& arena,
                const Execution& execution)
      : graph_(graph),
        node_(node),
        inputs_(std::move(inputs)),
        outputs_(node.outputs.size()),
        arena_(arena),
        execution_(execution) {}

  [[nodiscard]] const graph::Graph& graph() const { return graph_; }
  [[nodiscard]] const graph::Node& node() const { return node_; }
  [[nodiscard]] const Execution& execution() const { return execution_; }
  [[nodiscard]] Workers& workers() const { return execution_.workers; }
  [[nodiscard]] int blocking() const { return execution_.blocking; }
  [[nodiscard]] Arena& arena() const { return arena_; }

  // Operands. Input i must be given.
  [[nodiscard]] size_t inputs() const { return inputs_.size(); }
  [[nodiscard]] bool given(size_t i) const { return node_.input(i) != graph::kAbsent; }
  [[nodiscard]] const Array& input(size_t i) const { return inputs_[i]; }
  [[nodiscard]] const Shape& shape(size_t i) const { return inputs_[i].shape(); }
  [[nodiscard]] bool floating(size_t i) const { return tensor::is_floating(inputs_[i].storage()); }
  // The elements of a floating input in T; float32 data is widened here, once a node.
  [[nodiscard]] const T* real(size_t i);
  [[nodiscard]] const int64_t* integers(size_t i) const { return inputs_[i].data<int64_t>(); }
  [[nodiscard]] const bool* booleans(size_t i) const { return inputs_[i].data<bool>(); }
  // The elements of input i in E: T, int64_t or bool.
  template <class E>
  [[nodiscard]] const E* elements(size_t i);
  // All of a small integer input; `otherwise` when it is not given.
  [[nodiscard]] std::vector<int64_t> list(size_t i, const std::vector<int64_t>& otherwise = {}) const;

  // Results. The shape that inference found; room for the elements; an array made elsewhere (a view).
  [[nodiscard]] bool wanted(size_t i) const { return node_.output(i) != graph::kAbsent; }
  [[nodiscard]] const Shape& out_shape(size_t i) const { return graph_.value(node_.outputs[i]).shape; }
  [[nodiscard]] DType out_dtype(size_t i) const { return graph_.value(node_.outputs[i]).dtype; }
  template <class E>
  [[nodiscard]] E* out(size_t i);
  // Room for result i with the storage type of input `like`, as raw bytes.
  [[nodiscard]] std::byte* out_bytes(size_t i, size_t like);
  // Result i in the place of input `from` if that is T, of the same size and read by nobody else; else new
  // room. Elements may only be read at the place where the result is written.
  [[nodiscard]] T* out_over(size_t i, size_t from);
  void set(size_t i, Array array) { outputs_[i] = std::move(array); }
  // Keeps an array alive until the node is done.
  void keep(Array array) { kept_.push_back(std::move(array)); }
  [[nodiscard]] std::vector<Array>& outputs() { return outputs_; }

 private:
  const graph::Graph& graph_;
  const graph::Node& node_;
  std::vector<Array> inputs_;
  std::vector<Array> outputs_;
  std::vector<Array> kept_;
  Arena& arena_;
  const Execution& execution_;
};

template <class T>
using Kernel = Result<> (*)(KernelContext<T>&);
template <class T>
using Kernels = std::map<std::string_view, Kernel<T>>;

// Every operator's kernel, by the operator's name.
template <class T>
[[nodiscard]] const Kernels<T>& kernels();

// One function a file of kernels, which enters them.
template <class T>
void add_unary(Kernels<T>& kernels);
template <class T>
void add_activations(Kernels<T>& kernels);
template <class T>
void add_binary(Kernels<T>& kernels);
template <class T>
void add_logic(Kernels<T>& kernels);
template <class T>
void add_matmul(Kernels<T>& kernels);
template <class T>
void add_norm(Kernels<T>& kernels);
template <class T>
void add_softmax(Kernels<T>& kernels);
template <class T>
void add_attention(Kernels<T>& kernels);
template <class T>
void add_rotary(Kernels<T>& kernels);
template <class T>
void add_views(Kernels<T>& kernels);
template <class T>
void add_movement(Kernels<T>& kernels);
template <class T>
void add_blocks(Kernels<T>& kernels);
template <class T>
void add_reduce(Kernels<T>& kernels);
template <class T>
void add_order(Kernels<T>& kernels);
template <class T>
void add_gather(Kernels<T>& kernels);
template <class T>
void add_scatter(Kernels<T>& kernels);
template <class T>
void add_conv(Kernels<T>& kernels);
template <class T>
void add_pool(Kernels<T>& kernels);
template <class T>
void add_grid_sample(Kernels<T>& kernels);
template <class T>
void add_einsum(Kernels<T>& kernels);
template <class T>
void add_recurrent(Kernels<T>& kernels);
template <class T>
void add_resize(Kernels<T>& kernels);

// The axis counted from the start.
[[nodiscard]] inline size_t positive_axis(int64_t axis, size_t rank) {
  return static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis);
}

// Product of the dimensions [from, to).
[[nodiscard]] inline int64_t product(const Shape& shape, size_t from, size_t to) {
  int64_t result = 1;
  for (size_t i = from; i < to; ++i) result *= shape[i];
  return result;
}

// Elements that make a range worth a thread.
inline constexpr int64_t kGrain = 16384;
// Rows of `length` elements that do.
[[nodiscard]] inline int64_t grain_rows(int64_t length) {
  return std::max<int64_t>(1, kGrain / std::max<int64_t>(length, 1));
}

}  // namespace assay::reference
