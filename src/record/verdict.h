// What the gate says of a contestant's tensors.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::record {

enum class Verdict { unchecked, exact, f32_fast, reduced, quantised, wrong };

// "exact", "f32-fast", "reduced", "quantised", "wrong", "unchecked".
[[nodiscard]] std::string_view name(Verdict verdict);
[[nodiscard]] std::optional<Verdict> verdict_from_name(std::string_view text);

// The worst over all outputs, both input sets.
struct Accuracy {
  Verdict verdict = Verdict::unchecked;
  double rel_l2 = 0;     // |x - y64|_2 / |y64|_2
  double max_rel = 0;    // max |x - y64| / max |y64|
  double times_f32 = 0;  // rel_l2 as a multiple of the yardstick, the rounding error of float32
  std::string worst;     // the tensor that has the largest error relative to its tolerance
  std::string reason;    // for `wrong`: what is wrong, with a guess at the cause
};

// How far one output tensor or gradient was from the truth, at most.
struct TensorError {
  std::string tensor;
  double rel_l2 = 0;
  double max_rel = 0;
  double times_f32 = 0;
  bool operator==(const TensorError&) const = default;
};
using TensorErrors = std::vector<TensorError>;

}  // namespace assay::record
