// The truth of a workload: float64 outputs of both input sets, the yardsticks of what rounding alone does to
// them, what kinks do to gradients, and the state a runner is given. The reference evaluates in a child
// process (`assay reference`), so that its memory and its threads are gone before anything is measured;
// results are cached by the content of graph, weights and inputs, sealed (base/seal.h). What is not a finite
// number can neither be judged nor judge: it is refused.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/seal.h"
#include "graph/graph.h"
#include "models/workload.h"
#include "reference/options.h"
#include "tensor/tensor.h"
#include "verify/yardstick.h"

namespace assay::verify {

// One evaluation of a graph: files in, file out.
struct ReferenceJob {
  std::filesystem::path graph;  // JSON
  std::vector<std::filesystem::path>
      bindings;               // safetensors: inputs, states, parameters; all of them together
  std::filesystem::path out;  // safetensors
  reference::Options options;
};
// Runs one job to its end. Fails (data, environment) with what the reference said.
using Evaluator = std::function<Result<>(const ReferenceJob&)>;

// Runs the job in this process: `assay reference` is this.
[[nodiscard]] Result<> evaluate_here(const ReferenceJob& job);

// Runs `ASSAY reference` with the job's files and options as a child process. `stop` (may be null) set to
// true kills the child, and the call fails.
[[nodiscard]] Evaluator child_evaluator(std::filesystem::path assay, const std::atomic<bool>* stop = nullptr);

struct TruthRequest {
  std::filesystem::path weights;  // safetensors with every parameter
  std::string weights_key;        // models::weights_key
  // The states of the step as the runners get them (f32 safetensors), where it has any; write_state makes it.
  std::optional<std::filesystem::path> state;
  std::filesystem::path folder;  // where results are cached; empty: cache_dir()/truth
  int threads = 0;
  Evaluator evaluate;  // child_evaluator
  // Told before each evaluation, for a live view: "truth of input set 0 in float64". May be empty.
  std::function<void(std::string_view what)> progress;
  Told told;  // of a file in the cache that was damaged and is made anew
};

struct Truth {
  // The graph whose outputs are judged: the workload's step, in training with the gradients. Its outputs are
  // what is expected.
  std::vector<std::string> outputs;
  // By the number of the input set, 0 and 1 being the workload's own: outputs by name, f64, mapped.
  std::map<uint64_t, tensor::TensorMap> expected;
  Yardsticks f32;  // of float32, from input set 0
  // The same with operands rounded to the compute types that contestants declared: "tf32", "f16", "bf16".
  std::map<std::string, Yardsticks, std::less<>> reduced;
  // Training with ReLU or max-pool, whose gradients jump: by input set and gradient, |g(on) - g(off)|_2 of
  // float64 evaluations in which every ambiguous element goes one way or the other. Empty without kinks.
  std::map<uint64_t, std::map<std::string, double>> spread;
  StepsReach steps;           // of inference, where the graph has any
  bool cached = false;        // nothing had to be evaluated
  bool is_an_answer = false;  // it stands in for a truth (answer_as_truth)
};

// Evaluates a workload's state (its outputs carry the states' names) in float64 on input set 0 with the
// parameters in `weights`, and writes it, rounded to float32, to `path`. Fails (data) where that is not
// finite.
[[nodiscard]] Result<> write_state(const models::Evaluation& source, const std::filesystem::path& weights,
                                   const std::filesystem::path& path, const Evaluator& evaluate,
                                   int threads = 0);

// The truth of a workload, from the cache or evaluated now. Fails (data, environment) as evaluation or files
// do, and (data) with tensor and place of a truth, or of a float32 evaluation of it, that is not finite.
[[nodiscard]] Result<Truth> find_truth(const models::Workload& workload, const TruthRequest& request);

// Adds the yardstick of a declared compute type to a truth that find_truth gave for the same arguments, from
// the cache or evaluated now. Nothing to do for "f32", for one that is there, and for a type that has no
// yardstick; none has one whose range does not hold the model's numbers.
[[nodiscard]] Result<> add_yardstick(Truth& truth, std::string_view compute_type,
                                     const models::Workload& workload, const TruthRequest& request);

// The pieces of an inference between its steps (verify/steps.h) as a workload of its own, in which no step
// has to be taken from a number that was computed: what every step goes from is an input, what leads to it an
// output, for the workload's own input sets. Nothing where there are no steps.
[[nodiscard]] Result<std::optional<models::Workload>> between_steps(const models::Workload& workload,
                                                                    const TruthRequest& request);

// What answers to one more input set are held to: a truth of that set alone, evaluated now and kept nowhere,
// with the yardsticks of `truth`. `inputs` are those of the step.
[[nodiscard]] Result<Truth> truth_of_set(const Truth& truth, uint64_t set, const tensor::TensorMap& inputs,
                                         const models::Workload& workload, const TruthRequest& request);

// The same without an evaluation: another's answer in the place of the truth, for contestants to be compared
// with each other. Both are off by their own rounding, so all yardsticks are twice as long.
// Nothing where a tensor is missing or of another kind than the truth's: then there is nothing to compare
// with.
[[nodiscard]] std::optional<Truth> answer_as_truth(const Truth& truth, uint64_t set,
                                                   const tensor::TensorMap& answer);

}  // namespace assay::verify
