#include "models/assemble.h"

#include <fmt/format.h>

#include "tensor/generate.h"

namespace assay::models {

using tensor::Tensor;

Model assemble(Model model, WorkloadMaker make) {
  const Model identity = model;
  model.build = [identity, make = std::move(make)](std::string_view name) -> Result<Workload> {
    ASSAY_TRY(Workload workload, make(name, fmt::format("{}/{}/{}", identity.name, identity.size, name)));
    workload.model = identity.name;
    workload.size = identity.size;
    workload.name = name;
    return workload;
  };
  return model;
}

Evaluation with_noise(graph::Graph graph, std::array<TensorMap, 2> given) {
  Evaluation result{std::move(graph), std::move(given)};
  for (const graph::ValueId id : result.graph.with_role(graph::Role::input)) {
    const graph::Value& input = result.graph.value(id);
    for (size_t set = 0; set < 2; ++set)
      if (!result.inputs[set].contains(input.name))
        result.inputs[set].emplace(input.name,
                                   tensor::generate_noise("input." + input.name, set, input.shape, 0, 1));
  }
  return result;
}

Tensor integer_list(const std::vector<int64_t>& values) {
  return Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, values);
}

Tensor integer_row(const std::vector<int64_t>& values) {
  return Tensor::of<int64_t>({1, static_cast<int64_t>(values.size())}, values);
}

std::vector<int64_t> drawn_indices(std::string_view name, int64_t count, int64_t limit) {
  const Tensor drawn = tensor::generate_indices(name, 1, {count}, limit);
  return {drawn.data<int64_t>().begin(), drawn.data<int64_t>().end()};
}

}  // namespace assay::models
