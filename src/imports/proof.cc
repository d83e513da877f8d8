#include "imports/proof.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/file.h"
#include "graph/json.h"
#include "recognise/prune.h"
#include "tensor/safetensors.h"

namespace assay::imports {
namespace fs = std::filesystem;
namespace {

using graph::Graph;
using graph::Role;
using recognise::Recognised;
using tensor::DType;
using tensor::Tensor;
using tensor::TensorMap;

Tensor transposed(const Tensor& source) {
  const auto rows = static_cast<size_t>(source.shape()[0]), columns = static_cast<size_t>(source.shape()[1]);
  Tensor result(DType::f32, {source.shape()[1], source.shape()[0]});
  const auto from = source.data<float>();
  auto to = result.mutable_data<float>();
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = 0; j < columns; ++j) to[j * rows + i] = from[i * columns + j];
  return result;
}

// The graph with those constants as parameters, whose values come from a file and may be float64 there.
Result<Graph> with_meant(const Graph& source, const std::map<std::string, double>& meant) {
  return recognise::copied(source, [&](graph::Value value) {
    if (meant.contains(value.name)) value.role = Role::parameter;
    return value;
  });
}

// One evaluation after the other, in a folder that is left as it was.
class Evaluations {
 public:
  Evaluations(fs::path folder, const verify::Evaluator& evaluate)
      : folder_(std::move(folder)), evaluate_(evaluate) {}

  Result<TensorMap> run(const Graph& graph, const fs::path& weights, const TensorMap& inputs,
                        const std::map<std::string, double>& meant = {}) {
    ASSAY_TRY(const Graph evaluated, with_meant(graph, meant));
    ASSAY_TRY_VOID(write_file(at("graph.json"), graph::to_json(evaluated)));
    TensorMap given = inputs;
    for (const auto& [name, number] : meant)
      if (const auto id = graph.find(name))
        given.emplace(name, Tensor::of<double>(graph.value(*id).shape, {number}));
    ASSAY_TRY_VOID(tensor::write_safetensors(at("inputs.safetensors"), given, tensor::Flush::not_needed));
    const verify::ReferenceJob job{.graph = at("graph.json"),
                                   .bindings = {weights, at("inputs.safetensors")},
                                   .out = at("outputs.safetensors")};
    ASSAY_TRY_VOID(evaluate_(job));
    return tensor::read_safetensors(at("outputs.safetensors"));
  }

  ~Evaluations() {
    std::error_code ignored;
    for (const char* name : {"graph.json", "inputs.safetensors", "outputs.safetensors"})
      fs::remove(at(name), ignored);
  }
  Evaluations(const Evaluations&) = delete;
  Evaluations& operator=(const Evaluations&) = delete;
  Evaluations(Evaluations&&) = delete;
  Evaluations& operator=(Evaluations&&) = delete;

 private:
  [[nodiscard]] fs::path at(const char* name) const { return folder_ / (std::string("proof-") + name); }
  fs::path folder_;
  const verify::Evaluator& evaluate_;
};

// The larger one; not a number, which is larger than any, stays so.
double worse(double most, double apart) { return std::isnan(most) || apart <= most ? most : apart; }

// The largest difference of all outputs.
double largest_difference(const TensorMap& a, const TensorMap& b) {
  double most = 0;
  for (const auto& [name, tensor] : b) most = worse(most, difference(a.at(name), tensor));
  return most;
}

class Proof {
 public:
  Proof(const Graph& plain, fs::path weights, const std::vector<TensorMap>& inputs, fs::path folder,
        const verify::Evaluator& evaluate)
      : plain_(plain),
        weights_(std::move(weights)),
        inputs_(inputs),
        folder_(std::move(folder)),
        evaluations_(folder_, evaluate) {}

  // By how much the graph is off, at most.
  Result<double> off(const Recognised& recognised) {
    const fs::path weights = folder_ / "proof-weights.safetensors";
    ASSAY_TRY_VOID(write_weights(recognised, weights_, weights));
    double most = 0;
    for (const TensorMap& set : inputs_) {
      ASSAY_TRY(const auto expected, evaluations_.run(plain_, weights_, set, recognised.meant));
      ASSAY_TRY(const auto found, evaluations_.run(recognised.graph, weights, set));
      most = worse(most, largest_difference(found, expected));
    }
    std::error_code ignored;
    fs::remove(weights, ignored);
    return most;
  }

 private:
  const Graph& plain_;
  fs::path weights_;
  const std::vector<TensorMap>& inputs_;
  fs::path folder_;
  Evaluations evaluations_;
};

}  // namespace

double difference(const Tensor& a, const Tensor& b) {
  if (a.dtype() != DType::f64 || b.dtype() != DType::f64)
    return std::ranges::equal(a.bytes(), b.bytes()) ? 0 : HUGE_VAL;
  const auto x = a.data<double>(), y = b.data<double>();
  double apart = 0, size = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    apart += (x[i] - y[i]) * (x[i] - y[i]);
    size += y[i] * y[i];
  }
  return apart == 0 ? 0 : std::sqrt(apart / size);
}

Result<Proven> proven(const Graph& plain, const fs::path& weights, const std::vector<TensorMap>& inputs,
                      const fs::path& folder, const verify::Evaluator& evaluate) {
  const auto kinds = recognise::kinds();
  ASSAY_TRY(const TensorMap known, tensor::read_safetensors(weights));
  ASSAY_TRY(Recognised all, recognise::recognise(plain, kinds, known));
  if (all.found.empty()) return Proven{.recognised = std::move(all)};
  Proof proof(plain, weights, inputs, folder, evaluate);
  ASSAY_TRY(const double together, proof.off(all));
  if (together <= kMostDifference) return Proven{.recognised = std::move(all)};
  Proven result;
  std::vector<std::string_view> held;
  for (const std::string_view kind : kinds) {
    if (!all.found.contains(std::string(kind))) continue;
    held.push_back(kind);
    ASSAY_TRY(const Recognised tried, recognise::recognise(plain, held, known));
    ASSAY_TRY(const double apart, proof.off(tried));
    if (apart <= kMostDifference) continue;
    held.pop_back();
    result.refused.push_back(fmt::format("{} ({:.1e})", kind, apart));
  }
  ASSAY_TRY(result.recognised, recognise::recognise(plain, held, known));
  return result;
}

Result<Recognised> again(const Graph& plain, const fs::path& weights, const std::vector<std::string>& kinds) {
  const std::vector<std::string_view> wanted(kinds.begin(), kinds.end());
  ASSAY_TRY(const TensorMap known, tensor::read_safetensors(weights));
  return recognise::recognise(plain, wanted, known);
}

Result<> write_weights(const Recognised& recognised, const fs::path& weights, const fs::path& path) {
  ASSAY_TRY(const TensorMap source, tensor::read_safetensors(weights));
  std::vector<tensor::PendingTensor> pending;
  for (const auto id : recognised.graph.with_role(Role::parameter)) {
    const graph::Value& value = recognised.graph.value(id);
    const auto turned = recognised.transposed.find(value.name);
    const std::string& name = turned == recognised.transposed.end() ? value.name : turned->second;
    const auto found = source.find(name);
    if (found == source.end())
      return fail(ErrorKind::data, "{}: tensor {} is missing", weights.string(), name);
    const bool turn = turned != recognised.transposed.end();
    pending.push_back(
        {value.name, DType::f32, value.shape,
         [tensor = found->second, turn]() -> Result<Tensor> { return turn ? transposed(tensor) : tensor; }});
  }
  return tensor::write_safetensors(path, pending);
}

}  // namespace assay::imports
