// Each mutant changes the graph and nothing else: names, shapes and outputs stay, so that it can take the
// graph's place; and it is told from the graph by its hash even where no gate would see it.
#include "mutants/mutants.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "graph/builder.h"
#include "graph/json.h"
#include "mutants/rewrite.h"

namespace assay::mutants {
namespace {

using graph::DType;
using graph::kAbsent;
using graph::Role;
using graph::Tensor;

// One small layer with everything that the mutants look for, but the loss.
Graph layer(bool past) {
  Builder b("layer");
  const int64_t length = past ? 1 : 4;
  const auto ids = b.input("ids", DType::i64, {1, length});
  const auto table = b.parameter("table", {7, 8}, {});
  const auto x = b.op("x", "Gather", {table, ids}, {{"axis", 0}});
  const auto normed =
      b.op("norm", "RMSNormalization", {x, b.parameter("scale", {8}, {})}, {{"axis", -1}, {"epsilon", 1e-5}});
  const auto normed_again = b.op("norm_again", "LayerNormalization",
                                 {normed, b.parameter("scale_again", {8}, {})}, {{"epsilon", 1e-12}});
  const auto cosine = b.constant("cos", Tensor(DType::f32, {1, length, 2}));
  const auto sine = b.constant("sin", Tensor(DType::f32, {1, length, 2}));
  const auto q = b.op("rotated", "RotaryEmbedding", {normed_again, cosine, sine}, {{"num_heads", 2}});
  const auto k = b.op("key", "Linear", {normed, b.parameter("w", {8, 8}, {}), b.parameter("bias", {8}, {})});
  const auto v = b.op("value", "Linear", {normed, b.parameter("v", {8, 8}, {})});
  std::vector<ValueId> inputs = {q, k, v};
  if (past) {
    inputs.push_back(kAbsent);
    inputs.push_back(b.state("past_key", DType::f32, {1, 2, 3, 4}));
    inputs.push_back(b.state("past_value", DType::f32, {1, 2, 3, 4}));
  }
  const auto mixed = b.op("mixed", "Attention", inputs,
                          {{"is_causal", past ? 0 : 1}, {"q_num_heads", 2}, {"kv_num_heads", 2}});
  const auto residual = b.op("residual", "Add", {x, mixed});
  b.output(b.op("y", "Add", {residual, b.op("active", "Swish", {residual})}));
  return std::move(b).finish().value();
}

Graph loss() {
  Builder b("loss");
  const auto scores =
      b.op("scores", "Linear", {b.input("x", DType::f32, {4, 3}), b.parameter("w", {5, 3}, {})});
  b.output(b.op("loss", "SoftmaxCrossEntropyLoss", {scores, b.input("labels", DType::i64, {4})},
                {{"reduction", "mean"}}));
  return std::move(b).finish().value();
}

// As autodiff leaves a table that is used twice.
Graph gradient() {
  Builder b("gradient");
  const auto w = b.parameter("w", {4, 3}, {});
  const auto once = b.op("once", "Neg", {w});
  b.output(b.op("grad.w", "Add", {once, b.op("twice", "Neg", {once})}));
  return std::move(b).finish().value();
}

// As a quantised file has it.
Graph quantised() {
  Builder b("quantised");
  const auto low = b.constant("low", Tensor::of<float>({}, {-128}));
  const auto high = b.constant("high", Tensor::of<float>({}, {127}));
  const auto steps = b.op("steps", "Neg", {b.input("x", DType::f32, {4, 3})});
  b.output(b.op("y", "Clip", {b.op("whole", "Round", {steps}), low, high}));
  return std::move(b).finish().value();
}

struct Described {
  std::vector<std::string> outputs, inputs;
  bool operator==(const Described&) const = default;
};
Described described(const Graph& graph) {
  Described result;
  const auto text = [&](ValueId id) {
    const auto& value = graph.value(id);
    return value.name + tensor::to_string(value.shape) + std::string(tensor::dtype_name(value.dtype));
  };
  for (const ValueId id : graph.outputs()) result.outputs.push_back(text(id));
  for (const Role role : {Role::input, Role::state, Role::parameter})
    for (const ValueId id : graph.with_role(role)) result.inputs.push_back(text(id));
  return result;
}

TEST(Mutants, EachChangesSomeGraphAndKeepsItsInterface) {
  const std::vector<Graph> graphs = {layer(false), layer(true), loss(), gradient(), quantised()};
  for (const Mutant& mutant : all()) {
    int changed = 0;
    for (const Graph& graph : graphs) {
      const auto mutated = mutant.apply(graph);
      ASSERT_TRUE(mutated) << mutant.name << ": " << mutated.error().message;
      if (!*mutated) continue;
      ++changed;
      EXPECT_EQ(described(**mutated), described(graph)) << mutant.name;
      EXPECT_NE(graph::content_hash(**mutated), graph::content_hash(graph)) << mutant.name;
    }
    EXPECT_GE(changed, 1) << mutant.name << " has no place in any graph";
  }
}

TEST(Mutants, AreInOrderAndNamedOnce) {
  EXPECT_TRUE(std::ranges::is_sorted(all(), {}, &Mutant::name));
  EXPECT_EQ(std::ranges::adjacent_find(all(), {}, &Mutant::name), all().end());
}

TEST(Rewrite, WithoutAChangeIsTheSameGraph) {
  for (const Graph& graph : {layer(false), layer(true), loss()}) {
    const auto same = rewrite(graph, [](Draft&) { return false; });
    ASSERT_TRUE(same);
    EXPECT_EQ(same->changed, 0);
    EXPECT_EQ(described(same->graph), described(graph));
    EXPECT_EQ(same->graph.nodes().size(), graph.nodes().size());
  }
}

}  // namespace
}  // namespace assay::mutants
