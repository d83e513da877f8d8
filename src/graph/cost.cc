#include "graph/cost.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace assay::graph {
namespace {

double bytes_of(const Value& value) {
  return static_cast<double>(tensor::element_count(value.shape)) *
         static_cast<double>(tensor::dtype_size(value.dtype));
}

// For every value the nodes that read it, as indices; a node that reads it twice counts once.
std::vector<std::vector<size_t>> readers_of(const Graph& graph) {
  std::vector<std::vector<size_t>> readers(graph.values().size());
  for (size_t i = 0; i < graph.nodes().size(); ++i)
    for (const ValueId id : graph.nodes()[i].inputs) {
      if (id == kAbsent) continue;
      auto& list = readers[static_cast<size_t>(id)];
      if (list.empty() || list.back() != i) list.push_back(i);
    }
  return readers;
}

// By value: whether it is an output. A graph may have as many as nodes, too many to look through for each.
std::vector<bool> outputs_of(const Graph& graph) {
  std::vector<bool> is_output(graph.values().size(), false);
  for (const ValueId id : graph.outputs()) is_output[static_cast<size_t>(id)] = true;
  return is_output;
}

// Bytes of a parameter that a step must read: all of it, or, when only Gathers along its first dimension read
// it, one row an index.
double read_bytes(const Graph& graph, ValueId id, const std::vector<size_t>& readers, bool is_output) {
  const Value& parameter = graph.value(id);
  if (readers.empty() || is_output) return bytes_of(parameter);
  double rows = 0;
  for (const size_t reader : readers) {
    const Node& node = graph.nodes()[reader];
    if (node.op != "Gather" || node.integer("axis", 0) != 0 || node.input(1) == id)
      return bytes_of(parameter);
    rows += static_cast<double>(tensor::element_count(graph.value(node.input(1)).shape));
  }
  const double all = static_cast<double>(parameter.shape[0]);
  return all == 0 ? 0 : bytes_of(parameter) / all * std::min(rows, all);
}

// The value whose bytes each value shares: itself, or what a chain of views starts from.
std::vector<ValueId> storage_of(const Graph& graph) {
  std::vector<ValueId> storage(graph.values().size());
  for (size_t i = 0; i < storage.size(); ++i) storage[i] = static_cast<ValueId>(i);
  for (const Node& node : graph.nodes())
    if (is_view(node))
      storage[static_cast<size_t>(node.output(0))] = storage[static_cast<size_t>(node.input(0))];
  return storage;
}

double activation_bytes(const Graph& graph, const std::vector<bool>& is_output) {
  double bytes = 0;
  for (const Node& node : graph.nodes()) {
    if (is_view(node)) continue;
    for (const ValueId id : node.outputs)
      if (id != kAbsent && !is_output[static_cast<size_t>(id)]) bytes += bytes_of(graph.value(id));
    std::vector<ValueId> inputs = node.inputs;
    std::ranges::sort(inputs);
    inputs.erase(std::unique(inputs.begin(), inputs.end()), inputs.end());
    for (const ValueId id : inputs)
      if (id != kAbsent && graph.value(id).role == Role::computed) bytes += bytes_of(graph.value(id));
  }
  return bytes;
}

// For every value the last node that needs its bytes, views included; outputs are needed to the end.
std::vector<size_t> last_uses(const Graph& graph, const std::vector<ValueId>& storage) {
  std::vector<size_t> last(graph.values().size(), 0);
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.nodes()[i];
    for (const auto* ids : {&node.inputs, &node.outputs})
      for (const ValueId id : *ids)
        if (id != kAbsent) last[static_cast<size_t>(storage[static_cast<size_t>(id)])] = i;
  }
  for (const ValueId id : graph.outputs())
    last[static_cast<size_t>(storage[static_cast<size_t>(id)])] = graph.nodes().size();
  return last;
}

struct Alive {
  double peak = 0;   // while a node runs: what it reads, what it makes, and what others still need
  double least = 0;  // between nodes
};

Alive alive_bytes(const Graph& graph) {
  const std::vector<ValueId> storage = storage_of(graph);
  const std::vector<size_t> last = last_uses(graph, storage);
  std::vector<double> freed(graph.nodes().size() + 1, 0);
  double alive = 0;
  Alive most;
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    for (const ValueId id : graph.nodes()[i].outputs) {
      if (id == kAbsent || storage[static_cast<size_t>(id)] != id) continue;
      alive += bytes_of(graph.value(id));
      freed[last[static_cast<size_t>(id)]] += bytes_of(graph.value(id));
    }
    most.peak = std::max(most.peak, alive);
    alive -= freed[i];
    most.least = std::max(most.least, alive);
  }
  return most;
}

}  // namespace

bool is_view(const Node& node) {
  static constexpr std::array<std::string_view, 5> kViews = {"Reshape", "Squeeze", "Unsqueeze", "Flatten",
                                                             "Identity"};
  return std::ranges::find(kViews, node.op) != kViews.end();
}

Cost cost(const Graph& graph) {
  Cost total;
  for (const Node& node : graph.nodes()) total.flops += node_flops(graph, node);
  const auto readers = readers_of(graph);
  const auto is_output = outputs_of(graph);
  for (size_t i = 0; i < graph.values().size(); ++i) {
    const Value& value = graph.values()[i];
    if (value.role == Role::parameter) {
      total.parameters += tensor::element_count(value.shape);
      const double bytes = read_bytes(graph, static_cast<ValueId>(i), readers[i], is_output[i]);
      total.parameter_bytes += bytes;
      if (value.trainable) total.trainable_bytes += bytes;
    }
    if (value.role == Role::input || value.role == Role::state) total.io_bytes += bytes_of(value);
  }
  for (const ValueId id : graph.outputs()) total.io_bytes += bytes_of(graph.value(id));
  total.activation_bytes = activation_bytes(graph, is_output);
  const Alive alive = alive_bytes(graph);
  total.peak_activation_bytes = alive.peak;
  total.least_activation_bytes = alive.least;
  return total;
}

}  // namespace assay::graph
