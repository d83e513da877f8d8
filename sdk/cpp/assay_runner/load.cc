#include "assay_runner/load.h"

#include <algorithm>
#include <cstring>

#include "base/file.h"
#include "graph/json.h"
#include "tensor/safetensors.h"

namespace assay_runner {
namespace {

using assay::graph::Role;
using assay::graph::Value;
using assay::tensor::DType;
using assay::tensor::Shape;

struct Expected {
  DType dtype;
  Shape shape;
};
using ExpectedTensors = std::map<std::string, Expected>;

ExpectedTensors expected_of(const Graph& graph, Role role) {
  ExpectedTensors result;
  for (const auto id : graph.with_role(role)) {
    const Value& value = graph.value(id);
    result[value.name] = {value.dtype, value.shape};
  }
  return result;
}

// `where` starts the message.
Answer<> check(const TensorMap& tensors, const ExpectedTensors& expected, const std::string& where) {
  for (const auto& [name, wanted] : expected) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) return failed("{}: tensor '{}' is missing", where, name);
    if (found->second.dtype() != wanted.dtype || found->second.shape() != wanted.shape)
      return failed("{}: tensor '{}' is {} {}, the graph says {} {}", where, name,
                    dtype_name(found->second.dtype()), assay::tensor::to_string(found->second.shape()),
                    dtype_name(wanted.dtype), assay::tensor::to_string(wanted.shape));
  }
  for (const auto& [name, tensor] : tensors)
    if (!expected.contains(name)) return failed("{}: tensor '{}' is not in the graph", where, name);
  return {};
}

// The tensors of a file that the graph has under `role`. A weights file may hold more than the graph uses.
Answer<TensorMap> read(const std::string& path, const Graph& graph, Role role) {
  auto tensors = answered(assay::tensor::read_safetensors(path));
  if (!tensors) return tensors;
  const auto expected = expected_of(graph, role);
  if (role == Role::parameter)
    std::erase_if(*tensors, [&](const auto& t) { return !expected.contains(t.first); });
  if (auto checked = check(*tensors, expected, path); !checked) return std::unexpected(checked.error());
  return tensors;
}

TensorMap in_memory(const TensorMap& views) {
  TensorMap result;
  for (const auto& [name, view] : views) {
    Tensor copy(view.dtype(), view.shape());
    if (!view.bytes().empty())
      std::memcpy(copy.mutable_bytes().data(), view.bytes().data(), view.bytes().size());
    result.emplace(name, std::move(copy));
  }
  return result;
}

Answer<Graph> read_graph(const std::string& path) {
  const auto text = assay::read_file(path);
  if (!text) return failed("{}", text.error().message);
  auto graph = assay::graph::from_json(*text);
  if (!graph) return failed("{}: {}", path, graph.error().message);
  return std::move(*graph);
}

// ASSAY_TRY for answers: its error is of another type.
template <class T>
bool take(T& target, Answer<T> answer, assay::record::Failure& failure) {
  if (answer)
    target = std::move(*answer);
  else
    failure = std::move(answer.error());
  return answer.has_value();
}

}  // namespace

Answer<std::shared_ptr<const Load>> read_load(const LoadRequest& request) {
  auto load = std::make_shared<Load>();
  load->request = request;
  assay::record::Failure failure;
  TensorMap views;
  if (!take(load->graph, read_graph(request.graph), failure) ||
      !take(load->weights, read(request.weights, load->graph, Role::parameter), failure))
    return std::unexpected(std::move(failure));
  if (request.state && !take(load->state, read(*request.state, load->graph, Role::state), failure))
    return std::unexpected(std::move(failure));
  if (!request.state && !load->graph.with_role(Role::state).empty())
    return failed("load lacks the state that {} has", request.graph);
  for (size_t set = 0; set < 2; ++set) {
    if (!take(views, read(request.inputs[set], load->graph, Role::input), failure))
      return std::unexpected(std::move(failure));
    load->inputs[set] = in_memory(views);
  }
  return load;
}

Answer<> check_outputs(const Load& load, const TensorMap& outputs) {
  ExpectedTensors expected;
  for (const auto id : load.graph.outputs()) {
    const Value& value = load.graph.value(id);
    expected[value.name] = {value.dtype, value.shape};
  }
  if (load.request.gradients)
    for (const auto id : load.graph.with_role(Role::parameter))
      if (const Value& value = load.graph.value(id); value.trainable)
        expected["grad." + value.name] = {DType::f32, value.shape};
  return check(outputs, expected, "the runner's outputs");
}

}  // namespace assay_runner
