#include "onnx/export.h"

#include <onnx.pb.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/file.h"
#include "base/version.h"
#include "onnx/model_proto.h"

namespace assay::onnx {
namespace {

namespace fs = std::filesystem;
using graph::Graph;
using graph::kAbsent;
using graph::Node;
using graph::Role;
using graph::Value;
using graph::ValueId;
using tensor::Shape;

constexpr int64_t kOpset = 24;
constexpr int64_t kIrVersion = 12;  // the oldest that may hold opset 24

// Writes one graph's nodes. Names that the export adds are those of the graph with a suffix, made unique.
class Writer {
 public:
  Writer(const Graph& graph, ::onnx::GraphProto* target) : graph_(graph), target_(target) {
    for (const Value& value : graph.values()) names_.insert(value.name);
  }

  void write_nodes() {
    for (const Node& node : graph_.nodes()) {
      if (node.op == "Linear")
        write_linear(node);
      else
        write_as_it_stands(node);
    }
  }

 private:
  [[nodiscard]] std::string name_of(ValueId id) const { return id == kAbsent ? "" : graph_.value(id).name; }

  std::string unique_name(std::string name) {
    while (!names_.insert(name).second) name += "_";
    return name;
  }

  ::onnx::NodeProto* add(const std::string& name, const std::string& op,
                         const std::vector<std::string>& inputs, const std::vector<std::string>& outputs) {
    auto* node = target_->add_node();
    node->set_name(name);
    node->set_op_type(op);
    for (const std::string& input : inputs) node->add_input(input);
    for (const std::string& output : outputs) node->add_output(output);
    return node;
  }

  void write_as_it_stands(const Node& node) {
    std::vector<std::string> inputs;
    for (const ValueId id : node.inputs) inputs.push_back(name_of(id));
    std::vector<std::string> outputs;
    for (const ValueId id : node.outputs) outputs.push_back(name_of(id));
    if (node.op == "Attention" && node.input(4) != kAbsent) name_present(node, outputs);
    // Optional operands at the end are left out, not empty.
    while (!inputs.empty() && inputs.back().empty()) inputs.pop_back();
    while (!outputs.empty() && outputs.back().empty()) outputs.pop_back();
    auto* target = add(node.name, node.op, inputs, outputs);
    for (const auto& [name, value] : node.attributes) set_attribute(name, value, target);
    // Equal parts, which opset 18 and later want said.
    if (node.op == "Split" && node.input(1) == kAbsent && !node.has("num_outputs"))
      set_attribute("num_outputs", static_cast<int64_t>(node.outputs.size()), target);
  }

  // The standard wants past and present keys and values used together, and some runtimes insist, whoever
  // reads them.
  void name_present(const Node& node, std::vector<std::string>& outputs) {
    outputs.resize(std::max<size_t>(outputs.size(), 3));
    if (outputs[1].empty()) outputs[1] = unique_name(node.name + ".present_key");
    if (outputs[2].empty()) outputs[2] = unique_name(node.name + ".present_value");
  }

  // Gemm takes the weight as it lies in the file, but matrices only: more dimensions become rows and come
  // back.
  void write_linear(const Node& node) {
    const Shape& x = graph_.value(node.inputs[0]).shape;
    const Shape& y = graph_.value(node.outputs[0]).shape;
    const bool is_matrix = x.size() == 2;
    const std::string output = name_of(node.outputs[0]);
    std::vector<std::string> inputs{is_matrix ? name_of(node.inputs[0]) : rows_of(node.inputs[0]),
                                    name_of(node.inputs[1])};
    if (node.input(2) != kAbsent) inputs.push_back(name_of(node.input(2)));
    const std::string product = is_matrix ? output : unique_name(output + ".rows");
    set_attribute("transB", int64_t{1}, add(node.name, "Gemm", inputs, {product}));
    if (!is_matrix) add(node.name + ".shape", "Reshape", {product, shape_constant(y)}, {output});
  }

  // The value as a matrix, made once for all who read it.
  std::string rows_of(ValueId id) {
    const auto known = rows_.find(id);
    if (known != rows_.end()) return known->second;
    const Shape& shape = graph_.value(id).shape;
    const std::string rows = unique_name(name_of(id) + ".rows");
    const int64_t count = tensor::element_count(Shape(shape.begin(), shape.end() - 1));
    add(rows, "Reshape", {name_of(id), shape_constant({count, shape.back()})}, {rows});
    return rows_[id] = rows;
  }

