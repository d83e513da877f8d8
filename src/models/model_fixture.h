// What the tests of all families ask of a model: its workloads built, and names and shapes of their values.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>

#include "models/catalogue.h"

namespace assay::models {

inline Workload built(std::string_view model, std::string_view size, std::string_view workload) {
  auto found = find_model(model, size);
  EXPECT_TRUE(found) << found.error().message;
  auto result = found->build(workload);
  EXPECT_TRUE(result) << result.error().message;
  return std::move(*result);
}

inline Evaluation given(const std::optional<Evaluation>& evaluation) {
  EXPECT_TRUE(evaluation);
  return evaluation ? *evaluation : Evaluation{.graph = Graph("none"), .inputs = {}};
}

enum class Counted : uint8_t { all, trainable };

inline int64_t parameter_count(const Graph& graph, Counted counted = Counted::all) {
  int64_t count = 0;
  for (const graph::ValueId id : graph.with_role(graph::Role::parameter))
    if (counted == Counted::all || graph.value(id).trainable)
      count += tensor::element_count(graph.value(id).shape);
  return count;
}

using Shapes = std::map<std::string, graph::Shape>;

inline Shapes outputs(const Graph& graph) {
  Shapes result;
  for (const graph::ValueId id : graph.outputs()) result[graph.value(id).name] = graph.value(id).shape;
  return result;
}

inline Shapes of_role(const Graph& graph, graph::Role role) {
  Shapes result;
  for (const graph::ValueId id : graph.with_role(role)) result[graph.value(id).name] = graph.value(id).shape;
  return result;
}

inline std::set<std::string> operators_of(const Graph& graph) {
  std::set<std::string> result;
  for (const auto& node : graph.nodes()) result.insert(node.op);
  return result;
}

}  // namespace assay::models
