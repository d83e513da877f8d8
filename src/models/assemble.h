// A model put together from its parts by a family: the identity that all its workloads share, and inputs as
// data.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "models/workload.h"

namespace assay::models {

// Makes the workload `name`, its graph called `graph_name`; model, size and name are filled in by assemble().
using WorkloadMaker = std::function<Result<Workload>(std::string_view name, const std::string& graph_name)>;

// `model` with all but its `build`, which becomes `make`.
[[nodiscard]] Model assemble(Model model, WorkloadMaker make);

// A step with inputs drawn for each set, keyed by the input's name: noise of zero mean and unit variance for
// every input of type f32. `given` has the inputs that are not noise, of both sets.
[[nodiscard]] Evaluation with_noise(graph::Graph graph, std::array<TensorMap, 2> given = {});

// Integers as a tensor: [n], or [1, n] where a batch is asked for.
[[nodiscard]] tensor::Tensor integer_list(const std::vector<int64_t>& values);
[[nodiscard]] tensor::Tensor integer_row(const std::vector<int64_t>& values);

// What `generate_indices` draws for set 1 under that name, as a list.
[[nodiscard]] std::vector<int64_t> drawn_indices(std::string_view name, int64_t count, int64_t limit);

}  // namespace assay::models
