// A trace of our graph: which MLX array each value is. MLX's convolutions take images with their channels
// last, so a value may be kept in that order; whatever works element by element leaves it there, and nothing
// is moved between two convolutions.
#pragma once

#include <mlx/array.h>
#include <mlx/fast.h>
#include <mlx/ops.h>

#include <map>
#include <optional>
#include <vector>

#include "assay_runner/runner.h"
#include "graph/graph.h"

namespace mlx_runner {

namespace mx = mlx::core;
using mx::array;

using assay::graph::Graph;
using assay::graph::Node;
using assay::graph::Value;
using assay::graph::ValueId;
using assay::tensor::DType;
using assay_runner::Tensor;

[[nodiscard]] mx::Dtype mlx_dtype(DType dtype);
[[nodiscard]] mx::Shape mlx_shape(const assay::tensor::Shape& shape);

// A copy of host data in MLX's own memory.
[[nodiscard]] array copied(const Tensor& tensor);
// Host data where it lies; it must outlive whatever is computed of it.
[[nodiscard]] array viewed(const Tensor& tensor);

// Views: the second axis moved to the end, and back.
[[nodiscard]] array channels_moved_last(const array& data);
[[nodiscard]] array channels_moved_second(const array& data);

struct Operand {
  array data;
  bool channels_last = false;  // [batch, space..., channels] instead of [batch, channels, space...]
};

class Emitter {
 public:
  // With `gradients` what is emitted will be differentiated.
  Emitter(const Graph& graph, bool gradients)
      : graph_(graph), gradients_(gradients), operands_(graph.values().size()) {}

  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] bool gradients() const { return gradients_; }

  // Constants are made when they are first asked for.
  [[nodiscard]] const Operand& operand(ValueId id);
  // The value in the graph's own order.
  [[nodiscard]] array value(ValueId id);
  void set(ValueId id, Operand operand) { operands_[static_cast<size_t>(id)] = std::move(operand); }

  // A buffer whose first rows are the state, with room for the new ones behind them.
  void add_cache(ValueId state, array buffer) { caches_.insert_or_assign(state, std::move(buffer)); }
  // The buffer with `fresh`, [batch, heads, rows, size], written at its end; nothing when the state has none.
  [[nodiscard]] std::optional<array> append(ValueId state, const array& fresh);
  [[nodiscard]] const array& cache(ValueId state) const { return caches_.at(state); }

 private:
  const Graph& graph_;
  bool gradients_;
  std::vector<std::optional<Operand>> operands_;  // by value
  std::map<ValueId, array> caches_;
};

}  // namespace mlx_runner
