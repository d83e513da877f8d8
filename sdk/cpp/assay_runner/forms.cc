#include "assay_runner/forms.h"

namespace assay_runner {

using assay::tensor::to_string;

Forms forms_of(const assay::graph::Graph& graph, assay::graph::Role role) {
  Forms forms;
  for (const auto id : graph.with_role(role))
    forms[graph.value(id).name] = {graph.value(id).dtype, graph.value(id).shape};
  return forms;
}

Forms forms_of(const assay::tensor::TensorMap& tensors) {
  Forms forms;
  for (const auto& [name, tensor] : tensors) forms[name] = {tensor.dtype(), tensor.shape()};
  return forms;
}

Answer<> check(const Forms& found, const Forms& wanted, const std::string& where) {
  for (const auto& [name, form] : wanted) {
    const auto one = found.find(name);
    if (one == found.end()) return failed("{}: tensor '{}' is missing", where, name);
    if (one->second.dtype != form.dtype || one->second.shape != form.shape)
      return failed("{}: tensor '{}' is {} {}, the graph says {} {}", where, name,
                    dtype_name(one->second.dtype), to_string(one->second.shape), dtype_name(form.dtype),
                    to_string(form.shape));
  }
  for (const auto& [name, form] : found)
    if (!wanted.contains(name)) return failed("{}: tensor '{}' is not in the graph", where, name);
  return {};
}

}  // namespace assay_runner
