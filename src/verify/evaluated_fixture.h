// Graphs evaluated in float64 with generated weights, for tests.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "models/weights.h"
#include "models/workload.h"
#include "reference/evaluate.h"
#include "tensor/safetensors.h"

namespace assay::verify {

using models::Workload;
using tensor::Tensor;
using tensor::TensorMap;

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / fmt::format("assay_verify.{}", ::getpid())) {
    std::filesystem::create_directories(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] TensorMap weights(const Workload& workload) const {
    const auto file = path_ / "weights.safetensors";
    EXPECT_TRUE(models::write_weights(models::parameters_of(workload).value(), {}, 0, file));
    return tensor::read_safetensors(file).value();
  }

 private:
  std::filesystem::path path_;
};

inline TensorMap evaluated(const graph::Graph& graph, TensorMap bindings, const TensorMap& more) {
  for (const auto& [name, tensor] : more) bindings.insert_or_assign(name, tensor);
  auto outputs = reference::evaluate(graph, bindings, {});
  EXPECT_TRUE(outputs) << outputs.error().message;
  return outputs ? *std::move(outputs) : TensorMap();
}

inline void expect_near(const Tensor& got, const Tensor& expected, const std::string& what) {
  ASSERT_EQ(got.size(), expected.size()) << what;
  double error = 0, size = 0;
  for (size_t i = 0; i < static_cast<size_t>(got.size()); ++i) {
    error = std::max(error, std::abs(got.data<double>()[i] - expected.data<double>()[i]));
    size = std::max(size, std::abs(expected.data<double>()[i]));
  }
  EXPECT_LE(error, 1e-11 * std::max(size, 1.0)) << what;
  EXPECT_GT(size, 0) << what;
}

}  // namespace assay::verify
