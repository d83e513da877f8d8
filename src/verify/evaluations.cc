#include "verify/evaluations.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <system_error>
#include <utility>

#include "autodiff/gradient.h"
#include "base/file.h"
#include "base/hash.h"
#include "graph/json.h"
#include "models/fresh.h"
#include "tensor/finite.h"
#include "tensor/safetensors.h"
#include "verify/compare.h"
#include "verify/thresholds.h"

namespace assay::verify {
namespace fs = std::filesystem;
namespace {

using reference::Kinks;
using reference::Operands;
using reference::Scalar;
using tensor::TensorMap;

// Part of every key: raise it when the reference, or a gradient rule, computes other values than before.
constexpr int64_t kReferenceVersion = 1;
constexpr int kBlockings = 3;

void discard(const fs::path& path) {
  std::error_code ignored;
  fs::remove(path, ignored);
}

const models::Evaluation& truth_of(const models::Workload& workload) {
  return workload.truth ? *workload.truth : workload.step;
}

const graph::Graph& rounded_of(const models::Workload& workload) {
  return workload.rounded ? *workload.rounded : workload.step.graph;
}

void add_inputs(Hasher& hasher, const models::Evaluation& evaluation) {
  for (const TensorMap& inputs : evaluation.inputs)
    for (const auto& [name, tensor] : inputs) hasher.add(name).add(tensor.bytes());
}

Result<std::string> key_of(const models::Workload& workload, const EvaluatedGraphs& graphs,
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

// |a - b|_2 of two float64 tensors.
double difference(const tensor::Tensor& a, const tensor::Tensor& b) {
  const auto left = a.data<double>(), right = b.data<double>();
  double sum = 0;
  for (size_t i = 0; i < left.size(); ++i) sum += (left[i] - right[i]) * (left[i] - right[i]);
  return std::sqrt(sum);
}

}  // namespace

Result<EvaluatedGraphs> evaluated_graphs(const models::Workload& workload) {
  if (workload.kind() == "training") {
    ASSAY_TRY(auto gradient, autodiff::gradient(workload.step.graph));
    ASSAY_TRY(auto rounded, autodiff::gradient(rounded_of(workload)));
    return EvaluatedGraphs{gradient, gradient, std::move(rounded)};
  }
  return EvaluatedGraphs{truth_of(workload).graph, workload.step.graph, rounded_of(workload)};
}

Evaluations::Evaluations(const models::Workload& workload, const TruthRequest& request,
                         EvaluatedGraphs graphs, fs::path folder)
    : workload_(workload), request_(request), graphs_(std::move(graphs)), folder_(std::move(folder)) {
  if (workload.kind() != "training" && !workload.truth) steps_ = steps_of(graphs_.step);
}

Result<Evaluations> Evaluations::open(const models::Workload& workload, const TruthRequest& request) {
  ASSAY_TRY(auto graphs, evaluated_graphs(workload));
  ASSAY_TRY(const auto key, key_of(workload, graphs, request));
  fs::path folder = (request.folder.empty() ? cache_dir() / "truth" : request.folder) / key;
  return Evaluations(workload, request, std::move(graphs), std::move(folder));
}

Result<TensorMap> Evaluations::expected(size_t set) {
  const fs::path path = folder_ / fmt::format("truth-{}.safetensors", set);
  if (kept(path))
    if (auto outputs = tensor::read_safetensors(path); outputs && complete(*outputs)) return outputs;
  ASSAY_TRY_VOID(run(truth_of(workload_).inputs[set], graphs_.truth, path, {.scalar = Scalar::f64},
                     fmt::format("truth in float64, input set {}", set)));
  ASSAY_TRY(auto outputs, tensor::read_safetensors(path));
  if (!complete(outputs)) return fail(ErrorKind::data, "{}: the reference left out an output", path.string());
  ASSAY_TRY_VOID(all_finite(outputs, "truth in float64"));
  ASSAY_TRY_VOID(seal(path));
  return outputs;
}

Result<TensorMap> Evaluations::expected_of(const TensorMap& inputs) {
  return once(graphs_.truth, models::truth_inputs(workload_, inputs), {.scalar = Scalar::f64},
              "truth of a fresh input set in float64");
}

// Rounding is a property of the graph and of the size of its numbers, and whole tensors average over it:
// input set 0 tells it.
Result<Yardsticks> Evaluations::yardsticks(const TensorMap& truth) {
  const std::string key = Hasher().add(graph::to_json(graphs_.rounded)).hex();
  const fs::path path = folder_ / fmt::format("yardstick-{}{}.json", key, steps_.empty() ? "" : "-pieces");
  if (kept(path))
    if (auto yardsticks = read_yardsticks(path)) return yardsticks;
  ASSAY_TRY(const Pieces pieces, in_pieces(truth));
  Yardsticks result;
  for (int blocking = 0; blocking < kBlockings; ++blocking) {
    ASSAY_TRY(const auto outputs,
              once(blocking + 1 < kBlockings ? pieces.step : pieces.rounded, pieces.inputs,
                   {.scalar = Scalar::f32, .blocking = blocking},
                   fmt::format("rounding of float32, {} of {}", blocking + 1, kBlockings)));
    ASSAY_TRY_VOID(raise(result, outputs, pieces.truth, request_.threads));
  }
  ASSAY_TRY_VOID(write_yardsticks(path, result));
  ASSAY_TRY_VOID(seal(path));
  return result;
}

Result<Yardsticks> Evaluations::yardsticks(Operands operands, const TensorMap& truth) {
  const fs::path path = folder_ / fmt::format("yardstick-{}.json", reference::name(operands));
  if (kept(path))
    if (auto yardsticks = read_yardsticks(path)) return yardsticks;
  ASSAY_TRY(const auto outputs,
            once(graphs_.step, workload_.step.inputs[0], {.scalar = Scalar::f32, .operands = operands},
                 fmt::format("rounding of {}", reference::name(operands))));
  Yardsticks result;
  ASSAY_TRY_VOID(raise(result, outputs, truth, request_.threads));
  ASSAY_TRY_VOID(write_yardsticks(path, result));
  ASSAY_TRY_VOID(seal(path));
  return result;
}

Result<std::map<std::string, double>> Evaluations::spread(size_t set) {
  const fs::path path = folder_ / fmt::format("spread-{}.json", set);
  if (kept(path))
    if (auto spread = read_spread(path)) return spread;
  ASSAY_TRY(auto result, spread_of(workload_.step.inputs[set]));
  ASSAY_TRY_VOID(write_spread(path, result));
  ASSAY_TRY_VOID(seal(path));
  return result;
}

Result<std::map<std::string, double>> Evaluations::spread_of(const TensorMap& inputs) {
  const auto gradients = [&](Kinks side) {
    return once(graphs_.step, inputs, {.scalar = Scalar::f64, .kinks = side, .kink_width = kKinkWidth},
                fmt::format("gradients with kinks {}", reference::name(side)));
  };
  ASSAY_TRY(const auto on, gradients(Kinks::on));
  ASSAY_TRY(const auto off, gradients(Kinks::off));
  std::map<std::string, double> result;
  for (const auto& [name, gradient] : on)
    if (is_gradient(name)) result[name] = difference(gradient, off.at(name));
  return result;
}

bool Evaluations::complete(const TensorMap& outputs) const {
  return std::ranges::all_of(graphs_.step.outputs(), [&](graph::ValueId id) {
    const auto found = outputs.find(graphs_.step.value(id).name);
    return found != outputs.end() && found->second.shape() == graphs_.step.value(id).shape;
  });
}

Result<TensorMap> Evaluations::once(const graph::Graph& graph, const TensorMap& inputs,
                                    const reference::Options& options, std::string_view what) {
  // A name of this process alone: another run may evaluate the same.
  const fs::path out = folder_ / fmt::format("evaluated-{}.safetensors", ::getpid());
  ASSAY_TRY_VOID(run(inputs, graph, out, options, what));
  auto outputs = tensor::read_safetensors(out);  // mapped: the data outlives the name
  discard(out);
  if (outputs && !complete(*outputs))
    return fail(ErrorKind::data, "{}: the reference left out an output", what);
  // Operands of a short type may be out of its range: such a type has no yardstick.
  if (outputs && options.operands == Operands::full) ASSAY_TRY_VOID(all_finite(*outputs, what));
  return outputs;
}

Result<> Evaluations::all_finite(const TensorMap& outputs, std::string_view what) const {
  const auto found = tensor::first_not_finite(outputs);
  if (!found) return {};
  return fail(ErrorKind::data, "{} {}, {}: {}: {}", workload_.model, workload_.name, what, *found,
              kNotFinite);
}

Result<> Evaluations::run(const TensorMap& values, const graph::Graph& graph, const fs::path& out,
                          const reference::Options& options, std::string_view what) {
  evaluated_ = true;
  if (request_.progress) request_.progress(what);
  const std::string own = fmt::format("{}.{}", out.string(), ::getpid());
  const fs::path inputs = own + ".inputs.safetensors";
  ReferenceJob job{
      .graph = own + ".graph.json", .bindings = {inputs, request_.weights}, .out = out, .options = options};
  job.options.threads = request_.threads;
  if (request_.state) job.bindings.push_back(*request_.state);
  ASSAY_TRY_VOID(write_file(job.graph, graph::to_json(graph)));
  ASSAY_TRY_VOID(tensor::write_safetensors(inputs, values));
  auto done = request_.evaluate(job);
  discard(job.graph);
  discard(inputs);
  return done;
}

}  // namespace assay::verify
