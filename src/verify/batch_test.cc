// Every workload of every family at sizes that nobody's are usually: what a batch gives is what its rows give
// one by one, and what a step gives is its truth.
#include <gtest/gtest.h>

#include <algorithm>

#include "models/catalogue.h"
#include "models/encoder.h"
#include "models/fresh.h"
#include "tensor/generate.h"
#include "verify/evaluated_fixture.h"

namespace assay::verify {
namespace {

using models::Dimension;

constexpr int64_t kRows = 2;

// Sizes that the workload takes and that are not its usual ones, and so many rows.
std::string odd_name(const models::Model& model, const std::string& kind, int64_t rows) {
  record::WorkloadName name{.kind = kind, .request = {}};
  for (const auto& [dimension, bounds] : model.dimensions.at(kind)) {
    const int64_t odd = dimension == Dimension::image ? 37 : dimension == Dimension::seconds ? 11 : 7;
    name.request[dimension] = std::max(odd / bounds.multiple_of, int64_t{1}) * bounds.multiple_of;
  }
  name.request[Dimension::batch] = rows;
  return record::to_string(name);
}

// The part of row `row` of a tensor of all rows; of what all rows share, the whole.
Tensor row_of(const Tensor& all, const graph::Shape& shape, int64_t row) {
  const int64_t count = tensor::element_count(shape);
  if (all.size() == count) return all;
  EXPECT_EQ(all.size(), kRows * count);
  Tensor result(all.dtype(), shape);
  const size_t bytes = result.bytes().size();
  std::ranges::copy(all.bytes().subspan(static_cast<size_t>(row) * bytes, bytes),
                    result.mutable_bytes().begin());
  return result;
}

// Of all that the graph is given, the part of one row.
TensorMap row_of(const graph::Graph& graph, const TensorMap& all, int64_t row) {
  TensorMap result;
  for (const graph::Role role : {graph::Role::input, graph::Role::state})
    for (const graph::ValueId id : graph.with_role(role))
      result.emplace(graph.value(id).name, row_of(all.at(graph.value(id).name), graph.value(id).shape, row));
  return result;
}

// Everything the step takes beside its weights: the state as it is evaluated, and the inputs of a set.
TensorMap given_to_step(const Workload& workload, const TensorMap& weights, const TensorMap& inputs) {
  TensorMap given;
  if (workload.state)
    for (const auto& [name, tensor] : evaluated(workload.state->graph, weights, workload.state->inputs[0]))
      given.emplace(name, tensor);
  for (const auto& [name, tensor] : inputs) given.insert_or_assign(name, tensor);
  return given;
}

void expect_rows(const Workload& batch, const Workload& single, const TensorMap& weights) {
  const TensorMap given = given_to_step(batch, weights, batch.step.inputs[1]);
  const TensorMap all = evaluated(batch.step.graph, weights, given);
  std::vector<TensorMap> rows;
  for (int64_t row = 0; row < kRows; ++row)
    rows.push_back(evaluated(single.step.graph, weights, row_of(single.step.graph, given, row)));
  for (const auto& [name, whole] : all) {
    const Tensor& first = rows[0].at(name);
    if (whole.shape().empty()) {  // a loss: the mean
      const double mean = (first.data<double>()[0] + rows[1].at(name).data<double>()[0]) / 2;
      EXPECT_NEAR(whole.data<double>()[0], mean, 1e-12) << name;
      continue;
    }
    for (int64_t row = 0; row < kRows; ++row)
      expect_near(row_of(whole, first.shape(), row), rows[static_cast<size_t>(row)].at(name), name);
  }
}

// Fresh inputs too, which are joined with what the state was made from.
void expect_truth(const Workload& workload, const TensorMap& weights) {
  if (!workload.truth) return;
  const auto sets = models::fresh_inputs(workload, 5, 0, 2);
  for (const TensorMap& inputs : {workload.step.inputs[1], models::set_of(sets, 1)}) {
    const auto step = evaluated(workload.step.graph, weights, given_to_step(workload, weights, inputs));
    const auto truth = evaluated(workload.truth->graph, weights, models::truth_inputs(workload, inputs));
    for (const auto& [name, tensor] : truth) expect_near(step.at(name), tensor, name);
  }
}

TEST(Batch, GivesWhatItsRowsGiveOneByOneAtOddSizes) {
  const Folder folder;
  for (const models::Model& model : models::catalogue("tiny"))
    for (const std::string& kind : model.workloads) {
      SCOPED_TRACE(model.name + " " + kind);
      const auto batch = model.build(odd_name(model, kind, kRows)),
                 single = model.build(odd_name(model, kind, 1));
      ASSERT_TRUE(batch) << batch.error().message;
      ASSERT_TRUE(single) << single.error().message;
      const TensorMap weights = folder.weights(*batch);
      expect_rows(*batch, *single, weights);
      expect_truth(*batch, weights);
    }
}

// What the catalogue has not: windows to both sides, rotary positions, a head.
models::EncoderConfig encoder() {
  models::EncoderConfig config = {
      .hidden = 16, .layers = 3, .heads = 4, .feed_forward = 24, .vocabulary = 50, .positions = 20};
  config.ropes = {{.size = 4}, {.size = 4, .theta = 50}};
  config.kinds = {{}, {.rope = 1, .reach = 2}, {.rope = 1, .reach = 0}};
  config.norms_first = true;
  config.names.final_norm = "final_norm";
  config.head = models::EncoderHead{};
  return config;
}

Workload step_of(Result<graph::Graph> graph, int64_t rows, const std::vector<std::string>& inputs) {
  EXPECT_TRUE(graph);
  Workload workload{.step = {.graph = *std::move(graph), .inputs = {}}};
  for (const std::string& name : inputs) {
    const graph::Shape shape = workload.step.graph.value(*workload.step.graph.find(name)).shape;
    workload.step.inputs[1].emplace(name, tensor::generate_indices(name, 1, shape, 50));
  }
  EXPECT_EQ(workload.step.inputs[1].begin()->second.shape().front() % rows, 0);
  return workload;
}

TEST(Batch, OfAnEncoderGivesWhatItsRowsGive) {
  const Folder folder;
  models::EncoderConfig config = encoder();
  const auto expect = [&](const auto& make, const std::vector<std::string>& inputs) {
    const Workload batch = step_of(make(config, "g", 7, kRows), kRows, inputs),
                   single = step_of(make(config, "g", 7, 1), 1, inputs);
    expect_rows(batch, single, folder.weights(batch));
  };
  expect(models::encoder_outputs, {"input_ids"});
  expect(models::encoder_loss, {"input_ids", "labels"});
  config.head.reset();
  for (const auto pooling : {models::Pooling::mean, models::Pooling::first}) {
    config.pooling = pooling;
    expect(models::encoder_outputs, {"input_ids"});
  }
}

}  // namespace
}  // namespace assay::verify
