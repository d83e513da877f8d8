#include "models/assemble.h"

#include <fmt/format.h>

#include "tensor/generate.h"

namespace assay::models {

using tensor::Tensor;

Model assemble(Model model, WorkloadMaker make) {
  const Model identity = model;
  model.build = [identity, make = std::move(make)](std::string_view text) -> Result<Workload> {
    ASSAY_TRY(const record::WorkloadName name, normal_name(identity, text));
    ASSAY_TRY(Request request, whole_request(identity, name));
    const std::string normal = record::to_string(name);
    ASSAY_TRY(Workload workload,
              make({name.kind, request, fmt::format("{}/{}/{}", identity.name, identity.size, normal)}));
    workload.model = identity.name;
    workload.size = identity.size;
    workload.name = normal;
    workload.request = std::move(request);
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

Tensor integer_rows(const std::vector<int64_t>& values, int64_t rows) {
  return Tensor::of<int64_t>({rows, static_cast<int64_t>(values.size()) / rows}, values);
}

std::vector<int64_t> drawn_indices(std::string_view name, int64_t count, int64_t limit) {
  const Tensor drawn = tensor::generate_indices(name, 1, {count}, limit);
  return {drawn.data<int64_t>().begin(), drawn.data<int64_t>().end()};
}

std::vector<int64_t> with_drawn_rows(std::vector<int64_t> first, std::string_view name, int64_t rows,
                                     int64_t limit) {
  const auto drawn = drawn_indices(name, static_cast<int64_t>(first.size()) * (rows - 1), limit);
  first.insert(first.end(), drawn.begin(), drawn.end());
  return first;
}

std::vector<int64_t> without_last(const std::vector<int64_t>& values, int64_t rows) {
  std::vector<int64_t> result;
  const auto length = static_cast<std::ptrdiff_t>(values.size()) / rows;
  for (auto row = values.begin(); row != values.end(); row += length)
    result.insert(result.end(), row, row + length - 1);
  return result;
}

std::vector<int64_t> without_first(const std::vector<int64_t>& values, int64_t rows) {
  std::vector<int64_t> result;
  const auto length = static_cast<std::ptrdiff_t>(values.size()) / rows;
  for (auto row = values.begin(); row != values.end(); row += length)
    result.insert(result.end(), row + 1, row + length);
  return result;
}

std::vector<int64_t> continued_rows(const std::vector<int64_t>& rows, const std::vector<int64_t>& next) {
  std::vector<int64_t> result;
  const auto length = rows.size() / next.size();
  for (size_t row = 0; row < next.size(); ++row) {
    const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(row * length);
    result.insert(result.end(), begin, begin + static_cast<std::ptrdiff_t>(length));
    result.push_back(next[row]);
  }
  return result;
}

}  // namespace assay::models
