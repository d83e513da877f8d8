// Checkpoint directories, good and bad: every bad one must be refused with one line that names the file and
// what is wrong in it.
#include "models/checkpoint.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "models/catalogue.h"
#include "models/decoder_config.h"
#include "models/weights.h"

namespace assay::models {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using tensor::Tensor;

class CheckpointTest : public testing::Test {
 protected:
  CheckpointTest()
      : folder_(fs::temp_directory_path() / fmt::format("assay-checkpoint-{}", ::getpid()) / "my-llama") {
    const DecoderConfig config{.hidden = 16,
                               .layers = 2,
                               .feed_forward = 24,
                               .query_heads = 4,
                               .kv_heads = 2,
                               .head_size = 4,
                               .vocabulary = 160,
                               .ropes = {{.size = 4}}};
    const auto graph = decoder_prefill(config, "g", {});
    EXPECT_TRUE(graph) << graph.error().message;
    const fs::path file = folder_ / "made.safetensors";
    EXPECT_TRUE(write_weights(*graph, {}, 5, file));
    tensors_ = *tensor::read_safetensors(file);
    fs::remove(file);
    config_ = {{"model_type", "llama"},       {"hidden_size", 16},        {"num_hidden_layers", 2},
               {"intermediate_size", 24},     {"num_attention_heads", 4}, {"num_key_value_heads", 2},
               {"vocab_size", 160},           {"rms_norm_eps", 1e-5},     {"rope_theta", 10000.0},
               {"tie_word_embeddings", true}, {"hidden_act", "silu"},     {"rope_scaling", nullptr}};
  }
  ~CheckpointTest() override { fs::remove_all(folder_.parent_path()); }

  [[nodiscard]] Result<Model> open() const {
    EXPECT_TRUE(write_file(folder_ / "config.json", config_.dump()));
    EXPECT_TRUE(tensor::write_safetensors(folder_ / "model.safetensors", tensors_));
    return find_model(folder_.string(), "full");
  }

  // The directory is refused with one line that holds all the parts.
  void expect_refused(const std::vector<std::string>& parts) const { expect_refused(open(), parts); }
  static void expect_refused(const Result<Model>& result, const std::vector<std::string>& parts) {
    ASSERT_FALSE(result) << "accepted; expected: " << parts.back();
    const std::string& message = result.error().message;
    EXPECT_EQ(result.error().kind, ErrorKind::data);
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    for (const std::string& part : parts)
      EXPECT_NE(message.find(part), std::string::npos) << part << " in: " << message;
  }

  // Splits the tensors into two shards with an index.
  void write_shards() {
    EXPECT_TRUE(write_file(folder_ / "config.json", config_.dump()));
    json map = json::object();
    tensor::TensorMap first, second;
    for (const auto& [name, tensor] : tensors_) {
      const bool norm = name.find("norm") != std::string::npos;
      (norm ? second : first)[name] = tensor;
      map[name] = norm ? "model-00002-of-00002.safetensors" : "model-00001-of-00002.safetensors";
    }
    EXPECT_TRUE(tensor::write_safetensors(folder_ / "model-00001-of-00002.safetensors", first));
    EXPECT_TRUE(tensor::write_safetensors(folder_ / "model-00002-of-00002.safetensors", second));
    index_ = {{"metadata", {{"total_size", 1}}}, {"weight_map", map}};
    EXPECT_TRUE(write_file(folder_ / "model.safetensors.index.json", index_.dump()));
  }

