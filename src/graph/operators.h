// The operators a graph may hold: one registry with each operator's inputs, outputs and attributes under
// ONNX's names (opset 24), and the function that infers its output types. Adding an operator is one line in
// operators.cc and that function.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "graph/shapes.h"

namespace assay::graph {

class Call;

struct Operand {
  std::string name;
  bool optional = false;
  bool variadic = false;  // the last one only: one or more
  bool constant = false;  // must have the role constant, since it decides the output's shape or way
};

enum class AttributeType : uint8_t { integer, real, text, integers };

struct AttributeRule {
  std::string name;
  AttributeType type = AttributeType::integer;
  bool required = false;
  std::vector<std::string> choices;  // type text: the values allowed; none: any
};

struct Operator {
  std::string name;
  std::vector<Operand> inputs;
  std::vector<Operand> outputs;
  std::vector<AttributeRule> attributes;
  std::string limits;  // what of ONNX's operator is not supported; empty when nothing is missing
  Result<std::vector<TypedShape>> (*infer)(const Call& call) = nullptr;
};

// All operators, sorted by name.
[[nodiscard]] const std::vector<Operator>& operators();

// The operator of that name, or nullptr.
[[nodiscard]] const Operator* find_operator(std::string_view name);

// Whether a node has the form that its operator asks for: number of inputs and outputs, names, types and
// choices of attributes. An empty name is an output that was left out. An integer given for a real attribute
// becomes a real. Fails (data) naming node and operator.
[[nodiscard]] Result<> check_form(const Graph& graph, Node& node, std::span<const std::string> output_names);

}  // namespace assay::graph
