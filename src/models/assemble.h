// A model put together from its parts by a family: the identity that all its workloads share, and inputs as
// data.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "models/workload.h"

namespace assay::models {

// What a family is to build: the kind of workload, all its dimensions, and what the graph is called.
struct Wanted {
  std::string kind;
  Request request;
  std::string graph_name;

  [[nodiscard]] int64_t size(Dimension dimension) const { return request.at(dimension); }
};

// Makes the workload; model, size, name and request are filled in by assemble().
using WorkloadMaker = std::function<Result<Workload>(const Wanted& wanted)>;

// `model` with all but its `build`, which becomes `make`.
[[nodiscard]] Model assemble(Model model, WorkloadMaker make);

// A step with inputs drawn for each set, keyed by the input's name: noise of zero mean and unit variance for
// every input of type f32. `given` has the inputs that are not noise, of both sets.
[[nodiscard]] Evaluation with_noise(graph::Graph graph, std::array<TensorMap, 2> given = {});

// Integers as a tensor: [n], or [rows, n / rows].
[[nodiscard]] tensor::Tensor integer_list(const std::vector<int64_t>& values);
[[nodiscard]] tensor::Tensor integer_rows(const std::vector<int64_t>& values, int64_t rows);

// What `generate_indices` draws for set 1 under that name, as a list.
[[nodiscard]] std::vector<int64_t> drawn_indices(std::string_view name, int64_t count, int64_t limit);

// Rows of equal length, one after the other: `first`, then what is drawn under that name.
[[nodiscard]] std::vector<int64_t> with_drawn_rows(std::vector<int64_t> first, std::string_view name,
                                                   int64_t rows, int64_t limit);

// Each of `rows` rows without its last value, and without its first: what is read, and what follows it.
[[nodiscard]] std::vector<int64_t> without_last(const std::vector<int64_t>& values, int64_t rows);
[[nodiscard]] std::vector<int64_t> without_first(const std::vector<int64_t>& values, int64_t rows);
// Each row with one more value: rows.size() / next.size() each.
[[nodiscard]] std::vector<int64_t> continued_rows(const std::vector<int64_t>& rows,
                                                  const std::vector<int64_t>& next);

}  // namespace assay::models
