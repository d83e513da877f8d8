// A graph of Assay on its way to a model of OpenVINO: which output of which node of OpenVINO holds each
// value, and small helpers with which operators are written.
#pragma once

#include <functional>
#include <map>
#include <openvino/core/node.hpp>
#include <openvino/opsets/opset15.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "assay_runner/runner.h"
#include "graph/graph.h"

namespace openvino_runner {

namespace op = ov::opset15;

using assay::graph::Graph;
using assay::graph::kAbsent;
using assay::graph::Node;
using assay::graph::Value;
using assay::graph::ValueId;
using assay::tensor::DType;
using assay::tensor::Shape;
using assay_runner::Tensor;

using Output = ov::Output<ov::Node>;
using Outputs = std::vector<Output>;

// What an operator throws when OpenVINO has no way to do a node.
struct Refusal : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[nodiscard]] ov::element::Type element_type(DType dtype);
[[nodiscard]] ov::Shape shape_of(const Shape& shape);
// A tensor of OpenVINO that lies where ours does, which must outlive it. OpenVINO knows no tensor that must
// not be written; it writes to none of those that are arguments.
[[nodiscard]] ov::Tensor in_place(const Tensor& tensor);

class Emitter {
 public:
  explicit Emitter(const Graph& graph)
      : graph_(graph), outputs_(graph.values().size()), by_head_(graph.values().size()) {}

  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] const Value& value(const Node& node, size_t i) const { return graph_.value(node.inputs[i]); }
  [[nodiscard]] const Shape& shape(const Node& node, size_t i) const { return value(node, i).shape; }
  [[nodiscard]] const Value& result(const Node& node, size_t i = 0) const {
    return graph_.value(node.outputs[i]);
  }

  [[nodiscard]] Output output(ValueId id) const { return outputs_[static_cast<size_t>(id)]; }
  [[nodiscard]] Output input(const Node& node, size_t i) const { return output(node.input(i)); }
  void set(ValueId id, Output output) { outputs_[static_cast<size_t>(id)] = std::move(output); }

  // A value [batch, length, heads * size] as [batch, heads, length, size], and one that was made from that
  // form.
  [[nodiscard]] Output by_head(ValueId id, int64_t heads) const;
  void keep_by_head(ValueId id, Output output) { by_head_[static_cast<size_t>(id)] = std::move(output); }

  // What several nodes need alike, made for the first one that asks under this name.
  [[nodiscard]] Output once(const std::string& name, const std::function<Output()>& make);

 private:
  const Graph& graph_;
  Outputs outputs_;  // by value
  Outputs by_head_;  // by value, where one was kept
  std::map<std::string, Output> shared_;
};

// Operators of OpenVINO take their settings as nodes.
[[nodiscard]] Output integers(const std::vector<int64_t>& values);
[[nodiscard]] Output integer(int64_t value);
// A number of the element type of `like`.
[[nodiscard]] Output scalar(double value, const Output& like);
[[nodiscard]] Output floats(const Shape& shape, const std::vector<float>& values);

template <class Kind, class... Args>
[[nodiscard]] Output make(Args&&... args) {
  return std::make_shared<Kind>(std::forward<Args>(args)...)->output(0);
}

[[nodiscard]] Output reshaped(const Output& x, const Shape& shape);
[[nodiscard]] Output transposed(const Output& x, const std::vector<int64_t>& perm);
[[nodiscard]] Output converted(const Output& x, const ov::element::Type& type);
// A vector with one number a channel, against a tensor [batch, channels, ...] of that rank.
[[nodiscard]] Output by_channel(const Output& x, size_t rank);
// Rows of an axis by constant indices, counted from the front.
[[nodiscard]] Output rows(const Output& x, const std::vector<int64_t>& indices, size_t axis);

// An axis counted from the front.
[[nodiscard]] inline size_t from_the_front(int64_t axis, size_t rank) {
  return static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis);
}

// A constant operand's integers.
[[nodiscard]] std::vector<int64_t> constant_integers(const Value& value);

}  // namespace openvino_runner
