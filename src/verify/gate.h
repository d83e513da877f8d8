// The gate: no time counts before the answer was found right. A contestant's output tensors, as timed steps
// left them, are compared as a whole with the float64 truth; the distance, as a multiple of what float32
// rounding alone does, gives the verdict. The rules are in docs/method.md, every threshold in
// verify/thresholds.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/file_stamp.h"
#include "record/verdict.h"
#include "verify/truth.h"

namespace assay::verify {

// Output tensors of one input set, as a runner wrote them.
struct Answer {
  uint64_t set = 0;                               // its number; the truth has it
  std::filesystem::path path;                     // safetensors
  std::optional<FileStamp> stamp = std::nullopt;  // of the file when it was handed over, where that is known
};

// One output tensor of one set against the truth.
struct TensorError {
  std::string tensor;
  uint64_t set = 0;
  double rel_l2 = 0;
  double max_rel = 0;
  double times_f32 = 0;        // rel_l2 as a multiple of its yardstick
  double tolerance_share = 0;  // error / tolerance of `exact`, the larger of both norms: passes up to 1
  double declared_share = 0;   // likewise with the declared type's yardstick, 0 for float32: passes up to 0.5
};

// The gradient whose elements are smallest in the truth: a dead branch of a model shows here.
struct SmallestGradient {
  std::string tensor;
  uint64_t set = 0;
  double share = 0;  // its root mean square, as a share of that of all gradients
};

struct Judgement {
  record::Accuracy accuracy;
  std::vector<TensorError> errors;  // every tensor that could be compared, largest tolerance_share first
  std::vector<std::string>
      insensitive;  // gradients whose tolerance exceeds a tenth of their norm: checked, but hardly
  std::optional<SmallestGradient> smallest_gradient;  // of a training step
};

// Judges answers to one or more input sets; with several, an answer that is the same for two is `wrong`
// ("first answer again"), and so is a file that was written to after it was handed over. `precision` is the
// compute type the runner declared ("f32"); a shorter one needs its yardstick in the truth (add_yardstick),
// else what is beyond float32 stays `unchecked`. A file that is missing or damaged, a tensor that is missing,
// mis-shaped or not finite is a verdict (`wrong` with its reason), not an error. Fails only as Assay itself
// does.
[[nodiscard]] Result<Judgement> judge(const Truth& truth, std::span<const Answer> answers,
                                      std::string_view precision = "f32", int threads = 0);

// The worse of two judgements' accuracies: of the cold launch and the blocks of one contestant, for example.
// One that says nothing
// (`unchecked` without a reason) gives the other.
[[nodiscard]] record::Accuracy worse(const record::Accuracy& a, const record::Accuracy& b);

}  // namespace assay::verify
