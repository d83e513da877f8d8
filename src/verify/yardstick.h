// What rounding alone does to a workload's outputs: the largest error over evaluations in one compute type
// against float64. How it grows, and as a file beside the truth.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "tensor/tensor.h"

namespace assay::verify {

struct TensorYardstick {
  double rel_l2 = 0;
  double max_rel = 0;
  double abs_l2 = 0;  // |x - y64|_2
};

struct Yardsticks {
  std::map<std::string, TensorYardstick> tensors;  // by output
  TensorYardstick gradients;                       // of all gradients together, as if they were one tensor

  // Zeros when the output is not known.
  [[nodiscard]] TensorYardstick of(const std::string& output) const;
};

// What the steps of a graph (verify/steps.h) may do to its outputs, by output.
struct StepsReach {
  // The largest distance of evaluations in which every step's operand was pushed by what float32 may be off
  // there, ten yardsticks of its own. Those operands that are last are told of, too.
  Yardsticks spread;
  // The same where the operands of the last steps were pushed by what they may be off as well. Where these
  // are few, an answer may fall on the other side of a step that none of the pushes above crossed.
  Yardsticks ends;

  // How far an answer may be off because of steps.
  [[nodiscard]] TensorYardstick of(const std::string& output) const;
  [[nodiscard]] bool empty() const { return spread.tensors.empty(); }
};

// Twice as long, each.
[[nodiscard]] Yardsticks doubled(Yardsticks yardsticks);

// Whether all are finite: whether every evaluation gave finite numbers.
[[nodiscard]] bool is_finite(const Yardsticks& yardsticks);

// Whether an output is the gradient of a parameter.
[[nodiscard]] bool is_gradient(std::string_view output);

// Raises the yardsticks to what one more evaluation of the same outputs shows. Fails (data) naming the tensor
// that is missing or mis-shaped.
[[nodiscard]] Result<> raise(Yardsticks& yardsticks, const tensor::TensorMap& evaluated,
                             const tensor::TensorMap& truth, int threads);

[[nodiscard]] Result<> write_yardsticks(const std::filesystem::path& path, const Yardsticks& yardsticks);
// Fails (data) when the file is not what write_yardsticks wrote.
[[nodiscard]] Result<Yardsticks> read_yardsticks(const std::filesystem::path& path);

// What kinks do to gradients (Truth::spread), likewise a file.
[[nodiscard]] Result<> write_spread(const std::filesystem::path& path,
                                    const std::map<std::string, double>& spread);
[[nodiscard]] Result<std::map<std::string, double>> read_spread(const std::filesystem::path& path);

}  // namespace assay::verify
