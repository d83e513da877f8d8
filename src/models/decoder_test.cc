#include "models/decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/hash.h"
#include "models/model_fixture.h"

namespace assay::models {
namespace {

using graph::Graph;
using graph::Role;
using graph::Shape;

TEST(Decoder, FullSizesHaveThePublishedParameterCounts) {
  const std::map<std::string, int64_t> published = {
      {"smollm2-135m", 134'515'008}, {"smollm2-360m", 361'821'120}, {"smollm2-1.7b", 1'711'376'384}};
  for (const auto& [name, count] : published)
    for (const char* workload : {"inference", "latency", "training"})
      EXPECT_EQ(parameter_count(built(name, "full", workload).step.graph), count) << name << " " << workload;
}

TEST(Decoder, TinySizesHaveTheSameOperators) {
  for (const char* name : {"smollm2-135m", "smollm2-360m", "smollm2-1.7b"}) {
    for (const char* workload : {"inference", "latency", "training"}) {
      std::set<std::string> full, tiny;
      const Graph large = built(name, "full", workload).step.graph,
                  small = built(name, "tiny", workload).step.graph;
      for (const auto& node : large.nodes()) full.insert(node.op);
      for (const auto& node : small.nodes()) tiny.insert(node.op);
      EXPECT_EQ(full, tiny) << name << " " << workload;
      EXPECT_LT(parameter_count(small), 300'000);
    }
  }
}

TEST(Decoder, ParametersCarryThePublicNames) {
  const auto names = of_role(built("smollm2-135m", "full", "inference").step.graph, Role::parameter);
  EXPECT_EQ(names.size(), 2U + 9U * 30U);
  EXPECT_EQ(names.at("model.embed_tokens.weight"), (Shape{49152, 576}));
  EXPECT_EQ(names.at("model.layers.29.self_attn.k_proj.weight"), (Shape{192, 576}));
  EXPECT_EQ(names.at("model.layers.0.mlp.down_proj.weight"), (Shape{576, 1536}));
  EXPECT_EQ(names.at("model.layers.7.post_attention_layernorm.weight"), (Shape{576}));
  EXPECT_EQ(names.at("model.norm.weight"), (Shape{576}));
}

TEST(Decoder, InferenceGivesTheLogitsOfAllPositions) {
  const Workload workload = built("smollm2-135m", "full", "inference");
  EXPECT_EQ(outputs(workload.step.graph), (std::map<std::string, Shape>{{"logits", {1, 128, 49152}}}));
  EXPECT_EQ(workload.items, 128);
  EXPECT_FALSE(workload.state);
  EXPECT_FALSE(workload.truth);
}

TEST(Decoder, LatencyDecodesOneTokenAfterItsState) {
  const Workload workload = built("smollm2-360m", "full", "latency");
  const Evaluation truth = given(workload.truth), state = given(workload.state);
  const auto step = outputs(workload.step.graph);
  EXPECT_EQ(step.size(), 1U + 2U * 32U);
  EXPECT_EQ(step.at("logits"), (Shape{1, 1, 49152}));
  EXPECT_EQ(step.at("layers.31.key"), (Shape{1, 1, 320}));
  EXPECT_EQ(step.at("layers.0.value"), (Shape{1, 1, 320}));
  EXPECT_EQ(of_role(workload.step.graph, Role::state).at("layers.3.past_key"), (Shape{1, 5, 128, 64}));
  EXPECT_EQ(outputs(truth.graph), step);
  EXPECT_EQ(outputs(state.graph), of_role(workload.step.graph, Role::state));
  EXPECT_EQ(truth.inputs[0].at("input_ids").shape(), (Shape{1, 129}));
}

TEST(Decoder, ARequestNeedsThePastThatItsTokensHave) {
  const Workload workload = built("smollm2-135m", "tiny", "generate[9,+6]");
  const auto& generation = workload.generation;
  ASSERT_TRUE(generation);
  const auto past = [](const Graph& graph) { return of_role(graph, Role::state).at("layers.0.past_key")[2]; };
  EXPECT_EQ(generation->decodes, 5);
  EXPECT_EQ(past(generation->decode), 13) << "room for all but the last";
  EXPECT_EQ(past(generation->at_least[0]), 9);
  EXPECT_EQ(past(generation->at_least[1]), 13);
  EXPECT_EQ(outputs(workload.step.graph), (std::map<std::string, Shape>{{"logits", {1, 6, 256}}}));
}

TEST(Decoder, TrainingEndsInTheLossOfTheNextToken) {
  const Workload workload = built("smollm2-135m", "full", "training");
  EXPECT_EQ(outputs(workload.step.graph), (std::map<std::string, Shape>{{"loss", {}}}));
  for (const auto& inputs : workload.step.inputs) {
    const auto ids = inputs.at("input_ids").data<int64_t>();
    const auto labels = inputs.at("labels").data<int64_t>();
    for (size_t i = 0; i + 1 < ids.size(); ++i) EXPECT_EQ(labels[i], ids[i + 1]);
  }
  EXPECT_EQ(workload.step.inputs[0].at("labels").data<int64_t>()[127], 128);
}

TEST(Decoder, DepthScalesTheLastWeightOfEachBranch) {
  const Graph graph = built("smollm2-135m", "full", "inference").step.graph;
  const auto std_of = [&](std::string_view name) { return graph.value(*graph.find(name)).init.std; };
  EXPECT_NEAR(std_of("model.layers.0.self_attn.q_proj.weight"), 1 / std::sqrt(576.0), 1e-12);
  EXPECT_NEAR(std_of("model.layers.0.self_attn.o_proj.weight"), 1 / std::sqrt(576.0 * 60), 1e-12);
  EXPECT_NEAR(std_of("model.layers.0.mlp.down_proj.weight"), 1 / std::sqrt(1536.0 * 60), 1e-12);
  EXPECT_NEAR(std_of("model.embed_tokens.weight"), 1 / std::sqrt(576.0), 1e-12);
}

DecoderConfig small() {
  return {.hidden = 16,
          .layers = 2,
          .feed_forward = 24,
          .query_heads = 4,
          .kv_heads = 2,
          .head_size = 4,
          .vocabulary = 50,
          .ropes = {{.size = 4}}};
}

// The attention node of a layer.
const graph::Node& attention_of(const Graph& graph, std::string_view name) {
  return *std::ranges::find(graph.nodes(), name, &graph::Node::name);
}

TEST(Decoder, AMaskIsThereOnlyWhereAWindowHidesSomething) {
  DecoderConfig config = small();
  config.kinds = {{.window = 8}, {}};
  const Graph within = *decoder_prefill(config, "g", {.count = 8}),
              beyond = *decoder_prefill(config, "g", {.count = 9});
  EXPECT_EQ(attention_of(within, "layers.0.attention").input(3), graph::kAbsent);
  EXPECT_EQ(attention_of(within, "layers.0.attention").integer("is_causal", 0), 1);
  const auto& masked = attention_of(beyond, "layers.0.attention");
  EXPECT_EQ(masked.integer("is_causal", 1), 0);
  const auto seen = beyond.value(masked.input(3)).data.data<bool>();
  EXPECT_EQ(beyond.value(masked.input(3)).shape, (Shape{9, 9}));
  EXPECT_TRUE(seen[8 * 9 + 1]);
  EXPECT_FALSE(seen[8 * 9 + 0]) << "the ninth token sees eight, itself among them";
  EXPECT_FALSE(seen[0 * 9 + 1]) << "nobody sees what follows";
  EXPECT_EQ(attention_of(beyond, "layers.1.attention").input(3), graph::kAbsent);
}

TEST(Decoder, AStateHoldsWhatANewTokenSees) {
  DecoderConfig config = small();
  config.kinds = {{.window = 8}, {.window = 1}};
  const Graph step = *decoder_decode(config, "g", {.batch = 3, .past = 20});
  const auto states = of_role(step, Role::state);
  EXPECT_EQ(states.at("layers.0.past_key"), (Shape{3, 2, 7, 4}));
  EXPECT_FALSE(states.contains("layers.1.past_key")) << "of a window of one token nothing is past";
  EXPECT_EQ(outputs(*decoder_cache(config, "g", {.batch = 3, .past = 20})), states);
}

TEST(Decoder, FusedProjectionsAreOneProductAndASplit) {
  DecoderConfig config = small();
  config.fused = true;
  const Graph graph = *decoder_prefill(config, "g", {.count = 3});
  const auto parameters = of_role(graph, Role::parameter);
  EXPECT_EQ(parameters.at("model.layers.0.self_attn.qkv_proj.weight"), (Shape{32, 16}));
  EXPECT_EQ(parameters.at("model.layers.1.mlp.gate_up_proj.weight"), (Shape{48, 16}));
  EXPECT_FALSE(parameters.contains("model.layers.0.self_attn.q_proj.weight"));
}

TEST(Decoder, ABatchOfSequencesIsTheFirstDimension) {
  const Graph graph = *decoder_loss(small(), "g", {.batch = 3, .count = 5});
  const auto inputs = of_role(graph, Role::input);
  EXPECT_EQ(inputs.at("input_ids"), (Shape{3, 5}));
  EXPECT_EQ(inputs.at("labels"), (Shape{15}));
}

}  // namespace
}  // namespace assay::models
