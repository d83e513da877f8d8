// What exporters took apart, put together again: a graph with the patterns of
// exporters (a matrix product with a constant, LayerNorm, RMSNorm, GELU, SiLU, rotary embedding,
// attention) replaced by the operator that each of them is. Whether the new graph computes what the old one
// does is for others to prove.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace assay::recognise {

// One kind of pattern: "Linear", "LayerNormalization", "Gelu" ...
[[nodiscard]] std::vector<std::string_view> kinds();

struct Recognised {
  graph::Graph graph;
  std::map<std::string, int> found;  // how many of each kind
  std::map<std::string, std::string>
      transposed;  // new parameters: matrices, by the one that each is the transpose of
  // Constants of the old graph that stand for an irrational number, rounded to float32, and that number: the
  // new operators know it better. 1/sqrt(2) of a GELU.
  std::map<std::string, double> meant;
};

// The graph with those kinds of patterns replaced, and without nodes whose results nobody reads then. Inputs
// and outputs keep their names. `weights` are the parameters, which some patterns are told by. Fails (data)
// as Graph does.
[[nodiscard]] Result<Recognised> recognise(const graph::Graph& source,
                                           std::span<const std::string_view> wanted,
                                           const tensor::TensorMap& weights = {});

}  // namespace assay::recognise
