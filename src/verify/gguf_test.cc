// A GGUF file is the model that it was written from: tiny decoders of every architecture, written and read
// back, give the same outputs in float64.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "gguf/export.h"
#include "gguf/reader.h"
#include "models/catalogue.h"
#include "models/decoder.h"
#include "models/weights.h"
#include "reference/evaluate.h"
#include "tensor/norms.h"
#include "tensor/safetensors.h"
#include "verify/evaluated_fixture.h"

namespace assay::verify {
namespace {

namespace fs = std::filesystem;
using models::BranchNorms;
using models::DecoderConfig;
using models::DecoderLayer;
using models::HeadNorms;

DecoderConfig llama() {
  return {.hidden = 16,
          .layers = 4,
          .feed_forward = 24,
          .query_heads = 4,
          .kv_heads = 2,
          .head_size = 4,
          .vocabulary = 160,
          .ropes = {{.size = 4, .theta = 5000000}}};
}

DecoderConfig untied() {
  DecoderConfig config = llama();
  config.tied_head = false;
  config.qkv_bias = config.output_bias = config.feed_forward_bias = true;
  return config;
}

// Slow pairs are slowed down, as Llama 3.1 has them, or sequences stretched by yarn, which scales cosines
// too.
DecoderConfig scaled(models::RopeScaling scaling) {
  DecoderConfig config = llama();
  config.head_size = config.ropes[0].size = 16;
  config.ropes[0].scaling = scaling;
  config.ropes[0].factor = 8;
  config.ropes[0].original_positions = 64;
  config.ropes[0].low = 1;
  config.ropes[0].high = 4;
  if (scaling == models::RopeScaling::yarn) config.ropes[0].attention_factor = 1.2;
  return config;
}

DecoderConfig longrope_phi3() {
  DecoderConfig config = scaled(models::RopeScaling::longrope);
  config.fused = true;
  config.tied_head = false;
  config.hidden = 64;
  config.ropes[0].attention_factor = 1.1;
  config.ropes[0].short_factor = {1, 1, 1.1, 1.3, 1.7, 2, 3, 5};
  config.ropes[0].long_factor = {1, 2, 3, 4, 5, 6, 7, 8};
  return config;
}

DecoderConfig qwen2() {
  DecoderConfig config = llama();
  config.qkv_bias = true;
  return config;
}

DecoderConfig qwen3() {
  DecoderConfig config = llama();
  config.head_size = config.ropes[0].size = 6;
  config.head_norms = HeadNorms::each_head;
  return config;
}

DecoderConfig phi3() {
  DecoderConfig config = llama();
  config.fused = true;
  config.tied_head = false;
  return config;
}

// Half of each head is rotated.
DecoderConfig partial_phi3() {
  DecoderConfig config = phi3();
  config.query_heads = 2;
  config.kv_heads = 1;
  config.head_size = 8;
  return config;
}

DecoderConfig gemma() {
  DecoderConfig config = llama();
  config.head_size = config.ropes[0].size = 8;
  config.norm_plus_one = true;
  config.activation = models::Activation::gelu_tanh;
  config.embedding_scale = 4;
  return config;
}

DecoderConfig gemma2() {
  DecoderConfig config = gemma();
  config.branch_norms = BranchNorms::both;
  config.attention_softcap = 20;
  config.logits_softcap = 10;
  for (int64_t i = 0; i < 4; ++i) config.kinds.push_back({.rope = 0, .window = i % 2 == 0 ? 9 : 0});
  return config;
}

DecoderConfig gemma3() {
  DecoderConfig config = gemma();
  config.branch_norms = BranchNorms::both;
  config.head_norms = HeadNorms::each_head;
  config.ropes.push_back({.size = 8, .theta = 10000});
  for (int i = 0; i < 4; ++i) config.kinds.push_back({.rope = i < 3 ? 1 : 0, .window = i < 3 ? 9 : 0});
  return config;
}

// Windows longer than what is asked: the graph has none, and two bases.
DecoderConfig short_gemma3() {
  DecoderConfig config = gemma3();
  for (DecoderLayer& kind : config.kinds) kind.window = kind.window > 0 ? 100 : 0;
  return config;
}

DecoderConfig smollm3() {
  DecoderConfig config = llama();
  for (int i = 0; i < 4; ++i) config.kinds.push_back({.rope = i == 3 ? -1 : 0, .window = 0});
  return config;
}

DecoderConfig granite() {
  DecoderConfig config = llama();
  config.embedding_scale = 12;
  config.residual_scale = 0.22;
  config.attention_scale = 0.4;
  config.logits_divisor = 6;
  return config;
}

DecoderConfig olmo2() {
  DecoderConfig config = llama();
  config.branch_norms = BranchNorms::after;
  config.head_norms = HeadNorms::whole_width;
  return config;
}

DecoderConfig olmo3() {
  DecoderConfig config = olmo2();
  for (int i = 0; i < 4; ++i) config.kinds.push_back({.rope = 0, .window = i < 3 ? 9 : 0});
  return config;
}

struct GgufCase {
  const char* name;
  const char* architecture;
  DecoderConfig config;
  double most = 0;  // of the relative difference
};

// 1 + weight is rounded to float32 in the file.
const GgufCase kGgufCases[] = {{"llama", "llama", llama()},
                               {"llama_untied_with_biases", "llama", untied()},
                               {"llama3_positions", "llama", scaled(models::RopeScaling::llama3), 1e-5},
                               {"yarn_positions", "llama", scaled(models::RopeScaling::yarn), 1e-5},
                               {"qwen2", "qwen2", qwen2()},
                               {"qwen3", "qwen3", qwen3()},
                               {"phi3", "phi3", phi3()},
                               {"phi3_of_half_heads", "phi3", partial_phi3()},
                               {"phi3_longrope", "phi3", longrope_phi3(), 1e-5},
                               {"gemma", "gemma", gemma(), 1e-6},
                               {"gemma2", "gemma2", gemma2(), 1e-6},
                               {"gemma3", "gemma3", gemma3(), 1e-6},
                               {"gemma3_in_its_window", "gemma3", short_gemma3(), 1e-6},
                               {"smollm3", "smollm3", smollm3()},
                               {"granite", "granite", granite()},
                               {"olmo2", "olmo2", olmo2()},
                               {"olmo3", "olmo2", olmo3()}};

class GgufRoundTrip : public testing::TestWithParam<GgufCase> {
 protected:
  GgufRoundTrip() : folder_(fs::temp_directory_path() / fmt::format("assay-gguf-trip-{}", ::getpid())) {
    fs::create_directories(folder_);
  }
  ~GgufRoundTrip() override { fs::remove_all(folder_); }

