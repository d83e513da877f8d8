#include "verify/truth.h"

#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "autodiff/gradient.h"
#include "base/file.h"
#include "base/hash.h"
#include "graph/json.h"
#include "tensor/safetensors.h"
#include "verify/yardstick.h"

namespace assay::verify {
namespace fs = std::filesystem;
namespace {

using tensor::DType;
using tensor::TensorMap;

// Part of every key: raise it when the reference, or a gradient rule, computes other values than before.
constexpr int64_t kReferenceVersion = 1;
constexpr int kBlockings = 3;

void discard(const fs::path& path) {
  std::error_code ignored;
  fs::remove(path, ignored);
}

// The graphs that are evaluated: for the truth in float64, and for the yardstick, the step itself, in
// float32.
struct Graphs {
  graph::Graph truth, step;
};

Result<Graphs> graphs_of(const models::Workload& workload) {
  if (workload.name == "training") {
    ASSAY_TRY(auto gradient, autodiff::gradient(workload.step.graph));
    return Graphs{gradient, gradient};
  }
  return Graphs{workload.truth ? workload.truth->graph : workload.step.graph, workload.step.graph};
}

const models::Evaluation& truth_of(const models::Workload& workload) {
  return workload.truth ? *workload.truth : workload.step;
}

void add_inputs(Hasher& hasher, const models::Evaluation& evaluation) {
  for (const TensorMap& inputs : evaluation.inputs)
    for (const auto& [name, tensor] : inputs) hasher.add(name).add(tensor.bytes());
}

Result<std::string> key_of(const models::Workload& workload, const Graphs& graphs,
                           const TruthRequest& request) {
  Hasher hasher;
  hasher.add(kReferenceVersion)
      .add(graph::to_json(graphs.truth))
      .add(graph::to_json(graphs.step))
      .add(request.weights_key);
  add_inputs(hasher, workload.step);
  add_inputs(hasher, truth_of(workload));
  if (request.state) {
    ASSAY_TRY(const auto state, MappedFile::open(*request.state));
    hasher.add(state->bytes());
  }
  return hasher.hex();
}

bool jumps(const graph::Graph& graph) {
  return std::ranges::any_of(
      graph.nodes(), [](const graph::Node& node) { return node.op == "Relu" || node.op == "MaxPool"; });
}

// One workload's truth in its folder of the cache.
class Evaluations {
 public:
  Evaluations(const models::Workload& workload, const TruthRequest& request, Graphs graphs, fs::path folder)
      : workload_(workload), request_(request), graphs_(std::move(graphs)), folder_(std::move(folder)) {}

  // The outputs of one input set in float64, from the cache if they are there and whole.
  Result<TensorMap> expected(size_t set) {
    const fs::path path = folder_ / fmt::format("truth-{}.safetensors", set);
    if (auto kept = tensor::read_safetensors(path); kept && complete(*kept)) return kept;
    ASSAY_TRY_VOID(run(truth_of(workload_), graphs_.truth, set, {.out = path, .f64 = true}));
    ASSAY_TRY(auto outputs, tensor::read_safetensors(path));
    if (!complete(outputs))
      return fail(ErrorKind::data, "{}: the reference left out an output", path.string());
    return outputs;
  }

  // Rounding is a property of the graph and of the size of its numbers, and whole tensors average over it:
  // input set 0 tells it.
  Result<Yardsticks> yardsticks(const TensorMap& truth) {
    const fs::path path = folder_ / "yardstick.json";
    if (auto kept = read_yardsticks(path)) return kept;
    Yardsticks result;
    for (int blocking = 0; blocking < kBlockings; ++blocking) {
      const fs::path out = folder_ / fmt::format("float32-{}.safetensors", blocking);
      ASSAY_TRY_VOID(run(workload_.step, graphs_.step, 0, {.out = out, .f64 = false, .blocking = blocking}));
      {
        ASSAY_TRY(const auto outputs, tensor::read_safetensors(out));
        ASSAY_TRY_VOID(raise(result, outputs, truth, request_.threads));
      }
      discard(out);
    }
    ASSAY_TRY_VOID(write_yardsticks(path, result));
    return result;
  }

