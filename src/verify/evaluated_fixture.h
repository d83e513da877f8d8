// Graphs evaluated in float64 with generated weights, for tests.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
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

// Columns `first` to `first + count` - 1 of ids [rows, columns].
inline Tensor columns(const Tensor& ids, int64_t first, int64_t count) {
  const int64_t rows = ids.shape()[0], length = ids.shape()[1];
  Tensor result(tensor::DType::i64, {rows, count});
  for (int64_t row = 0; row < rows; ++row)
    std::copy_n(ids.data<int64_t>().begin() + row * length + first, count,
                result.mutable_data<int64_t>().begin() + row * count);
  return result;
}

// |a - b| / |b|, over all elements.
inline double relative_distance(const Tensor& a, const Tensor& b) {
  double difference = 0, size = 0;
  for (size_t i = 0; i < a.data<double>().size(); ++i) {
    difference += std::pow(a.data<double>()[i] - b.data<double>()[i], 2);
    size += std::pow(b.data<double>()[i], 2);
  }
  return std::sqrt(difference / size);
}

}  // namespace assay::verify
