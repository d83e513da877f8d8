// A file of ONNX as OpenVINO's own frontend reads it.
#include "emitter.h"
#include "model.h"
#include "settings.h"

namespace openvino_runner {

using assay::record::Reason;

namespace {

// Why the port does not fit the graph's value of its name; empty where it does, and where the graph has none.
std::string misfit(const assay_runner::Load& load, const std::string& name, const ov::element::Type& type) {
  const auto id = load.graph.find(name);
  if (!id || element_type(load.graph.value(*id).dtype) == type) return "";
  return fmt::format("the file has {} as {}, not as {}", name, type.get_type_name(),
                     assay::tensor::dtype_name(load.graph.value(*id).dtype));
}

}  // namespace

assay_runner::Answer<Model> given_model(const assay_runner::Load& load) {
  Model made{.model = core().read_model(load.request.original.value_or(""))};
  for (const auto& input : made.model->inputs()) {
    made.arguments.push_back(input.get_any_name());
    if (const auto why = misfit(load, made.arguments.back(), input.get_element_type()); !why.empty())
      return assay_runner::unsupported(Reason::precision, "{}", why);
  }
  const auto& outputs = load.graph.outputs();
  if (made.model->outputs().size() != outputs.size())
    return assay_runner::failed("the file has {} outputs, the graph {}", made.model->outputs().size(),
                                outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::string& name = load.graph.value(outputs[i]).name;
    const auto output = made.model->output(i);
    if (!output.get_names().contains(name))
      return assay_runner::failed("output {} of the file is not called {}", i, name);
    if (const auto why = misfit(load, name, output.get_element_type()); !why.empty())
      return assay_runner::unsupported(Reason::precision, "{}", why);
  }
  return made;
}

}  // namespace openvino_runner
