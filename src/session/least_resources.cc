#include "session/least_resources.h"

#include <fmt/format.h>

#include <algorithm>

#include "autodiff/gradient.h"
#include "graph/cost.h"
#include "report/figures.h"

namespace assay::session {
namespace {

using graph::Graph;
using graph::Role;

int64_t bytes_of(const graph::Value& value) {
  return tensor::element_count(value.shape) * static_cast<int64_t>(tensor::dtype_size(value.dtype));
}

int64_t bytes_of(const Graph& graph, Role role) {
  int64_t bytes = 0;
  for (const graph::ValueId id : graph.with_role(role)) bytes += bytes_of(graph.value(id));
  return bytes;
}

int64_t trainable_bytes(const Graph& graph) {
  int64_t bytes = 0;
  for (const graph::ValueId id : graph.with_role(Role::parameter))
    if (graph.value(id).trainable) bytes += bytes_of(graph.value(id));
  return bytes;
}

int64_t held_by(const Graph& graph) {
  return static_cast<int64_t>(graph::cost(graph).least_activation_bytes);
}

// What the evaluations of the truth hold between nodes, as if they were float32. Long requests take their
// memory here: logits, and in training the probabilities of every attention.
int64_t held_for_truth(const models::Workload& workload) {
  const auto& truth = workload.truth ? *workload.truth : workload.step;
  int64_t held = held_by(truth.graph);
  if (workload.state) held = std::max(held, held_by(workload.state->graph));
  if (workload.kind() == "training")
    if (const auto gradient = autodiff::gradient(truth.graph)) held = std::max(held, held_by(*gradient));
  return held;
}

}  // namespace

LeastResources least_resources(const models::Workload& workload) {
  const Graph& step = workload.step.graph;
  LeastResources need{.weights = bytes_of(step, Role::parameter) + bytes_of(step, Role::state),
                      .gradients = workload.kind() == "training" ? trainable_bytes(step) : 0,
                      .values = bytes_of(step, Role::input)};
  int64_t outputs = 0;
  for (const graph::ValueId id : step.outputs()) outputs += bytes_of(step.value(id));
  need.values += outputs;
  need.truth = need.weights + 2 * std::max(need.gradients + outputs, held_for_truth(workload));
  return need;
}

std::string memory_shortage(const LeastResources& need, std::optional<int64_t> memory,
                            std::optional<int64_t> limit, bool on_cpu) {
  using report::bytes;
  const int64_t made = need.gradients + need.values;
  const auto what = need.gradients > 0 ? "gradients, inputs and outputs" : "inputs and outputs";
  if (on_cpu && limit && made > *limit)
    return fmt::format("needs at least {} for {}; the limit is {}", bytes(made), what, bytes(*limit));
  if (!memory) return "";
  if (on_cpu && need.weights + made > *memory)
    return fmt::format("needs at least {} of memory, weights {}, {} {}; the machine has {}",
                       bytes(need.weights + made), bytes(need.weights), what, bytes(made), bytes(*memory));
  if (need.truth > *memory)
    return fmt::format("its truth in float64 needs at least {} of memory; the machine has {}",
                       bytes(need.truth), bytes(*memory));
  return "";
}

std::string truth_shortage(const LeastResources& need, int64_t available) {
  using report::bytes;
  const int64_t held = need.truth - need.weights;
  if (held <= available) return "";
  return fmt::format("its truth in float64 needs at least {} of memory beside the weights; {} are free now",
                     bytes(held), bytes(available));
}

std::string disk_shortage(const LeastResources& need, size_t contestants, int64_t available) {
  using report::bytes;
  // Of the one that is asked there are three copies for a moment.
  const int64_t answers = (2 * static_cast<int64_t>(contestants) + 2) * (need.gradients + need.values);
  if (answers <= available) return "";
  return fmt::format("the answers of a block with {} contestants need {} on the disk; {} are free",
                     contestants, bytes(answers), bytes(available));
}

}  // namespace assay::session
