#include "models/encoder.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "models/model_fixture.h"
#include "models/sentences.h"

namespace assay::models {
namespace {

using graph::Role;
using graph::Shape;

constexpr int64_t kPooler = 384 * 384 + 384;  // published, and not used by sentence embeddings

TEST(Encoder, MiniLmHasThePublishedParameters) {
  const Graph graph = built("minilm-l6", "full", "inference").step.graph;
  EXPECT_EQ(parameter_count(graph), 22'713'216 - kPooler);
  const auto names = of_role(graph, Role::parameter);
  EXPECT_EQ(names.size(), 5U + 16U * 6U);
  EXPECT_EQ(names.at("embeddings.word_embeddings.weight"), (Shape{30522, 384}));
  EXPECT_EQ(names.at("embeddings.position_embeddings.weight"), (Shape{512, 384}));
  EXPECT_EQ(names.at("encoder.layer.5.attention.self.key.bias"), (Shape{384}));
  EXPECT_EQ(names.at("encoder.layer.0.intermediate.dense.weight"), (Shape{1536, 384}));
  EXPECT_EQ(names.at("encoder.layer.3.output.LayerNorm.weight"), (Shape{384}));
}

TEST(Encoder, WorkloadsAreAPassageAndAQuestion) {
  for (const auto& [name, length] : {std::pair{"inference", 128}, std::pair{"latency", 8}}) {
    const Workload workload = built("minilm-l6", "full", name);
    EXPECT_EQ(outputs(workload.step.graph), (Shapes{{"sentence_embedding", {1, 384}}}));
    EXPECT_EQ(workload.items, length);
    EXPECT_EQ(workload.step.inputs[0].at("input_ids").shape(), (Shape{1, length}));
  }
  const auto ids = built("minilm-l6", "full", "latency").step.inputs[1].at("input_ids");
  EXPECT_TRUE(std::ranges::equal(ids.data<int64_t>(), questions()[1].ids));
}

EncoderConfig small_encoder() {
  return {.hidden = 16, .layers = 3, .heads = 4, .feed_forward = 24, .vocabulary = 50, .positions = 20};
}

const graph::Node& node_of(const Graph& graph, std::string_view name) {
  return *std::ranges::find(graph.nodes(), name, &graph::Node::name);
}

TEST(Encoder, PositionsAreCountedFromBehindThatOfPadding) {
  EncoderConfig config = small_encoder();
  config.padding = 7;
  const Graph graph = *encoder_outputs(config, "g", 3);
  const auto places = graph.value(*graph.find("positions")).data.data<int64_t>();
  EXPECT_TRUE(std::ranges::equal(places, std::vector<int64_t>{8, 9, 10}));
  EXPECT_EQ(config.longest(), 12);
}

TEST(Encoder, AMaskIsThereOnlyWhereTheWindowHidesSomething) {
  EncoderConfig config = small_encoder();
  config.ropes = {{.size = 4}};
  config.kinds = {{}, {.reach = 2}, {.reach = 3}};
  const Graph graph = *encoder_outputs(config, "g", 4);
  EXPECT_EQ(node_of(graph, "layers.0.attention").input(3), graph::kAbsent);
  EXPECT_EQ(node_of(graph, "layers.2.attention").input(3), graph::kAbsent);
  const auto& mask = graph.value(node_of(graph, "layers.1.attention").input(3));
  EXPECT_EQ(mask.shape, (Shape{4, 4}));
  const std::vector<uint8_t> expected = {1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1};
  EXPECT_TRUE(std::ranges::equal(mask.data.data<bool>(), expected));
}

TEST(Encoder, TheFirstBranchIsNotNormedWhereNormsComeFirst) {
  EncoderConfig config = small_encoder();
  config.norms_first = true;
  config.norm_bias = false;
  config.names.final_norm = "final_norm";
  const auto names = of_role(*encoder_outputs(config, "g", 4), Role::parameter);
  EXPECT_FALSE(names.contains("encoder.layer.0.attention.output.LayerNorm.weight"));
  EXPECT_TRUE(names.contains("encoder.layer.1.attention.output.LayerNorm.weight"));
  EXPECT_TRUE(names.contains("final_norm.weight"));
  EXPECT_FALSE(names.contains("final_norm.bias"));
}

TEST(Encoder, AHeadScoresTheWordsOfTheEmbedding) {
  EncoderConfig config = small_encoder();
  config.head = EncoderHead{.dense_bias = false};
  config.prefix = "bert.";
  const Graph graph = *encoder_loss(config, "g", 4, 3);
  EXPECT_EQ(outputs(graph), (Shapes{{"loss", {}}}));
  EXPECT_EQ(of_role(graph, Role::input).at("labels"), (Shape{12}));
  const auto& last = node_of(graph, "logits");
  EXPECT_EQ(graph.value(last.input(1)).name, "bert.embeddings.word_embeddings.weight");
  EXPECT_EQ(graph.value(last.input(2)).name, "cls.predictions.bias");
  EXPECT_FALSE(of_role(graph, Role::parameter).contains("cls.predictions.transform.dense.bias"));
}

TEST(Encoder, FusedAndSeparateMatricesAreTheSamePartsOfAGraph) {
  EncoderConfig config = small_encoder();
  config.ropes = {{.size = 4}};
  config.names.gate = "mlp.gate";
  const Graph separate = *encoder_outputs(config, "g", 4);
  config.names.qkv = "attn.Wqkv";
  config.names.gate_up = "mlp.Wi";
  const Graph fused = *encoder_outputs(config, "g", 4);
  for (const char* part : {"layers.0.query_proj", "layers.0.value", "layers.2.gate", "layers.2.up"})
    EXPECT_EQ(fused.value(*fused.find(part)).shape, separate.value(*separate.find(part)).shape) << part;
  EXPECT_EQ(of_role(fused, Role::parameter).at("encoder.layer.1.attn.Wqkv.weight"), (Shape{48, 16}));
  EXPECT_EQ(of_role(fused, Role::parameter).at("encoder.layer.1.mlp.Wi.weight"), (Shape{48, 16}));
}

TEST(Encoder, AnEmbedderHasNoTraining) {
  const auto found = find_model("minilm-l6", "full");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->workloads, (std::vector<std::string>{"inference", "latency"}));
}

}  // namespace
}  // namespace assay::models