  // Writes the graph with drawn weights, which come back.
  [[nodiscard]] TensorMap write(const graph::Graph& graph, const fs::path& file) const {
    const fs::path weights = folder_ / "weights.safetensors";
    EXPECT_TRUE(models::write_weights(graph, {}, 7, weights));
    const auto written = gguf::export_gguf(graph, weights, file);
    EXPECT_TRUE(written) << written.error().message;
    return tensor::read_safetensors(weights).value();
  }

  fs::path folder_;
};

TEST_P(GgufRoundTrip, GivesTheSameOutputs) {
  const GgufCase& wanted = GetParam();
  const fs::path file = folder_ / "model.gguf";
  const auto graph = models::decoder_prefill(wanted.config, "m", {.batch = 1, .count = 32});
  ASSERT_TRUE(graph) << graph.error().message;
  const TensorMap weights = write(*graph, file);
  EXPECT_EQ(gguf::read_gguf(file)->metadata.text("general.architecture").value(), wanted.architecture);
  const auto model = models::find_model(file.string(), "full");
  ASSERT_TRUE(model) << model.error().message;
  const auto workload = model->build("inference[32]");
  ASSERT_TRUE(workload) << workload.error().message;
  ASSERT_TRUE(models::write_weights(models::parameters_of(*workload).value(), model->checkpoint, 0,
                                    folder_ / "back.safetensors"));
  const TensorMap back = tensor::read_safetensors(folder_ / "back.safetensors").value();
  const TensorMap& inputs = workload->step.inputs[1];
  const auto before = evaluated(*graph, weights, inputs),
             after = evaluated(workload->step.graph, back, inputs);
  EXPECT_LE(relative_distance(after.at("logits"), before.at("logits")), wanted.most);
  // What was read can be written again, bit by bit; divisors of pairs that hardly turn but for their last
  // bits.
  ASSERT_TRUE(gguf::export_gguf(workload->step.graph, folder_ / "back.safetensors", folder_ / "again.gguf"));
  if (wanted.config.ropes[0].scaling == models::RopeScaling::none) {
    EXPECT_TRUE(read_file(file).value() == read_file(folder_ / "again.gguf").value());
  }
}

INSTANTIATE_TEST_SUITE_P(Architectures, GgufRoundTrip, testing::ValuesIn(kGgufCases),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace assay::verify