  [[nodiscard]] bool evaluated() const { return evaluated_; }

 private:
  bool complete(const TensorMap& outputs) const {
    return std::ranges::all_of(graphs_.step.outputs(), [&](graph::ValueId id) {
      const auto found = outputs.find(graphs_.step.value(id).name);
      return found != outputs.end() && found->second.shape() == graphs_.step.value(id).shape;
    });
  }

  Result<> run(const models::Evaluation& evaluation, const graph::Graph& graph, size_t set,
               ReferenceJob job) {
    evaluated_ = true;
    if (request_.progress)
      request_.progress(job.f64 ? fmt::format("truth in float64, input set {}", set)
                                : fmt::format("rounding of float32, {} of {}", job.blocking + 1, kBlockings));
    // Names of this process alone: another run may evaluate the same.
    const std::string own = fmt::format("{}.{}", job.out.string(), ::getpid());
    job.graph = own + ".graph.json";
    const fs::path inputs = own + ".inputs.safetensors";
    ASSAY_TRY_VOID(write_file(job.graph, graph::to_json(graph)));
    ASSAY_TRY_VOID(tensor::write_safetensors(inputs, evaluation.inputs[set]));
    job.bindings = {inputs, request_.weights};
    if (request_.state) job.bindings.push_back(*request_.state);
    job.threads = request_.threads;
    auto done = request_.evaluate(job);
    discard(job.graph);
    discard(inputs);
    return done;
  }

  const models::Workload& workload_;
  const TruthRequest& request_;
  Graphs graphs_;
  fs::path folder_;
  bool evaluated_ = false;
};

}  // namespace

Result<> write_state(const models::Evaluation& source, const fs::path& weights, const fs::path& path,
                     const Evaluator& evaluate, int threads) {
  const auto beside = [&](std::string_view what) {
    return fs::path(fmt::format("{}.{}", path.string(), what));
  };
  const ReferenceJob job{.graph = beside("graph.json"),
                         .bindings = {beside("inputs.safetensors"), weights},
                         .out = beside("float64.safetensors"),
                         .threads = threads};
  ASSAY_TRY_VOID(write_file(job.graph, graph::to_json(source.graph)));
  ASSAY_TRY_VOID(tensor::write_safetensors(job.bindings[0], source.inputs[0]));
  auto done = evaluate(job);
  if (done) {
    ASSAY_TRY(auto outputs, tensor::read_safetensors(job.out));
    for (auto& [name, value] : outputs)
      if (value.dtype() == DType::f64) value = tensor::converted(value, DType::f32);
    done = tensor::write_safetensors(path, outputs);
  }
  for (const auto& temporary : {job.graph, job.bindings[0], job.out}) discard(temporary);
  return done;
}

Result<Truth> find_truth(const models::Workload& workload, const TruthRequest& request) {
  ASSAY_TRY(auto graphs, graphs_of(workload));
  ASSAY_TRY(const auto key, key_of(workload, graphs, request));
  const fs::path folder = (request.folder.empty() ? cache_dir() / "truth" : request.folder) / key;
  Truth truth;
  truth.kinks = workload.name == "training" && jumps(workload.step.graph);
  for (const graph::ValueId id : graphs.step.outputs()) truth.outputs.push_back(graphs.step.value(id).name);
  Evaluations evaluations(workload, request, std::move(graphs), folder);
  for (size_t set = 0; set < 2; ++set) {
    ASSAY_TRY(truth.expected[set], evaluations.expected(set));
  }
  ASSAY_TRY(auto yardsticks, evaluations.yardsticks(truth.expected[0]));
  truth.yardstick = std::move(yardsticks.tensors);
  truth.gradients = yardsticks.gradients;
  truth.cached = !evaluations.evaluated();
  return truth;
}

}  // namespace assay::verify
