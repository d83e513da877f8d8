// That recognition changed nothing: both graphs evaluated in float64 on the same inputs.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "recognise/recognise.h"
#include "verify/truth.h"

namespace assay::imports {

// Relative, in the Euclidean norm of each output. Sums in another order are off by some 1e-15.
inline constexpr double kMostDifference = 1e-12;

// |a - b| / |b| in the Euclidean norm; not a number where one of them is none, infinite where they are of
// other types than float64 and not the same.
[[nodiscard]] double difference(const tensor::Tensor& a, const tensor::Tensor& b);

struct Proven {
  recognise::Recognised recognised;
  std::vector<std::string> refused;  // kinds that did not hold, with what was seen
};

// Recognises all kinds whose graph gives, on those input sets, what `plain` gives. Where all of them together
// do not, they are tried one by one, each on top of those that held. `weights` are plain's; files are made in
// `folder`. Constants that stand for an irrational number are taken for that number on both sides. Fails
// (data, environment) as evaluation does.
[[nodiscard]] Result<Proven> proven(const graph::Graph& plain, const std::filesystem::path& weights,
                                    const std::vector<tensor::TensorMap>& inputs,
                                    const std::filesystem::path& folder, const verify::Evaluator& evaluate);

// The kinds as they were proven before: no evaluation.
[[nodiscard]] Result<recognise::Recognised> again(const graph::Graph& plain,
                                                  const std::filesystem::path& weights,
                                                  const std::vector<std::string>& kinds);

// Every parameter of the recognised graph from plain's weights, transposed where it says so, as a new
// safetensors file.
[[nodiscard]] Result<> write_weights(const recognise::Recognised& recognised,
                                     const std::filesystem::path& weights, const std::filesystem::path& path);

}  // namespace assay::imports
