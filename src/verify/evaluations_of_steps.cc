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

Result<StepsReach> Evaluations::steps(const Yardsticks& yardsticks) {
  if (steps_.empty()) return StepsReach{};
  const auto spread = folder_ / "steps-spread.json", ends = folder_ / "steps-ends.json";
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
