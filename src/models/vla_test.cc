#include "models/vla.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "models/model_fixture.h"

namespace assay::models {
namespace {

using graph::Role;
using graph::Shape;

TEST(Vla, SmolVlaHasThePublishedParameters) {
  for (const char* workload : {"inference", "latency", "training"})
    EXPECT_EQ(parameter_count(built("smolvla-expert", "full", workload).step.graph), 99'849'312) << workload;
}

TEST(Vla, ParametersCarryThePublicNames) {
  const Shapes names = of_role(built("smolvla-expert", "full", "inference").step.graph, Role::parameter);
  const std::string layers = "model.vlm_with_expert.lm_expert.layers.";
  EXPECT_EQ(names.at(layers + "0.self_attn.k_proj.weight"), (Shape{320, 720}));
  EXPECT_EQ(names.at(layers + "1.self_attn.k_proj.weight"), (Shape{320, 320}));
  EXPECT_EQ(names.at(layers + "15.self_attn.o_proj.weight"), (Shape{720, 960}));
  EXPECT_EQ(names.at(layers + "8.mlp.down_proj.weight"), (Shape{720, 2048}));
  EXPECT_EQ(names.at("model.vlm_with_expert.lm_expert.norm.weight"), (Shape{720}));
  EXPECT_EQ(names.at("model.action_time_mlp_in.weight"), (Shape{720, 1440}));
  EXPECT_EQ(names.at("model.action_out_proj.bias"), (Shape{32}));
}

TEST(Vla, OneStepOfAChunk) {
  for (const auto& [name, chunk] : {std::pair{"inference", 50}, std::pair{"latency", 1}}) {
    const Workload workload = built("smolvla-expert", "full", name);
    EXPECT_EQ(outputs(workload.step.graph), (Shapes{{"velocity", {1, chunk, 32}}}));
    EXPECT_EQ(workload.items, chunk);
    const Shapes states = of_role(workload.step.graph, Role::state);
    EXPECT_EQ(states.size(), 32U);
    EXPECT_EQ(states.at("layers.4.prefix_key"), (Shape{1, 5, 113, 64}));
    EXPECT_EQ(states.at("layers.5.prefix_value"), (Shape{1, 113, 320}));
    EXPECT_EQ(workload.step.inputs[0].at("timestep").data<float>()[0], 0.5F);
    EXPECT_EQ(workload.step.inputs[1].at("timestep").data<float>()[0], 0.25F);
  }
}

TEST(Vla, OwnPositionsFollowThePrefixAndCrossAttentionCountsFromZero) {
  const Graph graph = built("smolvla-expert", "full", "inference").step.graph;
  const auto sine = [&](std::string_view name, size_t row) {
    return graph.value(*graph.find(name)).data.data<float>()[row * 32];  // one radian a position
  };
  EXPECT_FLOAT_EQ(sine("rope.own.sin", 0), static_cast<float>(std::sin(113.0)));
  EXPECT_FLOAT_EQ(sine("rope.cross.sin", 7), static_cast<float>(std::sin(7.0)));
}

TEST(Vla, PeriodsOfTheTimeAreGeometric) {
  const Graph graph = built("smolvla-expert", "full", "inference").step.graph;
  const auto frequencies = graph.value(*graph.find("time.frequencies")).data.data<float>();
  ASSERT_EQ(frequencies.size(), 360U);
  EXPECT_FLOAT_EQ(frequencies[0], static_cast<float>(2 * std::numbers::pi / 4e-3));
  EXPECT_FLOAT_EQ(frequencies[359], static_cast<float>(2 * std::numbers::pi / 4.0));
  EXPECT_FLOAT_EQ(frequencies[1] / frequencies[0], frequencies[301] / frequencies[300]);
}

}  // namespace
}  // namespace assay::models
