// Writes the nodes of a gradient graph: every operator is emitted once for the same inputs and attributes,
// constants are shared, arithmetic with known numbers is done on the spot, and nodes are named after the
// forward node whose gradient they serve. Like graph::Builder it keeps the first error; after one, every call
// returns kAbsent.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "graph/builder.h"

namespace assay::autodiff {

using graph::Attributes;
using graph::DType;
using graph::kAbsent;
using graph::Shape;
using graph::ValueId;

// A value that is `base` times a number known now.
struct Scaled {
  ValueId base = kAbsent;
  double factor = 1;
};

// Y = factor * A' * B', A' and B' transposed where it says so.
struct GemmForm {
  bool transpose_a = false;
  bool transpose_b = false;
  double factor = 1;
};

class Emitter {
 public:
  explicit Emitter(std::string graph_name) : builder_(std::move(graph_name)) {}

  [[nodiscard]] graph::Builder& builder() { return builder_; }
  // Nodes emitted from here on are named "<scope>/<operator>", with a number when that is taken.
  void enter(std::string scope) { scope_ = std::move(scope); }

  // The output of an operator; an equal one that was emitted or remembered before is returned again.
  ValueId op(std::string_view name, std::vector<ValueId> inputs, Attributes attributes = {});
  std::vector<ValueId> ops(std::string_view name, std::vector<ValueId> inputs, Attributes attributes,
                           size_t outputs);
  // A node of the forward graph, as written there; its outputs are known to op() and ops() from here on.
  std::vector<ValueId> forward(const graph::Node& node, std::vector<ValueId> inputs,
                               const std::vector<std::string>& output_names);

  [[nodiscard]] Shape shape(ValueId value) const { return builder_.shape(value); }
  [[nodiscard]] DType dtype(ValueId value) const;
  // The number that every element of the value is, if that is known.
  [[nodiscard]] std::optional<double> number(ValueId value) const;

  // A scalar. float32 holds few numbers exactly: another one is emitted as the sum of two, so that an
  // evaluation in float64 has it to 48 bits; a runtime folds the sum when it loads the graph.
  ValueId scalar(double value, DType dtype);
  ValueId integers(const std::vector<int64_t>& values);
  ValueId constant(std::string name, graph::Tensor data) {
    return builder_.constant(std::move(name), std::move(data));
  }
  // A tensor of one number.
  ValueId filled(double value, const Shape& shape, DType dtype);
  ValueId zeros(const Shape& shape, DType dtype) { return filled(0, shape, dtype); }

  ValueId add(ValueId a, ValueId b);
  ValueId sub(ValueId a, ValueId b) { return op("Sub", {a, b}); }
  ValueId mul(ValueId a, ValueId b);
  ValueId div(ValueId a, ValueId b);
  ValueId neg(ValueId a);
  ValueId scale(ValueId a, double factor);
  ValueId plus(ValueId a, double term);
  ValueId square(ValueId a) { return mul(a, a); }
  // 1 / sqrt(a + epsilon).
  ValueId inverse_root(ValueId a, double epsilon);
  // Splits off a factor that scale() or mul() put on.
  [[nodiscard]] Scaled unscaled(ValueId a) const;

  ValueId matmul(ValueId a, ValueId b) { return op("MatMul", {a, b}); }
  // Of matrices.
  ValueId gemm(ValueId a, ValueId b, GemmForm form = {});

  ValueId reshape(ValueId a, const Shape& to);
  ValueId transpose(ValueId a, const std::vector<int64_t>& permutation);
  // The last two dimensions exchanged.
  ValueId transpose_last(ValueId a);
  ValueId expand(ValueId a, const Shape& to);
  // As a matrix whose columns are the last dimension (or, from `axis` on, all of them).
  ValueId rows(ValueId a) { return rows_from(a, shape(a).empty() ? 0 : shape(a).size() - 1); }
  ValueId rows_from(ValueId a, size_t axis);
  ValueId sum(ValueId a, const std::vector<int64_t>& axes, bool keep);
  ValueId mean(ValueId a, const std::vector<int64_t>& axes, bool keep);
  // Undoes broadcasting: `a` summed to the shape `to`, from which its shape was broadcast.
  ValueId sum_to(ValueId a, const Shape& to);

 private:
  using Key = std::tuple<std::string, std::vector<ValueId>, Attributes>;

  ValueId reduce(std::string_view name, ValueId a, const std::vector<int64_t>& axes, bool keep);
  std::string free_name(std::string_view op);

  graph::Builder builder_;
  std::string scope_ = "grad";
  std::map<Key, std::vector<ValueId>> known_;
  std::map<std::string, int, std::less<>> used_names_;
  std::map<ValueId, double> numbers_;
  std::map<ValueId, Scaled> scaled_;
  std::map<ValueId, ValueId> before_reshape_;
};

}  // namespace assay::autodiff
