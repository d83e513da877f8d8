// The model as data: values, and nodes that compute values from values. Every consumer (evaluation, gradient,
// cost, ONNX, a framework's runner) reads this one structure. Operators carry the names, inputs, attributes
// and semantics of ONNX opset 24, but for `Linear` (docs/operators.md). Shapes are static. Nodes are stored
// in an order in which they can be evaluated.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "tensor/tensor.h"

namespace assay::graph {

using tensor::DType;
using tensor::Shape;
using tensor::Tensor;

// Index into Graph::values().
using ValueId = int32_t;
// Stands for an optional input that is not given or an optional output that is not wanted (ONNX's empty
// name).
inline constexpr ValueId kAbsent = -1;

enum class Role : uint8_t {
  input,      // an argument of every step
  state,      // resident on the device before the first step, e.g. past keys and values
  parameter,  // a weight, under its public name
  constant,   // small data that belongs to the graph: shapes, indices, RoPE tables
  computed,   // the output of a node
};

// How a parameter is drawn when no checkpoint is given: mean + std * noise, noise of zero mean and unit
// variance.
struct Init {
  double mean = 0;
  double std = 0;
};

struct Value {
  std::string name;  // unique in the graph
  DType dtype = DType::f32;
  Shape shape;
  Role role = Role::computed;
  Tensor data;             // role constant only
  Init init;               // role parameter only
  bool trainable = false;  // role parameter only: has a gradient in the training workload
};

using Attribute = std::variant<int64_t, double, std::string, std::vector<int64_t>>;
using Attributes = std::map<std::string, Attribute>;

struct Node {
  std::string name;  // unique among the nodes, readable: "layers.3.attention"
  std::string op;    // "Attention"
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  Attributes attributes;

  // Input i, or kAbsent when there are fewer inputs or it was left out.
  [[nodiscard]] ValueId input(size_t i) const { return i < inputs.size() ? inputs[i] : kAbsent; }
  [[nodiscard]] ValueId output(size_t i) const { return i < outputs.size() ? outputs[i] : kAbsent; }
  // The attribute's value, or `otherwise` when it is not set. Its type was checked when the node was added.
  [[nodiscard]] int64_t integer(std::string_view attribute, int64_t otherwise) const;
  [[nodiscard]] double real(std::string_view attribute, double otherwise) const;
  [[nodiscard]] std::string text(std::string_view attribute, std::string_view otherwise) const;
  [[nodiscard]] std::vector<int64_t> integers(std::string_view attribute,
                                              const std::vector<int64_t>& otherwise = {}) const;
  [[nodiscard]] bool has(std::string_view attribute) const;
};

class Graph {
 public:
  explicit Graph(std::string name = "graph") : name_(std::move(name)) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }

  // Each adds a value and returns its id. Fails (data) when the name is taken or empty.
  Result<ValueId> add_input(std::string name, DType dtype, Shape shape);
  Result<ValueId> add_state(std::string name, DType dtype, Shape shape);
  Result<ValueId> add_parameter(std::string name, Shape shape, Init init, bool trainable = true);
  Result<ValueId> add_constant(std::string name, Tensor data);

  // Adds a node whose outputs are new values named `output_names` ("" for an output that is not wanted).
  // Their types and shapes are inferred (graph/shapes.h). Fails (data) naming node and operator: unknown
  // operator, wrong arity, type, shape, attribute.
  Result<std::vector<ValueId>> add_node(std::string name, std::string op, std::vector<ValueId> inputs,
                                        Attributes attributes, const std::vector<std::string>& output_names);

  // Declares a value as an output of the graph. The output's name is the value's name.
  void add_output(ValueId value) { outputs_.push_back(value); }

  [[nodiscard]] const std::vector<Value>& values() const { return values_; }
  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] const std::vector<ValueId>& outputs() const { return outputs_; }
  [[nodiscard]] const Value& value(ValueId id) const;
  [[nodiscard]] std::optional<ValueId> find(std::string_view name) const;
  // Ids of all values of one role, in the order in which they were added.
  [[nodiscard]] std::vector<ValueId> with_role(Role role) const;

 private:
  Result<ValueId> add_value(Value value);

  std::string name_;
  std::vector<Value> values_;
  std::vector<Node> nodes_;
  std::vector<ValueId> outputs_;
  std::map<std::string, ValueId, std::less<>> by_name_;
  std::set<std::string, std::less<>> node_names_;
};

}  // namespace assay::graph