  fs::path folder_;
  json config_;
  json index_;
  tensor::TensorMap tensors_;
};

TEST_F(CheckpointTest, ADirectoryIsAModel) {
  const auto model = open();
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_TRUE(model->name.starts_with("my-llama#")) << model->name;
  EXPECT_EQ(model->size, "full");
  EXPECT_EQ(model->checkpoint, std::vector<fs::path>{folder_ / "model.safetensors"});
  const auto workload = model->build("training");
  ASSERT_TRUE(workload) << workload.error().message;
  // The weights that are materialised are the checkpoint's.
  ASSERT_TRUE(write_weights(workload->step.graph, model->checkpoint, 0, folder_ / "out" / "w.safetensors"));
  const auto written = tensor::read_safetensors(folder_ / "out" / "w.safetensors");
  ASSERT_TRUE(written);
  EXPECT_EQ(written->size(), tensors_.size());
  for (const auto& [name, tensor] : tensors_)
    EXPECT_TRUE(std::ranges::equal(tensor.bytes(), written->at(name).bytes())) << name;
}

TEST_F(CheckpointTest, HalfPrecisionIsWidenedExactly) {
  for (auto& [name, tensor] : tensors_) tensor = tensor::converted(tensor, tensor::DType::bf16);
  const auto model = open();
  ASSERT_TRUE(model) << model.error().message;
  ASSERT_TRUE(
      write_weights(model->build("inference")->step.graph, model->checkpoint, 0, folder_ / "w.safetensors"));
  const auto written = tensor::read_safetensors(folder_ / "w.safetensors");
  ASSERT_TRUE(written);
  for (const auto& [name, tensor] : *written) {
    EXPECT_EQ(tensor.dtype(), tensor::DType::f32);
    EXPECT_TRUE(
        std::ranges::equal(tensor.bytes(), tensor::converted(tensors_.at(name), tensor::DType::f32).bytes()))
        << name;
  }
}

TEST_F(CheckpointTest, ShardsAreOneCheckpoint) {
  write_shards();
  const auto model = find_model(folder_.string() + "/", "full");
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_TRUE(model->name.starts_with("my-llama#")) << model->name;
  EXPECT_EQ(model->checkpoint.size(), 2U);
  EXPECT_TRUE(
      write_weights(model->build("inference")->step.graph, model->checkpoint, 0, folder_ / "w.safetensors"));
}

TEST_F(CheckpointTest, BadShardsAreRefused) {
  write_shards();
  index_["weight_map"]["model.norm.weight"] = "model-00001-of-00002.safetensors";
  ASSERT_TRUE(write_file(folder_ / "model.safetensors.index.json", index_.dump()));
  expect_refused(find_model(folder_.string(), "full"),
                 {"model-00001-of-00002.safetensors", "model.norm.weight", "index.json"});
  index_["weight_map"]["model.norm.weight"] = "../model.safetensors";
  ASSERT_TRUE(write_file(folder_ / "model.safetensors.index.json", index_.dump()));
  expect_refused(find_model(folder_.string(), "full"), {"index.json", "model.norm.weight"});
  write_shards();
  fs::remove(folder_ / "model-00002-of-00002.safetensors");
  expect_refused(find_model(folder_.string(), "full"), {"model-00002-of-00002.safetensors"});
}

TEST_F(CheckpointTest, ATiedHeadMayBeThereWhenItIsEqual) {
  tensors_["lm_head.weight"] = tensors_.at("model.embed_tokens.weight");
  EXPECT_TRUE(open());
  Tensor other = Tensor(tensor::DType::f32, {160, 16});
  tensors_["lm_head.weight"] = other;
  expect_refused({"model.safetensors", "lm_head.weight", "embed_tokens"});
}

TEST_F(CheckpointTest, AnUntiedHeadIsNeeded) {
  config_["tie_word_embeddings"] = false;
  expect_refused({"model.safetensors", "lm_head.weight", "missing", "[160, 16]"});
  tensors_["lm_head.weight"] = Tensor(tensor::DType::f32, {160, 16});
  const auto model = open();
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_TRUE(model->build("inference")->step.graph.find("lm_head.weight"));
}

TEST_F(CheckpointTest, EveryNeededKeyIsAskedFor) {
  const json complete = config_;
  for (const char* key : {"model_type", "hidden_size", "num_hidden_layers", "intermediate_size",
                          "num_attention_heads", "vocab_size", "rms_norm_eps"}) {
    config_ = complete;
    config_.erase(key);
    expect_refused({"config.json", key, "missing"});
    config_[key] = json::array({1});
    expect_refused({"config.json", key, "[1]"});
  }
}

TEST_F(CheckpointTest, WhatTheFamilyDoesNotDoIsRefused) {
  const json complete = config_;
  const std::vector<std::pair<const char*, json>> cases = {
      {"model_type", "mamba"},
      {"rope_interleaved", true},
      {"sliding_window", 4},
      {"hidden_act", "quick_gelu"},
      {"rope_scaling", json{{"type", "linear"}}},
      {"rope_scaling", json{{"type", "linear"}, {"factor", 2.0}, {"beta_fast", 3}}},
      {"rope_scaling", json{{"type", "linear"}, {"rope_type", "yarn"}, {"factor", 2.0}}},
      {"rope_scaling", json{{"type", "proportional"}}},
      {"rope_scaling", json{{"rope_type", "llama3"}}},
      {"rope_scaling", "linear"},
      {"quantization_config", json{{"bits", 4}}},
      {"partial_rotary_factor", 0.5},
      {"auto_map", json{{"AutoModelForCausalLM", "modeling.Other"}}},
      {"architectures", json::array({"LlamaForSequenceClassification"})},
      {"use_rope", false},         // no key of a llama
      {"torch_dtype", "float16"},  // would round the tensors
      {"num_key_value_heads", 3},
      {"num_attention_heads", 5},
      {"head_dim", 5},
      {"vocab_size", 128},
      {"rms_norm_eps", -1},
      {"num_hidden_layers", 0},
      {"num_hidden_layers", 2.5},
      {"hidden_size", uint64_t{1} << 40},
  };
  for (const auto& [key, value] : cases) {
    config_ = complete;
    config_[key] = value;
    expect_refused({"config.json", key, "expected"});
  }
}

TEST_F(CheckpointTest, APartOfAConfigurationThatIsMissingOrContradictsIsNamed) {
  const json complete = config_;
  struct Case {
    const char* type;
    json numbers;
    std::vector<std::string> parts;
  };
  const std::vector<Case> cases = {
      {"llama",
       {{"rope_scaling", {{"type", "dynamic"}, {"factor", 2.0}}}},
       {"max_position_embeddings", "missing"}},
      {"mistral", {{"num_key_value_heads", nullptr}}, {"num_key_value_heads", "missing"}},
      {"qwen3", {{"head_dim", nullptr}}, {"head_dim", "missing"}},
      {"qwen2", {{"layer_types", {"sliding_attention", "full_attention"}}}, {"layer_types", "a window"}},
      {"qwen3", {{"head_dim", 4}, {"layer_types", {"full_attention"}}}, {"layer_types", "a list of 2 texts"}},
      {"qwen3",
       {{"head_dim", 4}, {"layer_types", {"full_attention", "chunked_attention"}}},
       {"layer_types", "expected"}},
      {"phi3", {{"partial_rotary_factor", 0.3}}, {"partial_rotary_factor", "even"}},
      {"phi3", {{"rope_scaling", {{"type", "linear"}, {"factor", 2}}}}, {"rope_scaling", "type", "longrope"}},
      {"phi3",
       {{"original_max_position_embeddings", 64},
        {"max_position_embeddings", 128},
        {"rope_scaling", {{"type", "longrope"}, {"short_factor", {1.0}}, {"long_factor", {1.0, 2.0}}}}},
       {"short_factor", "a list of 2 positive numbers"}},
      {"gemma2",
       {{"head_dim", 4}, {"hidden_act", nullptr}, {"sliding_window", nullptr}},
       {"sliding_window", "a window"}},
      {"gemma3_text",
       {{"head_dim", 4}, {"hidden_act", nullptr}, {"attn_logit_softcapping", 30.0}},
       {"attn_logit_softcapping"}},
      {"gemma3_text",
       {{"head_dim", 4}, {"hidden_act", nullptr}, {"rope_scaling", {{"type", "linear"}, {"factor", 8.0}}}},
       {"'type'", "rope_type"}},
      {"smollm3", {{"no_rope_layers", {1}}}, {"no_rope_layers", "a list of 2 integers"}},
      {"granite", {{"residual_multiplier", 0}}, {"residual_multiplier", "positive"}},
      {"olmo2", {{"clip_qkv", 8.0}}, {"clip_qkv"}},
      {"qwen2", json::object(), {"model.safetensors", "self_attn.q_proj.bias", "missing"}},
      {"phi3", json::object(), {"model.safetensors", "self_attn.qkv_proj.weight", "missing"}},
      {"llama", {{"num_hidden_layers", 20000}}, {"num_hidden_layers", "10000"}},
  };
  for (const auto& [type, numbers, parts] : cases) {
    config_ = complete;
    config_["model_type"] = type;
    config_.update(numbers);
    SCOPED_TRACE(config_.dump());
    expect_refused(parts);
  }
}

TEST_F(CheckpointTest, ATensorThatAModelTypeHasNotIsRefused) {
  tensors_["model.layers.0.self_attn.q_norm.weight"] = Tensor(tensor::DType::f32, {4});
  expect_refused({"model.safetensors", "q_norm", "not expected"});
}

TEST_F(CheckpointTest, NewerFilesKeepThetaUnderRopeParameters) {
  config_.erase("rope_theta");
  config_["rope_parameters"] = {{"rope_type", "default"}, {"rope_theta", 500000.0}};
  ASSERT_TRUE(open());
  const auto config = Config::read(folder_ / "config.json");
  EXPECT_EQ(decoder_config(*config)->ropes.front().theta, 500000.0);
}

TEST_F(CheckpointTest, ThetaIsTakenFromTheDictionaryBeforeTheTopLevel) {
  const auto theta = [&](const json& top, const json& parameters, const json& scaling) {
    config_["rope_theta"] = top;
    config_["rope_parameters"] = parameters;
    config_["rope_scaling"] = scaling;
    EXPECT_TRUE(open());
    return decoder_config(*Config::read(folder_ / "config.json"))->ropes.front().theta;
  };
  const json with = {{"rope_theta", 500000.0}}, without = {{"rope_type", "default"}};
  EXPECT_EQ(theta(20000.0, with, nullptr), 500000.0);
  EXPECT_EQ(theta(20000.0, without, nullptr), 20000.0);
  EXPECT_EQ(theta(20000.0, with, without), 20000.0) << "rope_scaling is taken whole";
  EXPECT_EQ(theta(20000.0, without, with), 500000.0);
  EXPECT_EQ(theta(nullptr, nullptr, nullptr), 10000.0);
}

// Before a graph of that size is built, which would take minutes and all memory.
TEST_F(CheckpointTest, ImmenseNumbersAreHeldAgainstTheTensorsFirst) {
  const json complete = config_;
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"num_hidden_layers", "'num_hidden_layers' is 1000000000"},
      {"head_dim", "q_proj"},
      {"num_key_value_heads", "divisor"},
      {"intermediate_size", "gate_proj"},
      {"hidden_size", "embed_tokens"},
      {"vocab_size", "embed_tokens"},
  };
  for (const auto& [key, part] : cases) {
    config_ = complete;
    config_[key] = 1000000000;
    expect_refused({part, "expected"});
  }
}

