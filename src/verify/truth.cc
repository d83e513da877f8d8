#include "verify/truth.h"

#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "base/file.h"
#include "graph/json.h"
#include "tensor/finite.h"
#include "tensor/safetensors.h"
#include "verify/evaluations.h"

namespace assay::verify {
namespace fs = std::filesystem;
namespace {

using tensor::DType;

bool jumps(const graph::Graph& graph) {
  return std::ranges::any_of(
      graph.nodes(), [](const graph::Node& node) { return node.op == "Relu" || node.op == "MaxPool"; });
}

}  // namespace

Result<> write_state(const models::Evaluation& source, const fs::path& weights, const fs::path& path,
                     const Evaluator& evaluate, int threads) {
  // Names of this process alone: another run may need the same state.
  const auto beside = [&](std::string_view what) {
    return fs::path(fmt::format("{}.{}.{}", path.string(), ::getpid(), what));
  };
  const ReferenceJob job{.graph = beside("graph.json"),
                         .bindings = {beside("inputs.safetensors"), weights},
                         .out = beside("float64.safetensors"),
                         .options = {.threads = threads}};
  ASSAY_TRY_VOID(write_file(job.graph, graph::to_json(source.graph)));
  ASSAY_TRY_VOID(tensor::write_safetensors(job.bindings[0], source.inputs[0]));
  auto done = evaluate(job);
  if (done) {
    ASSAY_TRY(auto outputs, tensor::read_safetensors(job.out));
    for (auto& [name, value] : outputs)
      if (value.dtype() == DType::f64) value = tensor::converted(value, DType::f32);
    const auto found = tensor::first_not_finite(outputs);
    done = found ? fail(ErrorKind::data, "the state's {}: {}", *found, kNotFinite)
                 : tensor::write_safetensors(path, outputs);
  }
  std::error_code ignored;
  for (const auto& temporary : {job.graph, job.bindings[0], job.out}) fs::remove(temporary, ignored);
  return done;
}

Result<Truth> find_truth(const models::Workload& workload, const TruthRequest& request) {
  ASSAY_TRY(auto evaluations, Evaluations::open(workload, request));
  Truth truth;
  const graph::Graph& step = evaluations.graphs().step;
  for (const graph::ValueId id : step.outputs()) truth.outputs.push_back(step.value(id).name);
  const bool kinks = workload.kind() == "training" && jumps(workload.step.graph);
  for (const uint64_t set : {0, 1}) {
    ASSAY_TRY(truth.expected[set], evaluations.expected(set));
    if (!kinks) continue;
    ASSAY_TRY(truth.spread[set], evaluations.spread(set));
  }
  ASSAY_TRY(truth.f32, evaluations.yardsticks(truth.expected[0]));
  ASSAY_TRY(truth.steps, evaluations.steps(truth.f32));
  truth.cached = !evaluations.evaluated();
  return truth;
}

Result<> add_yardstick(Truth& truth, std::string_view compute_type, const models::Workload& workload,
                       const TruthRequest& request) {
  const auto operands = reference::operands_from_name(compute_type);
  if (!operands || *operands == reference::Operands::full || truth.reduced.contains(compute_type)) return {};
  ASSAY_TRY(auto evaluations, Evaluations::open(workload, request));
  ASSAY_TRY(auto yardsticks, evaluations.yardsticks(*operands, truth.expected[0]));
  if (is_finite(yardsticks)) truth.reduced.emplace(compute_type, std::move(yardsticks));
  return {};
}

Result<Truth> truth_of_set(const Truth& truth, uint64_t set, const tensor::TensorMap& inputs,
                           const models::Workload& workload, const TruthRequest& request) {
  ASSAY_TRY(auto evaluations, Evaluations::open(workload, request));
  Truth own{.outputs = truth.outputs,
            .expected = truth.expected,
            .f32 = truth.f32,
            .reduced = truth.reduced,
            .spread = {},
            .steps = truth.steps};
  ASSAY_TRY(own.expected[set], evaluations.expected_of(inputs));
  if (!truth.spread.empty()) {
    ASSAY_TRY(own.spread[set], evaluations.spread_of(inputs));
  }
  if (!truth.steps.empty()) ASSAY_TRY_VOID(evaluations.raise_steps(own.steps, truth.f32, inputs, set));
  return own;
}

std::optional<Truth> answer_as_truth(const Truth& truth, uint64_t set, const tensor::TensorMap& answer) {
  Truth other{
      .outputs = truth.outputs, .expected = {}, .f32 = doubled(truth.f32), .reduced = {}, .spread = {}};
  for (const auto& [type, yardsticks] : truth.reduced) other.reduced[type] = doubled(yardsticks);
  for (const auto& [name, expected] : truth.expected.at(0)) {
    const auto found = answer.find(name);
    if (found == answer.end() || found->second.shape() != expected.shape()) return std::nullopt;
    const bool real = expected.dtype() == DType::f64;
    if (real && !tensor::is_floating(found->second.dtype())) return std::nullopt;
    other.expected[set].emplace(name, real ? tensor::converted(found->second, DType::f64) : found->second);
  }
  if (!truth.spread.empty()) other.spread[set] = truth.spread.at(0);
  other.steps = {.spread = doubled(truth.steps.spread), .ends = doubled(truth.steps.ends)};
  other.is_an_answer = true;
  return other;
}

}  // namespace assay::verify
