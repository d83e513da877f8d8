#include "models/resnet.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "models/model_fixture.h"

namespace assay::models {
namespace {

using graph::Role;
using graph::Shape;

TEST(Resnet, HasThePublishedParameters) {
  for (const char* workload : {"inference", "latency", "training"}) {
    const Graph graph = built("resnet-50", "full", workload).step.graph;
    EXPECT_EQ(parameter_count(graph, Counted::trainable), 25'557'032) << workload;
    EXPECT_EQ(parameter_count(graph), 25'557'032 + 53'120) << workload;  // and the running statistics
  }
}

TEST(Resnet, ParametersCarryThePublicNames) {
  const auto names = of_role(built("resnet-50", "full", "inference").step.graph, Role::parameter);
  EXPECT_EQ(names.size(), 53U * (1U + 4U) + 2U);
  EXPECT_EQ(names.at("conv1.weight"), (Shape{64, 3, 7, 7}));
  EXPECT_EQ(names.at("layer1.0.downsample.0.weight"), (Shape{256, 64, 1, 1}));
  EXPECT_EQ(names.at("layer4.2.conv2.weight"), (Shape{512, 512, 3, 3}));
  EXPECT_EQ(names.at("layer3.5.bn3.running_var"), (Shape{1024}));
  EXPECT_EQ(names.at("fc.weight"), (Shape{1000, 2048}));
}

TEST(Resnet, TheStrideIsInThe3x3Convolution) {
  const Graph graph = built("resnet-50", "full", "latency").step.graph;
  const auto strides = [&](std::string_view name) {
    const auto node = std::ranges::find(graph.nodes(), name, &graph::Node::name);
    return node == graph.nodes().end() ? std::vector<int64_t>{} : node->integers("strides");
  };
  EXPECT_EQ(strides("layer2.0.conv1"), (std::vector<int64_t>{1, 1}));
  EXPECT_EQ(strides("layer2.0.conv2"), (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(strides("layer2.1.conv2"), (std::vector<int64_t>{1, 1}));
  EXPECT_EQ(strides("layer2.0.downsample.conv"), (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(strides("layer1.0.conv2"), (std::vector<int64_t>{1, 1}));
}

TEST(Resnet, WorkloadsHaveTheirBatches) {
  const Workload inference = built("resnet-50", "full", "inference"),
                 latency = built("resnet-50", "full", "latency"),
                 training = built("resnet-50", "full", "training");
  EXPECT_EQ(outputs(inference.step.graph), (Shapes{{"logits", {4, 1000}}}));
  EXPECT_EQ(outputs(latency.step.graph), (Shapes{{"logits", {1, 1000}}}));
  EXPECT_EQ(outputs(training.step.graph), (Shapes{{"loss", {}}}));
  EXPECT_EQ(inference.items, 4);
  EXPECT_EQ(latency.step.inputs[0].at("image").shape(), (Shape{1, 3, 224, 224}));
  const auto labels = training.step.inputs[0].at("labels").data<int64_t>();
  EXPECT_EQ((std::vector<int64_t>{labels.begin(), labels.end()}), (std::vector<int64_t>{0, 1, 2, 3}));
}

TEST(Resnet, TheLastNormOfABranchIsSmall) {
  const Graph graph = built("resnet-50", "full", "inference").step.graph;
  const auto init = [&](std::string_view name) { return graph.value(*graph.find(name)).init; };
  EXPECT_DOUBLE_EQ(init("layer2.3.bn3.weight").mean, 0.25);  // of 16 branches
  EXPECT_DOUBLE_EQ(init("layer2.3.bn2.weight").mean, 1);
  EXPECT_NEAR(init("layer2.3.conv2.weight").std, std::sqrt(2.0 / (128 * 9)), 1e-12);
  EXPECT_GT(init("bn1.running_var").mean, 3.5 * init("bn1.running_var").std);
}

}  // namespace
}  // namespace assay::models
