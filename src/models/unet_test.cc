#include "models/unet.h"

#include <gtest/gtest.h>

#include <cmath>

#include "models/model_fixture.h"

namespace assay::models {
namespace {

using graph::Role;
using graph::Shape;

TEST(Unet, StableDiffusionHasThePublishedParameters) {
  for (const char* workload : {"inference", "latency", "training"})
    EXPECT_EQ(parameter_count(built("sd15-unet", "full", workload).step.graph), 859'520'964) << workload;
}

TEST(Unet, ParametersCarryThePublicNames) {
  const Shapes names = of_role(built("sd15-unet", "full", "inference").step.graph, Role::parameter);
  EXPECT_EQ(names.size(), 686U);
  EXPECT_EQ(names.at("time_embedding.linear_2.weight"), (Shape{1280, 1280}));
  EXPECT_EQ(names.at("down_blocks.1.resnets.0.conv_shortcut.weight"), (Shape{640, 320, 1, 1}));
  EXPECT_EQ(names.at("down_blocks.2.attentions.1.transformer_blocks.0.attn2.to_k.weight"),
            (Shape{1280, 768}));
  EXPECT_EQ(names.at("mid_block.attentions.0.transformer_blocks.0.attn1.to_out.0.bias"), (Shape{1280}));
  EXPECT_EQ(names.at("up_blocks.3.attentions.2.transformer_blocks.0.ff.net.0.proj.weight"),
            (Shape{2560, 320}));
  EXPECT_EQ(names.at("up_blocks.0.upsamplers.0.conv.weight"), (Shape{1280, 1280, 3, 3}));
  EXPECT_EQ(names.at("conv_out.weight"), (Shape{4, 320, 3, 3}));
  EXPECT_FALSE(names.contains("down_blocks.3.attentions.0.norm.weight"));
}

TEST(Unet, OneDenoisingStep) {
  const Workload inference = built("sd15-unet", "full", "inference"),
                 latency = built("sd15-unet", "full", "latency");
  EXPECT_EQ(outputs(inference.step.graph), (Shapes{{"out_sample", {1, 4, 64, 64}}}));
  EXPECT_EQ(outputs(latency.step.graph), (Shapes{{"out_sample", {1, 4, 32, 32}}}));
  EXPECT_EQ(inference.step.inputs[0].at("encoder_hidden_states").shape(), (Shape{1, 77, 768}));
  EXPECT_EQ(inference.step.inputs[0].at("timestep").data<float>()[0], 512);
  EXPECT_EQ(inference.step.inputs[1].at("timestep").data<float>()[0], 256);
}

TEST(Unet, FrequenciesOfTheTimeEndBeforeOneTenThousandth) {
  const Graph graph = built("sd15-unet", "full", "inference").step.graph;
  const auto frequencies = graph.value(*graph.find("time.frequencies")).data.data<float>();
  ASSERT_EQ(frequencies.size(), 160U);
  EXPECT_EQ(frequencies[0], 1);
  EXPECT_FLOAT_EQ(frequencies[80], 0.01F);
  EXPECT_GT(frequencies[159], 1e-4F);
}

TEST(Unet, GroupsKeepTwoChannelsInMiniature) {
  for (const char* name : {"sd15-unet", "unet-mini"}) {
    const Graph graph = built(name, "tiny", "inference").step.graph;
    for (const auto& node : graph.nodes())
      if (node.op == "GroupNormalization") {
        EXPECT_GE(graph.value(node.input(0)).shape[1], 2 * node.integer("num_groups", 0)) << node.name;
      }
  }
}

TEST(Unet, ThePlainOneHasConvolutionsNormsAndSkipsOnly) {
  const Graph graph = built("unet-mini", "full", "inference").step.graph;
  EXPECT_EQ(operators_of(graph),
            (std::set<std::string>{"Concat", "Conv", "GroupNormalization", "Resize", "Swish"}));
  EXPECT_EQ(parameter_count(graph), 1'925'444);
  EXPECT_EQ(outputs(graph), (Shapes{{"out_sample", {2, 4, 32, 32}}}));
}

}  // namespace
}  // namespace assay::models
