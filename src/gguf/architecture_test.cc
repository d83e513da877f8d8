#include "gguf/architecture.h"

#include <gtest/gtest.h>

#include <cmath>

namespace assay::gguf {
namespace {

// Four layers of Llama's; a parameter that is there is 1, one that is not graph::kAbsent.
Decoder plain() {
  DecoderLayer layer{
      .attention_norm = 1, .feed_forward_norm = 1, .rotated = true, .rotation = {.base = 10000}};
  return {.hidden = 16,
          .query_heads = 4,
          .kv_heads = 2,
          .head_size = 4,
          .rotated_columns = 4,
          .embedding = 1,
          .head = 1,
          .layers = {4, layer}};
}

Decoder gemma() {
  Decoder model = plain();
  model.norm_plus_one = model.gelu = true;
  model.embedding_scale = 4;
  return model;
}

void each(Decoder& model, void (*change)(DecoderLayer&)) {
  for (DecoderLayer& layer : model.layers) change(layer);
}

void norms_after(DecoderLayer& layer) { layer.attention_post_norm = layer.feed_forward_post_norm = 1; }
void no_norms_before(DecoderLayer& layer) { layer.attention_norm = layer.feed_forward_norm = graph::kAbsent; }
void qkv_bias(DecoderLayer& layer) { layer.query.bias = layer.key.bias = layer.value.bias = 1; }
void output_bias(DecoderLayer& layer) { layer.attention_output.bias = 1; }
void window(DecoderLayer& layer) { layer.window = 8; }

// "" where there is none.
std::string name_of(const Decoder& model) {
  const auto found = architecture_of(model, "m");
  return found ? found->name : "";
}

TEST(Architecture, FollowsFromWhatTheModelHas) {
  EXPECT_EQ(name_of(plain()), "llama");
  Decoder model = plain();
  each(model, qkv_bias);
  EXPECT_EQ(name_of(model), "qwen2");
  each(model, output_bias);
  EXPECT_EQ(name_of(model), "llama") << "which has biases everywhere";
  model = plain();
  model.head_norms = HeadNorms::each_head;
  EXPECT_EQ(name_of(model), "qwen3");
  model = plain();
  model.fused = true;
  EXPECT_EQ(name_of(model), "phi3");
  model.rotated_columns = 2;
  EXPECT_EQ(name_of(model), "phi3");
  model = plain();
  model.layers[3].rotated = false;
  EXPECT_EQ(name_of(model), "smollm3");
  model = plain();
  model.residual_scale = 0.5;
  EXPECT_EQ(name_of(model), "granite");
}

TEST(Architecture, OfNormsBehindBranchesAndOfGemma) {
  Decoder model = plain();
  each(model, norms_after);
  each(model, no_norms_before);
  model.head_norms = HeadNorms::whole_width;
  EXPECT_EQ(name_of(model), "olmo2");
  each(model, window);
  EXPECT_EQ(name_of(model), "olmo2");
  EXPECT_EQ(name_of(gemma()), "gemma");
  model = gemma();
  each(model, norms_after);
  model.attention_softcap = 50;
  model.logits_softcap = 30;
  EXPECT_EQ(name_of(model), "gemma2");
  model.attention_softcap = 0;
  model.head_norms = HeadNorms::each_head;
  each(model, window);
  EXPECT_EQ(name_of(model), "gemma3");
}

// A graph shorter than any window shows which layers slide by their base alone.
TEST(Architecture, LayersOfTwoBasesSlide) {
  Decoder model = gemma();
  each(model, norms_after);
  model.head_norms = HeadNorms::each_head;
  model.layers[3].rotation.base = 1000000;
  EXPECT_EQ(architecture_of(model, "m")->sliding, (std::vector<bool>{true, true, true, false}));
  model.layers[2].rotation.base = 20000;
  EXPECT_EQ(name_of(model), "") << "three bases";
  each(model, window);
  EXPECT_EQ(name_of(model), "") << "three bases of layers with windows";
}

// Norms with the 1 in their weights, as files have them.
TEST(Architecture, OfGemmaWhateverItsNorms) {
  Decoder model = gemma();
  model.norm_plus_one = false;
  EXPECT_EQ(name_of(model), "gemma");
}

TEST(Architecture, WhatNoneHasIsRefused) {
  Decoder model = plain();
  each(model, window);
  EXPECT_EQ(name_of(model), "") << "a window where there are none";
  model = plain();
  model.rotated_columns = 2;
  EXPECT_EQ(name_of(model), "") << "a part of a head";
  model = plain();
  model.layers[1].rotated = false;
  EXPECT_EQ(name_of(model), "") << "another layer than the fourth";
  model = plain();
  model.layers[1].rotation.base = 50;
  EXPECT_EQ(name_of(model), "") << "two bases";
  model = gemma();
  model.attention_scale = 0.1;
  EXPECT_EQ(name_of(model), "") << "a scale of its own";
  model = gemma();
  model.embedding_scale = 3;
  EXPECT_EQ(name_of(model), "") << "an embedding scaled otherwise";
  model = plain();
  model.logits_softcap = 30;
  EXPECT_EQ(name_of(model), "") << "a cap";
}

}  // namespace
}  // namespace assay::gguf