TEST_F(CheckpointTest, ItsNameTellsWhatItHoldsApart) {
  const std::string name = open()->name;
  EXPECT_EQ(open()->name, name);
  config_["bos_token_id"] = 7;
  EXPECT_EQ(open()->name, name) << "a key without effect";
  config_["rms_norm_eps"] = 2e-5;
  EXPECT_NE(open()->name, name);
  config_["rms_norm_eps"] = 1e-5;
  write_shards();
  fs::remove(folder_ / "model.safetensors");
  EXPECT_EQ(find_model(folder_.string(), "full")->name, name) << "the same tensors in other files";
  tensors_["model.norm.weight"] = Tensor(tensor::DType::f32, {16});
  write_shards();
  EXPECT_NE(find_model(folder_.string(), "full")->name, name);
}

TEST_F(CheckpointTest, ASnapshotOfAHubHasTheRepositorysName) {
  ASSERT_TRUE(open());
  const fs::path snapshot = folder_.parent_path() / "models--me--my-llama--v2" / "snapshots" / "0123abcd";
  fs::create_directories(snapshot.parent_path());
  fs::rename(folder_, snapshot);
  const auto model = find_model(snapshot.string(), "full");
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_TRUE(model->name.starts_with("me/my-llama--v2#")) << model->name;
}

