#include "assay_runner/load.h"

#include <algorithm>

#include "base/file.h"
#include "graph/json.h"
#include "tensor/safetensors.h"

namespace assay_runner {
namespace {

using assay::graph::Role;
using assay::graph::Value;

// The tensors of a file that the graph has under `role`. A weights file may hold more than the graph uses.
Answer<TensorMap> read(const std::string& path, const Graph& graph, Role role) {
  auto tensors = answered(assay::tensor::read_safetensors(path));
  if (!tensors) return tensors;
  const Forms wanted = forms_of(graph, role);
  if (role == Role::parameter)
    std::erase_if(*tensors, [&](const auto& t) { return !wanted.contains(t.first); });
  if (auto checked = check(forms_of(*tensors), wanted, path); !checked)
    return std::unexpected(checked.error());
  return tensors;
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

Answer<Generation> read_generation(const assay::protocol::Generation& request) {
  Generation result;
  result.decodes = request.decodes;
  assay::record::Failure failure;
  if (!take(result.prefill, read_graph(request.prefill), failure) ||
      !take(result.decode, read_graph(request.decode), failure))
    return std::unexpected(std::move(failure));
  return result;
}

}  // namespace

Answer<std::shared_ptr<const Load>> read_load(const LoadRequest& request) {
  auto load = std::make_shared<Load>();
  load->request = request;
  assay::record::Failure failure;
  if (!take(load->graph, read_graph(request.graph), failure) ||
      !take(load->weights, read(request.weights, load->graph, Role::parameter), failure))
    return std::unexpected(std::move(failure));
  if (request.state && !take(load->state, read(*request.state, load->graph, Role::state), failure))
    return std::unexpected(std::move(failure));
  if (request.fixed && !take(load->fixed, answered(assay::tensor::read_safetensors(*request.fixed)), failure))
    return std::unexpected(std::move(failure));
  if (const auto& parts = request.generation) {
    Generation generation;
    if (!take(generation, read_generation(*parts), failure)) return std::unexpected(std::move(failure));
    load->generation = std::move(generation);
  }
  if (!request.state && !load->graph.with_role(Role::state).empty())
    return failed("load lacks the state that {} has", request.graph);
  return load;
}

Forms output_forms(const Load& load) {
  Forms forms;
  for (const auto id : load.graph.outputs()) {
    const Value& value = load.graph.value(id);
    forms[value.name] = {value.dtype, value.shape};
  }
  if (load.request.gradients)
    for (const auto id : load.graph.with_role(Role::parameter))
      if (const Value& value = load.graph.value(id); value.trainable)
        forms["grad." + value.name] = {assay::tensor::DType::f32, value.shape};
  return forms;
}

}  // namespace assay_runner
