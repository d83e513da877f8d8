// The truth of a workload: float64 outputs of both input sets, the yardsticks of what rounding alone does to
// them, what kinks do to gradients, and the state a runner is given. The reference evaluates in a child
// process (`assay reference`), so that its memory and its threads are gone before anything is measured;
// results are cached by the content of graph, weights and inputs, sealed (base/seal.h). What is not a finite
// number can neither be judged nor judge: it is refused.
#pragma once

#include <array>
#include <atomic>
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
  std::array<tensor::TensorMap, 2> expected;  // outputs by name, f64, mapped from the cache
  Yardsticks f32;                             // of float32, from input set 0
  // The same with operands rounded to the compute types that contestants declared: "tf32", "f16", "bf16".
  std::map<std::string, Yardsticks, std::less<>> reduced;
  // Training with ReLU or max-pool, whose gradients jump: by gradient and input set, |g(on) - g(off)|_2 of
  // float64 evaluations in which every ambiguous element goes one way or the other. Empty without kinks.
  std::array<std::map<std::string, double>, 2> spread;
  bool cached = false;  // nothing had to be evaluated
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

}  // namespace assay::verify
