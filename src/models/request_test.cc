#include "models/request.h"

#include <gtest/gtest.h>

#include "models/model_fixture.h"

namespace assay::models {
namespace {

Model model(std::string_view name) { return find_model(name, "full").value(); }

std::string normal(std::string_view name, std::string_view workload) {
  const auto result = normal_name(model(name), workload);
  return result ? record::to_string(*result) : result.error().message;
}

std::vector<std::string> planned(std::string_view name, const std::vector<std::string>& workloads,
                                 const Sweep& sweep) {
  const auto result = swept(model(name), workloads, sweep);
  return result ? *result : std::vector<std::string>{result.error().message};
}

using Names = std::vector<std::string>;

TEST(ModelRequest, WhatIsUsualIsNotInTheName) {
  EXPECT_EQ(normal("smollm2-135m", "inference[128,x1]"), "inference");
  EXPECT_EQ(normal("smollm2-135m", "latency[x8,@128]"), "latency[x8]");
  EXPECT_EQ(normal("resnet-50", "inference[224px,x4]"), "inference");
  EXPECT_EQ(normal("resnet-50", "latency[224px,x4]"), "latency[x4]");
  EXPECT_EQ(normal("whisper-tiny", "inference[30s]"), "inference");
  EXPECT_EQ(normal("sd15-unet", "latency[64lat]"), "latency[64lat]");
}

TEST(ModelRequest, UsualNamesBuildWhatTheyAlwaysDid) {
  for (const auto& one : catalogue("tiny"))
    for (const std::string& kind : one.workloads) {
      const Workload workload = built(one.name, "tiny", kind);
      EXPECT_EQ(workload.name, kind);
      EXPECT_EQ(workload.kind(), kind);
      EXPECT_EQ(workload.step.graph.name(), one.name + "/tiny/" + kind);
      EXPECT_EQ(workload.request.size(), one.dimensions.at(kind).size());
    }
}

TEST(ModelRequest, AWorkloadHasTheShapesOfItsName) {
  const Workload prefill = built("smollm2-135m", "full", "inference[512,x3]"),
                 decode = built("smollm2-135m", "full", "latency[@4096,x2]"),
                 speech = built("whisper-tiny", "full", "inference[6,10s,x2]");
  EXPECT_EQ(prefill.name, "inference[512,x3]");
  EXPECT_EQ(prefill.items, 1536);
  EXPECT_EQ(outputs(prefill.step.graph).at("logits"), (graph::Shape{3, 512, 49152}));
  EXPECT_EQ(of_role(decode.step.graph, graph::Role::state).at("layers.0.past_key"),
            (graph::Shape{2, 3, 4096, 64}));
  EXPECT_EQ(decode.step.inputs[0].at("input_ids").shape(), (graph::Shape{2, 1}));
  EXPECT_EQ(speech.step.inputs[0].at("input_features").shape(), (graph::Shape{2, 80, 1000}));
  EXPECT_EQ(outputs(speech.step.graph).at("logits"), (graph::Shape{2, 6, 51865}));
}

TEST(ModelRequest, WhatAModelDoesNotTakeIsNamedWithWhatItTakes) {
  EXPECT_EQ(normal("smollm2-135m", "inference[@4096]"),
            "--context 4096: inference of smollm2-135m full takes --tokens, --batch");
  EXPECT_EQ(normal("whisper-tiny", "inference[31s]"),
            "--seconds 31: inference of whisper-tiny full takes 1 to 30");
  EXPECT_EQ(normal("minilm-l6", "inference[513]"),
            "--tokens 513: inference of minilm-l6 full takes 3 to 512");
  EXPECT_EQ(normal("smollm2-135m", "latency[@8192]"),
            "--context 8192: latency of smollm2-135m full takes 1 to 8191");
  EXPECT_EQ(normal("sd15-unet", "inference[60lat]"),
            "--latent 60: inference of sd15-unet full takes 8 to 1024, a multiple of 8");
  EXPECT_EQ(normal("minilm-l6", "training"),
            "minilm-l6 full has no workload 'training'; it has inference, latency");
}

TEST(ModelRequest, NoTableIsMadeForWhatNoMemoryHolds) {
  EXPECT_EQ(
      normal("smollm2-135m", "inference[8192,x1024]"),
      "inference[8192,x1024] of smollm2-135m full: a step of that size is more than Assay builds: 2097152 "
      "positions, or 67108864 pixels");
  EXPECT_FALSE(model("resnet-50").build("inference[4096px,x1024]"));
  EXPECT_TRUE(normal_name(model("resnet-50"), "inference[512px,x64]"));
}

TEST(ModelRequest, ASweepIsEveryCombinationThatAWorkloadTakes) {
  const Sweep sweep = {{Dimension::context, {128, 1024}}, {Dimension::batch, {1, 8}}};
  EXPECT_EQ(planned("smollm2-135m", {"latency"}, sweep),
            (Names{"latency", "latency[x8]", "latency[@1024]", "latency[@1024,x8]"}));
  EXPECT_EQ(planned("smollm2-135m", {"inference", "latency"}, {{Dimension::context, {1024}}}),
            (Names{"inference", "latency[@1024]"}));
}

TEST(ModelRequest, UnnamedWorkloadsThatTakeNoneOfTheSizesAreLeftOut) {
  EXPECT_EQ(planned("smollm2-135m", {}, {{Dimension::context, {1024}}}), (Names{"latency[@1024]"}));
  EXPECT_EQ(planned("smollm2-135m", {}, {}), (Names{"inference", "latency", "training"}));
}

TEST(ModelRequest, OneSizeIsMeasuredOnce) {
  EXPECT_EQ(planned("smollm2-135m", {"inference", "inference[128]"}, {}), (Names{"inference"}));
  EXPECT_EQ(planned("smollm2-135m", {"inference"}, {{Dimension::tokens, {128, 64, 64}}}),
            (Names{"inference", "inference[64]"}));
}

TEST(ModelRequest, ASizeThatNobodyTakesIsRefused) {
  EXPECT_EQ(planned("smollm2-135m", {"inference"}, {{Dimension::context, {1024}}}),
            (Names{"--context 1024: inference of smollm2-135m full takes --tokens, --batch"}));
  EXPECT_EQ(planned("resnet-50", {}, {{Dimension::seconds, {3}}}),
            (Names{"--seconds: resnet-50 full has no workload that takes it"}));
  EXPECT_EQ(planned("smollm2-135m", {"inference[64]"}, {{Dimension::tokens, {32}}}),
            (Names{"--tokens and -w 'inference[64]' both say how large"}));
}

}  // namespace
}  // namespace assay::models