TEST_F(CheckpointTest, EveryFileIsKnown) {
  for (const char* harmless : {"README.md", "tokenizer.json", "._model.safetensors", ".gitattributes",
                               "generation_config.json", "pytorch_model-00001-of-00002.bin"})
    ASSERT_TRUE(write_file(folder_ / harmless, "x"));
  ASSERT_TRUE(open()) << open().error().message;
  for (const char* asking : {"adapter_config.json", "adapter_model.safetensors", "quantize_config.json",
                             "modules.json", "1_Pooling", "another.safetensors"}) {
    ASSERT_TRUE(write_file(folder_ / asking, "{}"));
    expect_refused({folder_ / asking});
    fs::remove(folder_ / asking);
  }
}

TEST_F(CheckpointTest, HiddenFilesAreNobodysWeights) {
  write_shards();
  fs::remove(folder_ / "model.safetensors.index.json");
  ASSERT_TRUE(write_file(folder_ / "._weights.safetensors", "what a desktop leaves behind"));
  const auto model = find_model(folder_.string(), "full");
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->checkpoint.size(), 2U);
}

TEST_F(CheckpointTest, ContradictionsWithTheWeightsAreRefused) {
  const json complete = config_;
  const std::vector<std::tuple<const char*, int, const char*>> cases = {
      {"num_hidden_layers", 3, "model.layers.2."},       // missing
      {"num_hidden_layers", 1, "model.layers.1."},       // left over
      {"hidden_size", 32, "model.embed_tokens.weight"},  // other shape
      {"intermediate_size", 25, "gate_proj"},
      {"head_dim", 8, "_proj.weight"},
      {"num_key_value_heads", 4, "k_proj"},
      {"vocab_size", 161, "model.embed_tokens.weight"},
  };
  for (const auto& [key, value, tensor] : cases) {
    config_ = complete;
    config_[key] = value;
    expect_refused({"model.safetensors", tensor, "expected"});
  }
}

