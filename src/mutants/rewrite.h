// A graph copied node by node, each node as it is or changed on the way. Values keep their names, so that
// weights and inputs still fit and outputs are found.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "graph/builder.h"

namespace assay::mutants {

using graph::Builder;
using graph::Graph;
using graph::ValueId;

// A node about to be added to the copy. Its inputs are values of the copy already.
struct Draft {
  Builder& copy;
  const graph::Node& node;  // of the source
  const Graph& source;
  std::string op;
  std::vector<ValueId> inputs;
  graph::Attributes attributes;
  std::vector<std::string> outputs;  // names, "" where none is wanted
  // Applied to the first output, which then gets another name; what it returns takes the node's place. Must
  // end in a node named `name`.
  std::function<ValueId(ValueId first, const std::string& name)> after;

  // A name that nothing else has.
  [[nodiscard]] std::string named(const std::string& part) const { return node.name + ".mutant." + part; }
};

// Changes a draft; false leaves it as it is.
using Change = std::function<bool(Draft&)>;

// The copy, with `change` offered every node; `changed` is how many it took. Fails (data) when a changed node
// is not valid.
struct Rewritten {
  Graph graph;
  int changed = 0;
};
[[nodiscard]] Result<Rewritten> rewrite(const Graph& source, const Change& change);

}  // namespace assay::mutants
