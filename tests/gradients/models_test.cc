// The gradients of every model that trains, in the tiny size and in float64: each used parameter has one that
// is neither zero nor lost beside the others.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <map>
#include <numeric>

#include "autodiff/gradient.h"
#include "models/catalogue.h"
#include "models/weights.h"
#include "reference/evaluate.h"
#include "tensor/safetensors.h"

namespace assay::gradients {
namespace {

namespace fs = std::filesystem;
using tensor::Tensor;
using tensor::TensorMap;

double sum_of_squares(const Tensor& gradient) {
  const auto values = gradient.data<double>();
  return std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
}

// The root mean square of each gradient, and that of all together under "".
std::map<std::string, double> sizes(const TensorMap& outputs) {
  std::map<std::string, double> result;
  double squares = 0, count = 0;
  for (const auto& [name, gradient] : outputs) {
    if (!name.starts_with("grad.")) continue;
    const double own = sum_of_squares(gradient), elements = static_cast<double>(gradient.size());
    result[name] = std::sqrt(own / elements);
    squares += own;
    count += elements;
  }
  result[""] = std::sqrt(squares / count);
  return result;
}

// The states that the step is given: what their own graph computes for the first input set.
TensorMap state_of(const models::Workload& workload, const TensorMap& weights) {
  if (!workload.state) return {};
  TensorMap bindings = workload.state->inputs[0];
  bindings.insert(weights.begin(), weights.end());
  const auto state = reference::evaluate(workload.state->graph, bindings, {});
  EXPECT_TRUE(state) << state.error().message;
  return *state;
}

// What the training step's gradient graph gives for each input set.
std::vector<TensorMap> gradients_of(const models::Model& model) {
  const auto workload = model.build("training");
  EXPECT_TRUE(workload) << workload.error().message;
  const auto graph = autodiff::gradient(workload->step.graph);
  EXPECT_TRUE(graph) << graph.error().message;
  const fs::path file = fs::temp_directory_path() / fmt::format("assay-gradients-{}.safetensors", ::getpid());
  EXPECT_TRUE(models::write_weights(workload->step.graph, {}, 0, file));
  const auto weights = tensor::read_safetensors(file);
  fs::remove(file);
  EXPECT_TRUE(weights) << weights.error().message;
  const TensorMap state = state_of(*workload, *weights);
  std::vector<TensorMap> results;
  for (TensorMap bindings : workload->step.inputs) {
    bindings.insert(weights->begin(), weights->end());
    bindings.insert(state.begin(), state.end());
    auto outputs = reference::evaluate(*graph, bindings, {});
    EXPECT_TRUE(outputs) << outputs.error().message;
    if (outputs) results.push_back(std::move(*outputs));
  }
  return results;
}

class ModelGradients : public testing::TestWithParam<std::string> {};

// A hundred thousandth of the whole is far above what float32 rounds away (6e-8) and far below the smallest
// gradient that any model has.
TEST_P(ModelGradients, OfEveryUsedParameterIsThere) {
  constexpr double kLeastShare = 1e-5;
  const auto model = models::find_model(GetParam(), "tiny");
  ASSERT_TRUE(model);
  for (const TensorMap& outputs : gradients_of(*model)) {
    const auto found = sizes(outputs);
    ASSERT_GT(found.size(), 2U);
    EXPECT_TRUE(std::isnormal(found.at("")));
    for (const auto& [name, size] : found) EXPECT_GT(size, kLeastShare * found.at("")) << name;
  }
}

std::vector<std::string> models_that_train() {
  std::vector<std::string> names;
  for (const auto& model : models::catalogue("tiny"))
    if (std::ranges::find(model.workloads, "training") != model.workloads.end()) names.push_back(model.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(, ModelGradients, testing::ValuesIn(models_that_train()), [](const auto& each) {
  std::string name = each.param;
  std::ranges::replace_if(name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

}  // namespace
}  // namespace assay::gradients
