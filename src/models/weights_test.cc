#include "models/weights.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "base/file.h"
#include "base/hash.h"
#include "models/catalogue.h"
#include "tensor/safetensors.h"

namespace assay::models {
namespace {

namespace fs = std::filesystem;

class Weights : public testing::Test {
 protected:
  Weights() : folder_(fs::temp_directory_path() / fmt::format("assay-weights-{}", ::getpid())) {}
  ~Weights() override { fs::remove_all(folder_); }

  [[nodiscard]] static graph::Graph graph(std::string_view workload) {
    return find_model("smollm2-135m", "tiny")->build(workload)->step.graph;
  }

  [[nodiscard]] static std::string key_of(const graph::Graph& model, std::span<const fs::path> checkpoint,
                                          uint64_t seed) {
    const auto key = weights_key(model, checkpoint, seed);
    EXPECT_TRUE(key);
    return key.value_or("");
  }

  fs::path folder_;
};

// The proof that weights are the same bits on every machine: name, type, shape and bytes of all of them.
TEST_F(Weights, GeneratedBitsAreTheSameEverywhere) {
  const fs::path file = folder_ / "w.safetensors";
  ASSERT_TRUE(write_weights(graph("inference"), {}, 0, file));
  const auto tensors = tensor::read_safetensors(file);
  ASSERT_TRUE(tensors) << tensors.error().message;
  Hasher hasher;
  for (const auto& [name, tensor] : *tensors)
    hasher.add(name).add(tensor::to_string(tensor.shape())).add(tensor.bytes());
  EXPECT_EQ(hasher.hex(), "88ca734bd53f89baf168892cda94fef2");
}

TEST_F(Weights, GeneratedValuesAreAsAnnouncedAndNeverDenormal) {
  const graph::Graph model = graph("training");
  const fs::path file = folder_ / "w.safetensors";
  ASSERT_TRUE(write_weights(model, {}, 3, file));
  const auto written = tensor::read_safetensors(file);
  ASSERT_TRUE(written);
  for (const auto& [name, tensor] : *written) {
    const auto& parameter =
        model.value(model.find(name).value_or(graph::kAbsent));  // value() aborts on kAbsent
    double sum = 0, squares = 0;
    for (const float value : tensor.data<float>()) {
      EXPECT_TRUE(value == 0 || std::isnormal(value)) << name;
      sum += value;
      squares += (value - parameter.init.mean) * (value - parameter.init.mean);
    }
    const double n = static_cast<double>(tensor.size());
    EXPECT_NEAR(sum / n, parameter.init.mean, 5 * parameter.init.std / std::sqrt(n)) << name;
    EXPECT_NEAR(std::sqrt(squares / n) / parameter.init.std, 1, 4 / std::sqrt(n)) << name;
  }
}

TEST_F(Weights, AllWorkloadsShareOneFile) {
  const std::string key = key_of(graph("inference"), {}, 0);
  EXPECT_EQ(key_of(graph("latency"), {}, 0), key);
  EXPECT_EQ(key_of(graph("training"), {}, 0), key);
  EXPECT_NE(key_of(graph("inference"), {}, 1), key);
  EXPECT_NE(key_of(find_model("smollm2-360m", "tiny")->build("inference")->step.graph, {}, 0), key);
}

TEST_F(Weights, TheKeyOfACheckpointIsItsContents) {
  const fs::path file = folder_ / "w.safetensors", other = folder_ / "copy.safetensors";
  ASSERT_TRUE(write_weights(graph("inference"), {}, 0, file));
  fs::copy_file(file, other);
  const std::vector<fs::path> first = {file}, second = {other};
  const std::string key = key_of(graph("inference"), first, 0);
  EXPECT_EQ(key_of(graph("inference"), second, 7), key);
  ASSERT_TRUE(tensor::write_safetensors(other, *tensor::read_safetensors(file)));
  auto content = *read_file(other);
  content.back() ^= 1;
  ASSERT_TRUE(write_file(other, content));
  EXPECT_NE(key_of(graph("inference"), second, 0), key);
}

// One number of a checkpoint, of the type given, and what is said of it.
std::string refusal(const graph::Graph& model, const fs::path& folder, tensor::DType type, double value) {
  const fs::path good = folder / "good.safetensors", bad = folder / "bad.safetensors";
  EXPECT_TRUE(write_weights(model, {}, 0, good));
  tensor::TensorMap tensors = *tensor::read_safetensors(good);
  tensor::Tensor& norm = tensors.at("model.norm.weight");
  norm = tensor::converted(norm, tensor::DType::f64);
  tensor::Tensor changed(tensor::DType::f64, norm.shape());
  std::ranges::copy(norm.data<double>(), changed.mutable_data<double>().begin());
  changed.mutable_data<double>()[5] = value;
  norm = tensor::converted(changed, type);
  EXPECT_TRUE(tensor::write_safetensors(bad, tensors));
  const std::vector<fs::path> checkpoint = {bad};
  const auto result = write_weights(model, checkpoint, 0, folder / "out.safetensors");
  EXPECT_FALSE(fs::exists(folder / "out.safetensors"));
  return result ? "" : result.error().message;
}

TEST_F(Weights, WhatFloat32CannotHoldIsRefusedWithItsPlace) {
  const graph::Graph model = graph("inference");
  const auto says = [](const std::string& message, std::string_view what) {
    return message.find(fmt::format("bad.safetensors: tensor model.norm.weight{}", what)) !=
           std::string::npos;
  };
  EXPECT_TRUE(says(refusal(model, folder_, tensor::DType::f32, std::nan("")), "[5] is nan"));
  EXPECT_TRUE(says(refusal(model, folder_, tensor::DType::bf16, -HUGE_VAL), "[5] is -inf"));
  EXPECT_TRUE(says(refusal(model, folder_, tensor::DType::f64, 1e300), "[5] is inf in float32"));
}

TEST_F(Weights, ACheckpointThatDoesNotFitIsRefused) {
  const fs::path file = folder_ / "small.safetensors";
  ASSERT_TRUE(write_weights(find_model("smollm2-360m", "tiny")->build("inference")->step.graph, {}, 0, file));
  const std::vector<fs::path> checkpoint = {file};
  const auto result = write_weights(graph("inference"), checkpoint, 0, folder_ / "out.safetensors");
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("small.safetensors: tensor model.embed_tokens.weight"),
            std::string::npos);
  EXPECT_FALSE(fs::exists(folder_ / "out.safetensors"));
}

}  // namespace
}  // namespace assay::models