TEST_F(CheckpointTest, BadTensorsAreRefused) {
  tensors_["model.layers.0.self_attn.q_proj.bias"] = Tensor(tensor::DType::f32, {16});
  expect_refused({"model.safetensors", "q_proj.bias"});
  tensors_.erase("model.layers.0.self_attn.q_proj.bias");
  tensors_["model.norm.weight"] = Tensor(tensor::DType::i32, {16});
  expect_refused({"model.safetensors", "model.norm.weight", "I32"});
  tensors_.erase("model.norm.weight");
  expect_refused({"model.safetensors", "model.norm.weight", "missing", "[16]"});
}

TEST_F(CheckpointTest, FilesThatAreMissingOrNoJson) {
  ASSERT_TRUE(tensor::write_safetensors(folder_ / "model.safetensors", tensors_));
  expect_refused(find_model(folder_.string(), "full"), {"config.json"});
  ASSERT_TRUE(write_file(folder_ / "config.json", "{"));
  expect_refused(find_model(folder_.string(), "full"), {"config.json", "JSON"});
  ASSERT_TRUE(write_file(folder_ / "config.json", config_.dump()));
  fs::remove(folder_ / "model.safetensors");
  expect_refused(find_model(folder_.string(), "full"), {"my-llama", "model.safetensors"});
}

}  // namespace
}  // namespace assay::models
