// A decoder's new tokens behind states give what a prefill of the whole sequence gives for them: for one and
// for several sequences and tokens, before and beyond windows, and where the context outgrows the one it was
// trained on.
#include <gtest/gtest.h>

#include "models/decoder.h"
#include "reference/evaluate.h"
#include "tensor/generate.h"
#include "verify/evaluated_fixture.h"

namespace assay::verify {
namespace {

using models::DecoderConfig;
using models::DecoderTokens;

DecoderConfig plain() {
  return {.hidden = 16,
          .layers = 4,
          .feed_forward = 24,
          .query_heads = 4,
          .kv_heads = 2,
          .head_size = 4,
          .vocabulary = 50,
          .ropes = {{.size = 4}}};
}

// Two layers with a window of 8, of which one has other frequencies; one without positions.
DecoderConfig windowed() {
  DecoderConfig config = plain();
  config.ropes.push_back({.size = 4, .theta = 100});
  config.kinds = {{.rope = 0}, {.rope = 1, .window = 8}, {.rope = 0, .window = 8}, {.rope = -1}};
  config.head_norms = models::HeadNorms::each_head;
  config.branch_norms = models::BranchNorms::both;
  config.attention_softcap = 2;
  return config;
}

DecoderConfig growing() {
  DecoderConfig config = plain();
  config.fused = true;
  config.ropes[0].scaling = models::RopeScaling::longrope;
  config.ropes[0].original_positions = 12;
  config.ropes[0].short_factor = {1, 2};
  config.ropes[0].long_factor = {3, 4};
  return config;
}

TensorMap parameters_of(const graph::Graph& graph) {
  TensorMap result;
  for (const auto id : graph.with_role(graph::Role::parameter)) {
    const auto& value = graph.value(id);
    result[value.name] = tensor::generate_noise(value.name, 3, value.shape, value.init.mean, value.init.std);
  }
  return result;
}

TensorMap given(const Result<graph::Graph>& graph, TensorMap bindings) {
  EXPECT_TRUE(graph) << graph.error().message;
  bindings.merge(parameters_of(*graph));
  auto outputs = reference::evaluate(*graph, bindings, {});
  EXPECT_TRUE(outputs) << outputs.error().message;
  return *outputs;
}

class DecoderStates : public testing::TestWithParam<std::tuple<DecoderConfig (*)(), DecoderTokens>> {};

TEST_P(DecoderStates, GiveWhatAPrefillGives) {
  const auto& [make, tokens] = GetParam();
  const DecoderConfig config = make();
  const Tensor ids = tensor::generate_indices("ids", 1, {tokens.batch, tokens.total()}, config.vocabulary);
  TensorMap bindings = {{"input_ids", columns(ids, 0, tokens.past)}};
  for (auto& [name, state] : given(models::decoder_cache(config, "state", tokens), bindings))
    bindings[name] = tensor::converted(state, tensor::DType::f32);
  bindings["input_ids"] = columns(ids, tokens.past, tokens.count);
  const auto step = given(models::decoder_decode(config, "step", tokens), bindings);
  const auto truth = given(models::decoder_last_rows(config, "truth", tokens), {{"input_ids", ids}});
  ASSERT_EQ(step.size(), 1U + 2U * 4U);
  for (const auto& [name, tensor] : truth) {
    ASSERT_TRUE(step.contains(name)) << name;
    ASSERT_EQ(step.at(name).shape(), tensor.shape()) << name;
    EXPECT_LT(relative_distance(step.at(name), tensor), 1e-6) << name;  // states are float32
  }
}

INSTANTIATE_TEST_SUITE_P(Lengths, DecoderStates,
                         testing::Combine(testing::Values(plain, windowed, growing),
                                          testing::Values(DecoderTokens{.past = 5}, DecoderTokens{.past = 12},
                                                          DecoderTokens{.batch = 3, .past = 30},
                                                          DecoderTokens{.batch = 2, .count = 5, .past = 7},
                                                          DecoderTokens{
                                                              .batch = 2, .count = 11, .past = 20})));

}  // namespace
}  // namespace assay::verify
