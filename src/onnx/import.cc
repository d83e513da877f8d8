#include "onnx/import.h"

#include <fmt/ranges.h>
#include <onnx.pb.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "base/file.h"
#include "base/text.h"
#include "graph/operators.h"
#include "onnx/read_proto.h"
#include "tensor/safetensors.h"

namespace assay::onnx {
namespace {

namespace fs = std::filesystem;
using graph::Graph;
using graph::kAbsent;
using graph::ValueId;
using tensor::Tensor;
using tensor::TensorMap;

constexpr size_t kMostShown = 200;  // of a name from outside
constexpr size_t kMostListed = 6;   // operators in one message

std::string shown(const std::string& name) { return one_line(name, kMostShown); }

Result<::onnx::ModelProto> parse(const fs::path& path) {
  ASSAY_TRY(const auto file, MappedFile::open(path));
  ::onnx::ModelProto model;
  const auto bytes = file->bytes();
  constexpr size_t kMostBytes = (size_t{1} << 31U) - 1;  // what protobuf reads
  if (bytes.size() > kMostBytes || !model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail(ErrorKind::data, "{}: no ONNX file in normal form", path.string());
  return model;
}

// Operators that the graph has none of, each with the first node that needs it.
Result<> check_operators(const ::onnx::GraphProto& source) {
  std::map<std::string, std::string> missing;
  for (const auto& node : source.node())
    if (graph::find_operator(node.op_type()) == nullptr || node.op_type() == "Linear")
      missing.emplace(node.op_type(), name_of(node));
  if (missing.empty()) return {};
  std::vector<std::string> listed;
  for (const auto& [op, name] : missing)
    if (listed.size() < kMostListed) listed.push_back(fmt::format("{} (node {})", shown(op), shown(name)));
  return fail(ErrorKind::data, "{} of its operators cannot be computed here: {}{}", missing.size(),
              fmt::join(listed, ", "), missing.size() > kMostListed ? ", ..." : "");
}

// The names that stand where an operator wants a constant.
std::set<std::string> names_of_constants(const ::onnx::GraphProto& source) {
  std::set<std::string> names;
  for (const auto& node : source.node()) {
    const graph::Operator* op = graph::find_operator(node.op_type());
    for (int i = 0; i < node.input_size(); ++i)
      if (static_cast<size_t>(i) < op->inputs.size() && op->inputs[static_cast<size_t>(i)].constant)
        names.insert(node.input(i));
  }
  return names;
}

class Reader {
 public:
  Reader(const ::onnx::GraphProto& source, TensorMap weights)
      : source_(source),
        weights_(std::move(weights)),
        graph_(source.name().empty() ? "model" : source.name()) {}

  Result<Graph> read() && {
    for (const auto& input : source_.input()) ASSAY_TRY_VOID(add_input(input));
    const auto constants = names_of_constants(source_);
    for (const auto& tensor : source_.initializer()) ASSAY_TRY_VOID(add_initializer(tensor, constants));
    for (const auto& node : source_.node()) ASSAY_TRY_VOID(add_node(node));
    return with_outputs();
  }

 private:
  Result<> add_input(const ::onnx::ValueInfoProto& input) {
    ASSAY_TRY(const auto type, type_of(input));
    ASSAY_TRY([[maybe_unused]] const auto id, graph_.add_input(input.name(), type.dtype, type.shape));
    return {};
  }

  Result<> add_initializer(const ::onnx::TensorProto& tensor, const std::set<std::string>& constants) {
    if (!is_external(tensor)) {
      ASSAY_TRY(Tensor data, tensor_of(tensor));
      return add_constant(tensor.name(), std::move(data));
    }
    const auto found = weights_.find(tensor.name());
    if (found == weights_.end())
      return fail(ErrorKind::data, "tensor {} is not among the weights", shown(tensor.name()));
    if (constants.contains(tensor.name())) return add_constant(tensor.name(), found->second);
    ASSAY_TRY([[maybe_unused]] const auto id,
              graph_.add_parameter(tensor.name(), found->second.shape(), {}, false));
    return {};
  }

  Result<> add_constant(const std::string& name, Tensor data) {
    ASSAY_TRY([[maybe_unused]] const auto id, graph_.add_constant(name, std::move(data)));
    return {};
  }

  Result<std::vector<ValueId>> inputs_of(const ::onnx::NodeProto& node) {
    std::vector<ValueId> ids;
    for (const std::string& name : node.input()) {
      const auto id = name.empty() ? std::optional(kAbsent) : graph_.find(name);
      if (!id)
        return fail(ErrorKind::data, "node {} ({}): its input {} is no value before it", shown(name_of(node)),
                    shown(node.op_type()), shown(name));
      ids.push_back(*id);
    }
    return ids;
  }

  // Names of nodes are often empty or come twice; those of values do not.
  std::string unique_name(const ::onnx::NodeProto& node) {
    std::string name = name_of(node);
    while (!names_.insert(name).second) name += "_";
    return name;
  }

  Result<> add_node(const ::onnx::NodeProto& node) {
    ASSAY_TRY(auto inputs, inputs_of(node));
    ASSAY_TRY(auto attributes, attributes_of(node));
    std::vector<std::string> outputs(node.output().begin(), node.output().end());
    while (outputs.size() > 1 && outputs.back().empty()) outputs.pop_back();
    ASSAY_TRY([[maybe_unused]] const auto ids,
              graph_.add_node(unique_name(node), node.op_type(), std::move(inputs), std::move(attributes),
                              outputs));
    return {};
  }

  Result<Graph> with_outputs() {
    if (source_.output().empty()) return fail(ErrorKind::data, "the graph has no outputs");
    for (const auto& output : source_.output()) {
      const auto id = graph_.find(output.name());
      if (!id) return fail(ErrorKind::data, "output {} is computed by no node", shown(output.name()));
      graph_.add_output(*id);
    }
    return std::move(graph_);
  }

  const ::onnx::GraphProto& source_;
  TensorMap weights_;
  Graph graph_;
  std::set<std::string> names_;
};

Result<> check_opset(const ::onnx::ModelProto& model) {
  constexpr int64_t kNormal = 24;
  for (const auto& opset : model.opset_import())
    if (opset.domain().empty() && opset.version() == kNormal) return {};
  return fail(ErrorKind::data, "no ONNX file in normal form, which is opset {}", kNormal);
}

}  // namespace

Result<Graph> import_onnx(const fs::path& path, const fs::path& weights) {
  ASSAY_TRY(const auto model, parse(path));
  ASSAY_TRY_VOID(check_opset(model));
  ASSAY_TRY_VOID(check_operators(model.graph()));
  ASSAY_TRY(auto tensors, tensor::read_safetensors(weights));
  return Reader(model.graph(), std::move(tensors)).read();
}

}  // namespace assay::onnx