  std::string shape_constant(const Shape& shape) {
    const auto known = shapes_.find(shape);
    if (known != shapes_.end()) return known->second;
    const std::string name = unique_name("shape " + tensor::to_string(shape));
    const auto data = tensor::Tensor::of<int64_t>({static_cast<int64_t>(shape.size())}, shape);
    embed(name, data, target_->add_initializer());
    return shapes_[shape] = name;
  }

  const Graph& graph_;
  ::onnx::GraphProto* target_;
  std::set<std::string> names_;
  std::map<ValueId, std::string> rows_;
  std::map<Shape, std::string> shapes_;
};

Result<> write_initializers(const Graph& graph, const fs::path& weights, ::onnx::GraphProto* target) {
  std::map<std::string, tensor::Extent> extents;
  const auto parameters = graph.with_role(Role::parameter);
  if (!parameters.empty()) {
    ASSAY_TRY(extents, tensor::read_safetensors_header(weights));
  }
  for (const ValueId id : parameters)
    ASSAY_TRY_VOID(refer(graph.value(id), extents, weights, target->add_initializer()));
  for (const ValueId id : graph.with_role(Role::constant))
    embed(graph.value(id).name, graph.value(id).data, target->add_initializer());
  return {};
}

// An output must be computed by a node: another value gets there through an Identity, which needs another
// name.
Result<> check_outputs(const Graph& graph) {
  std::set<ValueId> seen;
  for (const ValueId id : graph.outputs()) {
    const Value& value = graph.value(id);
    if (!seen.insert(id).second)
      return fail(ErrorKind::data, "graph {}: {} is an output twice, which ONNX does not allow", graph.name(),
                  value.name);
    if (value.role == Role::input || value.role == Role::state)
      return fail(ErrorKind::data,
                  "graph {}: {} is an input and an output, which ONNX does not allow; add an Identity",
                  graph.name(), value.name);
  }
  return {};
}

// Runtimes read external data only from the model's own folder, and not through a symbolic link.
Result<> check_place(const fs::path& weights, const fs::path& path) {
  std::error_code ec;
  const fs::path beside = fs::weakly_canonical(path.parent_path().empty() ? "." : path.parent_path(), ec);
  const fs::path folder =
      fs::weakly_canonical(weights.parent_path().empty() ? "." : weights.parent_path(), ec);
  if (beside != folder)
    return fail(ErrorKind::data, "{}: an ONNX file must lie beside its weights, which are {}", path.string(),
                weights.string());
  if (fs::is_symlink(weights, ec))
    return fail(ErrorKind::data,
                "{}: is a symbolic link, which runtimes do not follow; use a hard link or a copy",
                weights.string());
  return {};
}

void write_header(const Graph& graph, ::onnx::ModelProto& model) {
  model.set_ir_version(kIrVersion);
  model.set_producer_name("assay");
  model.set_producer_version(std::string(kVersion));
  auto* opset = model.add_opset_import();
  opset->set_domain("");
  opset->set_version(kOpset);
  model.mutable_graph()->set_name(graph.name().empty() ? "graph" : graph.name());
}

}  // namespace

Result<> export_onnx(const Graph& graph, const fs::path& weights, const fs::path& path) {
  ASSAY_TRY_VOID(check_outputs(graph));
  if (!graph.with_role(Role::parameter).empty()) ASSAY_TRY_VOID(check_place(weights, path));
  ::onnx::ModelProto model;
  write_header(graph, model);
  auto* target = model.mutable_graph();
  for (const Role role : {Role::input, Role::state})
    for (const ValueId id : graph.with_role(role)) describe(graph.value(id), target->add_input());
  ASSAY_TRY_VOID(write_initializers(graph, weights, target));
  Writer(graph, target).write_nodes();
  for (const ValueId id : graph.outputs()) describe(graph.value(id), target->add_output());
  std::string bytes;
  if (!model.SerializeToString(&bytes))
    return fail(ErrorKind::data, "{}: the graph's constants exceed the 2 GB of an ONNX file", path.string());
  return write_file(path, bytes);
}

}  // namespace assay::onnx
