// One workload's evaluations in its folder of the cache: each is made when it is first asked for, in a child
// process, and found again under its name. What is evaluated, and under which key it is kept, is said here.
#pragma once

#include <filesystem>
#include <string>

#include "verify/steps.h"
#include "verify/truth.h"

namespace assay::verify {

// The graphs that are evaluated: for the truth in float64, and for the yardsticks the step itself, in
// float32; `rounded` is what one of them takes (models/workload.h), often the step.
struct EvaluatedGraphs {
  graph::Graph truth, step, rounded;
};
// In training all are gradient graphs.
[[nodiscard]] Result<EvaluatedGraphs> evaluated_graphs(const models::Workload& workload);

// Why numbers that are not finite are refused, as the end of a message.
inline constexpr const char* kNotFinite =
    "with these weights the numbers of the model leave the range of their type, and nothing can be judged";

class Evaluations {
 public:
  // Keeps references to both arguments.
  [[nodiscard]] static Result<Evaluations> open(const models::Workload& workload,
                                                const TruthRequest& request);

  [[nodiscard]] const EvaluatedGraphs& graphs() const { return graphs_; }
  // Something had to be evaluated since this object was made.
  [[nodiscard]] bool evaluated() const { return evaluated_; }

  // The outputs of one of the workload's own input sets in float64.
  [[nodiscard]] Result<tensor::TensorMap> expected(size_t set);
  // And of these inputs of the step; kept nowhere.
  [[nodiscard]] Result<tensor::TensorMap> expected_of(const tensor::TensorMap& inputs);
  // What float32 does: the largest error of three blockings, the last one of the rounded graph. Of a graph
  // with steps it is what is does to the pieces between them, the steps' operands included.
  [[nodiscard]] Result<Yardsticks> yardsticks(const tensor::TensorMap& truth);
  // What float32 with operands in a shorter format does.
  [[nodiscard]] Result<Yardsticks> yardsticks(reference::Operands operands, const tensor::TensorMap& truth);
  // |g(on) - g(off)|_2 by gradient, of one of the workload's own input sets, and of these inputs.
  [[nodiscard]] Result<std::map<std::string, double>> spread(size_t set);
  [[nodiscard]] Result<std::map<std::string, double>> spread_of(const tensor::TensorMap& inputs);
  [[nodiscard]] bool has_steps() const { return !steps_.empty(); }
  // The inputs of the pieces between steps: those of the step, and each operand, evaluated in float64 and
  // rounded.
  [[nodiscard]] Result<tensor::TensorMap> pieces_inputs(const tensor::TensorMap& inputs);
  // What steps may do to the outputs of the workload's own input sets; nothing where there are none.
  // `yardsticks` are those of float32.
  [[nodiscard]] Result<StepsReach> steps(const Yardsticks& yardsticks);
  // Raised to what they may do for these inputs of the step; `seed` draws the pushes.
  [[nodiscard]] Result<> raise_steps(StepsReach& reach, const Yardsticks& yardsticks,
                                     const tensor::TensorMap& inputs, uint64_t seed);

 private:
  Evaluations(const models::Workload& workload, const TruthRequest& request, EvaluatedGraphs graphs,
              std::filesystem::path folder);
  // Sealed and as it was; else told, unless it is missing.
  [[nodiscard]] bool kept(const std::filesystem::path& path) const { return is_intact(path, request_.told); }
  [[nodiscard]] bool complete(const tensor::TensorMap& outputs) const;
  // Outputs and the steps' operands in float64.
  [[nodiscard]] Result<tensor::TensorMap> told_of(const tensor::TensorMap& inputs);
  // What is evaluated in float32 for the yardsticks, with its truth: the graphs as they are, or the pieces
  // between their steps.
  struct Pieces {
    graph::Graph step, rounded;
    tensor::TensorMap inputs, truth;
  };
  [[nodiscard]] Result<Pieces> in_pieces(const tensor::TensorMap& truth);
  // Raises `raised` to what the pushes of a seed do, both ways round.
  [[nodiscard]] Result<> raise_pushed(Yardsticks& raised, const Yardsticks& yardsticks,
                                      const Yardsticks& of_last, const tensor::TensorMap& told,
                                      const tensor::TensorMap& inputs, uint64_t seed);
  // Fails (data) with the first element that is not.
  [[nodiscard]] Result<> all_finite(const tensor::TensorMap& outputs, std::string_view what) const;
  [[nodiscard]] Result<> run(const tensor::TensorMap& inputs, const graph::Graph& graph,
                             const std::filesystem::path& out, const reference::Options& options,
                             std::string_view what);
  // Outputs of the step, or of one like it, under `options`; the file is gone when this returns.
  [[nodiscard]] Result<tensor::TensorMap> once(const graph::Graph& graph, const tensor::TensorMap& inputs,
                                               const reference::Options& options, std::string_view what);

  const models::Workload& workload_;
  const TruthRequest& request_;
  EvaluatedGraphs graphs_;
  std::vector<Step> steps_;  // of an inference
  std::filesystem::path folder_;
  bool evaluated_ = false;
};

}  // namespace assay::verify
