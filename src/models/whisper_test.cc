#include "models/whisper.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "models/model_fixture.h"
#include "models/weights.h"

namespace assay::models {
namespace {

using graph::Role;
using graph::Shape;

TEST(Whisper, TinyHasThePublishedParameters) {
  for (const char* workload : {"inference", "training"}) {
    const Graph graph = built("whisper-tiny", "full", workload).step.graph;
    EXPECT_EQ(parameter_count(graph), 37'760'640) << workload;
    EXPECT_EQ(parameter_count(graph, Counted::trainable), 37'184'640) << workload;
  }
}

TEST(Whisper, ParametersCarryThePublicNames) {
  const Shapes names = of_role(built("whisper-tiny", "full", "inference").step.graph, Role::parameter);
  EXPECT_EQ(names.at("model.encoder.conv2.weight"), (Shape{384, 384, 3}));
  EXPECT_EQ(names.at("model.encoder.embed_positions.weight"), (Shape{1500, 384}));
  EXPECT_EQ(names.at("model.decoder.embed_positions.weight"), (Shape{448, 384}));
  EXPECT_EQ(names.at("model.decoder.embed_tokens.weight"), (Shape{51865, 384}));
  EXPECT_EQ(names.at("model.decoder.layers.3.encoder_attn.v_proj.bias"), (Shape{384}));
  EXPECT_EQ(names.at("model.encoder.layers.0.fc1.weight"), (Shape{1536, 384}));
  EXPECT_FALSE(names.contains("model.decoder.layers.0.self_attn.k_proj.bias"));
}

TEST(Whisper, InferenceTranscribesThirtySeconds) {
  const Workload workload = built("whisper-tiny", "full", "inference");
  EXPECT_EQ(outputs(workload.step.graph), (Shapes{{"logits", {1, 4, 51865}}}));
  EXPECT_EQ(workload.step.inputs[0].at("input_features").shape(), (Shape{1, 80, 3000}));
  const auto ids = workload.step.inputs[0].at("input_ids").data<int64_t>();
  EXPECT_TRUE(std::ranges::equal(ids, std::vector<int64_t>{50258, 50259, 50359, 50363}));
  const auto training = built("whisper-tiny", "full", "training");
  const auto labels = training.step.inputs[0].at("labels").data<int64_t>();
  EXPECT_TRUE(std::ranges::equal(labels, std::vector<int64_t>{50259, 50359, 50363, 50364}));
}

TEST(Whisper, LatencyDecodesTheFifthToken) {
  const Workload workload = built("whisper-tiny", "full", "latency");
  const Shapes states = of_role(workload.step.graph, Role::state);
  EXPECT_EQ(states.size(), 16U);
  EXPECT_EQ(states.at("layers.3.past_value"), (Shape{1, 6, 4, 64}));
  EXPECT_EQ(states.at("layers.0.cross_key"), (Shape{1, 6, 1500, 64}));
  const Shapes result = outputs(workload.step.graph);
  EXPECT_EQ(result.size(), 9U);
  EXPECT_EQ(result.at("layers.3.key"), (Shape{1, 1, 384}));
  EXPECT_EQ(workload.step.inputs[0].at("input_ids").data<int64_t>()[0], 50364);
  EXPECT_EQ(given(workload.truth).inputs[1].at("input_ids").shape(), (Shape{1, 5}));
}

// The step of latency reads the decoder alone; its state and its truth need the encoder.
TEST(Whisper, AllWorkloadsHaveTheSameWeightsFile) {
  std::set<std::string> keys;
  for (const char* name : {"inference", "latency", "training"}) {
    const Workload workload = built("whisper-tiny", "tiny", name);
    const auto parameters = parameters_of(workload);
    ASSERT_TRUE(parameters) << parameters.error().message;
    keys.insert(weights_key(*parameters, {}, 0).value());
  }
  EXPECT_EQ(keys.size(), 1U);
}

}  // namespace
}  // namespace assay::models
