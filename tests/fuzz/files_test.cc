// Files and words that users give, mutated: each is read, or refused in words that name the file.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "base/file.h"
#include "exchange/full_run_fixture.h"
#include "exchange/import.h"
#include "exchange/results_file.h"
#include "gguf/file.h"
#include "models/catalogue.h"
#include "models/gguf_weights.h"
#include "mutator.h"
#include "setup/framework.h"
#include "store/store.h"
#include "tensor/safetensors.h"
#include "watch.h"

namespace assay::fuzz {
namespace {

namespace fs = std::filesystem;

class FuzzFiles : public testing::Test {
 protected:
  FuzzFiles() : folder_(fs::temp_directory_path() / ("assay-fuzz-files-" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~FuzzFiles() override { fs::remove_all(folder_); }

  // Hands every mutant of the text to `read`, which returns an error or nothing. At least one of them must
  // pass, else they do not reach the fields, and every message names `place`.
  static void fuzz(const std::string& valid, const std::string& place,
                   const std::function<Result<>(const std::string&)>& read) {
    size_t passed = 0;
    for (uint64_t input = 0; input < inputs(); ++input) {
      begin(input);
      Mutator mutator(input);
      const auto done = read(mutator(valid));
      passed += done ? 1 : 0;
      if (!done) {
        EXPECT_NE(done.error().message.find(place), std::string::npos)
            << input << ": " << done.error().message;
        EXPECT_LT(done.error().message.size(), 10'000U) << input;
      }
      end();
    }
    EXPECT_GT(passed, 0U) << "every mutant is refused: they do not reach the fields";
    EXPECT_LT(peak_bytes(), kMostBytes);
  }

  fs::path folder_;
};

constexpr const char* kLlama =
    R"({"model_type": "llama", "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 1,
 "num_attention_heads": 2, "num_key_value_heads": 1, "vocab_size": 160, "rms_norm_eps": 1e-05, "rope_theta": 10000.0,
 "hidden_act": "silu", "tie_word_embeddings": true, "max_position_embeddings": 256})";

TEST_F(FuzzFiles, ConfigOfACheckpoint) {
  // The weights stay as the untouched file asks for them; what a mutant asks for differs, and is refused.
  ASSERT_TRUE(write_file(folder_ / "config.json", kLlama));
  tensor::TensorMap weights;
  const auto add = [&](const std::string& name, const tensor::Shape& shape) {
    weights.emplace(name, tensor::Tensor(tensor::DType::f32, shape));
  };
  add("model.embed_tokens.weight", {160, 8});
  const std::string layer = "model.layers.0.";
  add(layer + "self_attn.q_proj.weight", {8, 8});
  add(layer + "self_attn.k_proj.weight", {4, 8});
  add(layer + "self_attn.v_proj.weight", {4, 8});
  add(layer + "self_attn.o_proj.weight", {8, 8});
  add(layer + "mlp.gate_proj.weight", {12, 8});
  add(layer + "mlp.up_proj.weight", {12, 8});
  add(layer + "mlp.down_proj.weight", {8, 12});
  add(layer + "input_layernorm.weight", {8});
  add(layer + "post_attention_layernorm.weight", {8});
  add("model.norm.weight", {8});
  ASSERT_TRUE(tensor::write_safetensors(folder_ / "model.safetensors", weights));
  const auto found = models::find_model(folder_.string(), "full");
  ASSERT_TRUE(found) << found.error().message;
  fuzz(kLlama, folder_.filename().string(), [&](const std::string& text) -> Result<> {
    ASSAY_TRY_VOID(write_file(folder_ / "config.json", text));
    ASSAY_TRY(const auto model, models::find_model(folder_.string(), "full"));
    ASSAY_TRY(const auto built, model.build("inference"));
    return {};
  });
}

// A llama of one layer.
void write_llama(const fs::path& path) {
  std::vector<gguf::PendingTensor> tensors;
  const auto add = [&](const std::string& name, const tensor::Shape& shape) {
    tensors.push_back(
        {name + ".weight", shape, [shape] { return tensor::Tensor(tensor::DType::f32, shape); }});
  };
  add("token_embd", {160, 8});
  add("rope_freqs", {2});
  tensors.back().produce = [] { return tensor::Tensor::of<float>({2}, {1, 3}); };
  for (const char* square : {"attn_q", "attn_output"}) add(fmt::format("blk.0.{}", square), {8, 8});
  for (const char* half : {"attn_k", "attn_v"}) add(fmt::format("blk.0.{}", half), {4, 8});
  for (const char* up : {"ffn_gate", "ffn_up"}) add(fmt::format("blk.0.{}", up), {12, 8});
  add("blk.0.ffn_down", {8, 12});
  for (const char* norm : {"blk.0.attn_norm", "blk.0.ffn_norm", "output_norm"}) add(norm, {8});
  std::vector<std::pair<std::string, gguf::Field>> fields = {
      {"general.architecture", std::string("llama")},
      {"general.alignment", 32U},
      {"llama.block_count", 1U},
      {"llama.context_length", 256U},
      {"llama.embedding_length", 8U},
      {"llama.feed_forward_length", 12U},
      {"llama.attention.head_count", std::vector<uint32_t>{2}},
      {"llama.attention.head_count_kv", 1U},
      {"llama.attention.layer_norm_rms_epsilon", 1e-5F},
      {"llama.rope.scaling.type", std::string("linear")},
      {"llama.rope.scaling.factor", 2.0F}};
  ASSERT_TRUE(gguf::write_gguf(path, fields, tensors));
}

TEST_F(FuzzFiles, GgufOfADecoder) {
  const fs::path path = folder_ / "model.gguf";
  write_llama(path);
  const std::string valid = read_file(path).value();
  fuzz(valid, "model.gguf", [&](const std::string& bytes) -> Result<> {
    ASSAY_TRY_VOID(write_file(path, bytes));
    ASSAY_TRY(const auto model, models::find_model(path.string(), "full"));
    ASSAY_TRY(const auto workload, model.build("inference"));
    ASSAY_TRY(const auto decoder, models::read_gguf_decoder(path));
    for (const auto id : workload.step.graph.with_role(graph::Role::parameter))
      (void)models::gguf_parameter(decoder, workload.step.graph.value(id).name);
    return {};
  });
}

constexpr const char* kManifest = R"(name = "sample"
title = "Sample"
language = "Python"
licence = "MIT"
packages = ["python3-venv"]
device_runtimes = ["libsample_gpu"]
variables_unset = ["SAMPLE_"]
variables_kept = ["SAMPLE_DEVICE"]

[[build]]
name = "venv"
script = "sdk:python/venv.sh"
inputs = ["requirements.lock"]
tools = ["python3"]
download_mb = 10
disk_mb = 20
minutes = 1.5

[[variant]]
name = "eager"
build = "venv"
command = ["{build}/bin/python", "{framework}/runner.py"]
devices = ["cpu", "cuda"]
)";

TEST_F(FuzzFiles, ManifestOfAFramework) {
  const fs::path framework = folder_ / "tree/frameworks/sample";
  for (const char* file : {"../../sdk/python/venv.sh", "requirements.lock", "runner.py"})
    ASSERT_TRUE(write_file(framework / file, ""));
  ASSERT_TRUE(write_file(framework / "framework.toml", kManifest));
  const auto read = setup::read_framework(framework);
  ASSERT_TRUE(read) << read.error().message;
  fuzz(kManifest, "framework.toml", [&](const std::string& text) -> Result<> {
    ASSAY_TRY_VOID(write_file(framework / "framework.toml", text));
    ASSAY_TRY(const auto mutant, setup::read_framework(framework));
    for (const auto& variant : mutant.variants) (void)setup::expand(mutant, variant);
    return {};
  });
}

record::Run small_run() {
  record::Run run;
  run.id = "20260101-000000-abcd";
  run.started = "2026-01-01T00:00:00Z";
  run.arguments = {"run", "-m", "x"};
  run.host.cores = 2;
  run.host.cpu = "A CPU";
  return run;
}

void fill(const fs::path& path) {
  auto store = store::open_sqlite(path);
  ASSERT_TRUE(store) << store.error().message;
  ASSERT_TRUE((*store)->begin(small_run()));
  const auto entry =
      (*store)->add_result(small_run().id, {"fake", "honest", "cpu", "1"}, {"x", "tiny", "inference", "f32"});
  ASSERT_TRUE(entry);
  ASSERT_TRUE(
      (*store)->append(*entry, record::Visit{.batch_ns = 31, .samples_ns = {10, 20}, .requests = {{2, 31}}}));
}

TEST_F(FuzzFiles, StoreThatIsDamaged) {
  const fs::path path = folder_ / "store.db";
  fill(path);
  const std::string valid = read_file(path).value();
  fuzz(valid, "store.db", [&](const std::string& bytes) -> Result<> {
    for (const char* ending : {"-wal", "-shm", "-journal"}) fs::remove(path.string() + ending);
    ASSAY_TRY_VOID(write_file(path, bytes));
    ASSAY_TRY(const auto store, store::open_sqlite(path));
    ASSAY_TRY(const auto runs, store->list());
    for (const auto& run : runs)
      if (const auto loaded = store->load(run.id); !loaded && loaded.error().kind != ErrorKind::usage)
        return std::unexpected(loaded.error());  // a usage: an index that is damaged does not know the run
    return {};
  });
}

// A file of results without hashes, so that mutants get as far as the store.
std::string results_text() {
  std::string text;
  exchange::ResultsWriter writer([&](std::string_view line) -> Result<> {
    if (const size_t hash = line.find(",\"hash\""); hash != std::string_view::npos)
      text += std::string(line.substr(0, hash)) + "}}\n";
    else
      text += line;
    return {};
  });
  EXPECT_TRUE(writer.begin({"0.1.0", "2026-01-01T00:00:00Z"}));
  EXPECT_TRUE(writer.add(exchange::full_run()));
  EXPECT_TRUE(writer.add(exchange::partial_run("20260102-000000-abcd")));
  EXPECT_TRUE(writer.end());
  return text;
}

TEST_F(FuzzFiles, Results) {
  const fs::path path = folder_ / "results.jsonl";
  const auto store = store::open_sqlite(":memory:");
  ASSERT_TRUE(store) << store.error().message;
  exchange::Importer importer(**store, exchange::Importer::Mode::store);
  fuzz(results_text(), "results.jsonl", [&](const std::string& text) -> Result<> {
    ASSAY_TRY_VOID(write_file(path, text));
    ASSAY_TRY(auto reader, exchange::ResultsReader::open(path));
    for (;;) {
      ASSAY_TRY(const auto run, reader.next());
      if (!run) return {};
      (void)importer.take(*run);  // refused or not, what is stored can be read
      const auto stored = (*store)->has(run->id);
      EXPECT_TRUE(stored && (!*stored || (*store)->load(run->id))) << run->id;
    }
  });
}

TEST_F(FuzzFiles, IdsOfRuns) {
  const fs::path path = folder_ / "store.db";
  fill(path);
  const auto store = store::open_sqlite(path);
  ASSERT_TRUE(store);
  fuzz(small_run().id, "run", [&](const std::string& id) -> Result<> {
    ASSAY_TRY_VOID((*store)->load(id));
    return {};
  });
}

}  // namespace
}  // namespace assay::fuzz
