// The evaluations of a graph with steps (verify/steps.h).
#include "base/file.h"
#include "verify/evaluations.h"
#include "verify/thresholds.h"

namespace assay::verify {
namespace {

using reference::Scalar;
using tensor::TensorMap;

// Those of one that are in another, too.
TensorMap among(const TensorMap& tensors, const TensorMap& others) {
  TensorMap result;
  for (const auto& [name, tensor] : tensors)
    if (others.contains(name)) result.emplace(name, tensor);
  return result;
}

}  // namespace

Result<TensorMap> Evaluations::told_of(const TensorMap& inputs) {
  ASSAY_TRY(const auto graph, told(graphs_.step, steps_));
  return once(graph, inputs, {.scalar = Scalar::f64}, "operands of the steps in float64");
}

Result<TensorMap> Evaluations::pieces_inputs(const TensorMap& inputs) {
  ASSAY_TRY(const TensorMap told, told_of(inputs));
  TensorMap given = inputs;
  for (const Step& step : steps_)
    given.emplace(step.given, tensor::converted(told.at(step.operand), tensor::DType::f32));
  return given;
}

Result<Evaluations::Pieces> Evaluations::in_pieces(const TensorMap& truth) {
  const TensorMap& inputs = workload_.step.inputs[0];
  if (steps_.empty()) return Pieces{graphs_.step, graphs_.rounded, inputs, truth};
  ASSAY_TRY(auto step, held(graphs_.step, steps_));
  ASSAY_TRY(auto rounded, held(graphs_.rounded, steps_));
  ASSAY_TRY(auto given, pieces_inputs(inputs));
  ASSAY_TRY(auto expected, once(step, given, {.scalar = Scalar::f64}, "pieces between steps in float64"));
  return Pieces{std::move(step), std::move(rounded), std::move(given), std::move(expected)};
}

Result<std::optional<models::Workload>> between_steps(const models::Workload& workload,
                                                      const TruthRequest& request) {
  if (steps_of(workload.step.graph).empty()) return std::nullopt;  // nor is a gradient asked for
  ASSAY_TRY(auto evaluations, Evaluations::open(workload, request));
  if (!evaluations.has_steps()) return std::nullopt;
  models::Workload pieces = workload;
  ASSAY_TRY(pieces.step.graph, held(workload.step.graph, steps_of(workload.step.graph)));
  pieces.rounded = std::nullopt;
  for (size_t set = 0; set < pieces.step.inputs.size(); ++set) {
    ASSAY_TRY(pieces.step.inputs[set], evaluations.pieces_inputs(workload.step.inputs[set]));
  }
  return pieces;
}

Result<StepsReach> Evaluations::steps(const Yardsticks& yardsticks) {
  if (steps_.empty()) return StepsReach{};
  const auto spread = folder_ / "spread-of-steps.json", ends = folder_ / "ends-of-steps.json";
  if (kept(spread) && kept(ends)) {
    auto first = read_yardsticks(spread), second = read_yardsticks(ends);
    if (first && second) return StepsReach{*std::move(first), *std::move(second)};
  }
  StepsReach reach;
  for (uint64_t set = 0; set < workload_.step.inputs.size(); ++set)
    ASSAY_TRY_VOID(raise_steps(reach, yardsticks, workload_.step.inputs[set], set));
  ASSAY_TRY_VOID(write_yardsticks(spread, reach.spread));
  ASSAY_TRY_VOID(write_yardsticks(ends, reach.ends));
  ASSAY_TRY_VOID(seal(spread));
  ASSAY_TRY_VOID(seal(ends));
  return reach;
}

Result<> Evaluations::raise_steps(StepsReach& reach, const Yardsticks& yardsticks, const TensorMap& inputs,
                                  uint64_t seed) {
  ASSAY_TRY(const TensorMap told, told_of(inputs));
  ASSAY_TRY_VOID(raise_pushed(reach.spread, yardsticks, {}, told, inputs, 2 * seed));
  return raise_pushed(reach.ends, yardsticks, reach.spread, told, inputs, 2 * seed + 1);
}

Result<> Evaluations::raise_pushed(Yardsticks& raised, const Yardsticks& yardsticks,
                                   const Yardsticks& of_last, const TensorMap& told, const TensorMap& inputs,
                                   uint64_t seed) {
  ASSAY_TRY(const auto graph, pushed(graphs_.step, steps_));
  for (const bool against : {false, true}) {
    TensorMap given = inputs;
    for (const Step& step : steps_) {
      double share = kStepTimesYardstick * yardsticks.of(step.operand).rel_l2;
      if (step.last) share += kTimesSteps * of_last.of(step.operand).rel_l2;
      given.emplace(step.push, push_of(step, told.at(step.operand), share, seed, against));
    }
    ASSAY_TRY(const auto outputs, once(graph, given, {.scalar = Scalar::f64}, "steps pushed to either side"));
    ASSAY_TRY_VOID(raise(raised, outputs, among(told, outputs), request_.threads));
  }
  return {};
}

}  // namespace assay::verify
