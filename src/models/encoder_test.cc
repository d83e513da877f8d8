#include "models/encoder.h"

#include <gtest/gtest.h>

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

TEST(Encoder, ThereIsNoTraining) {
  const auto found = find_model("minilm-l6", "full");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->workloads, (std::vector<std::string>{"inference", "latency"}));
}

}  // namespace
}  // namespace assay::models
