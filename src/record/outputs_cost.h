// What it took a runner to write its outputs, asked twice in a row, and whether work was put off to there: a
// step that leaves something undone makes the first time longer than the second, by what was left; a runner
// that computes whenever it is asked takes longer than writing does, both times.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace assay::record {

struct OutputsCost {
  // The core's clock around the first request for outputs after a step, and around a second one for the same
  // tensors, without the time that the kernel worked for the runner: it may take long to find memory.
  int64_t first_ns = 0, second_ns = 0;
  int64_t copy_ns = 0;  // what it takes the core to copy that file
  int tensors = 0;      // in it
  double step_ns = 0;   // what the step took from which the outputs come
  double others = 0;    // share of the machine's CPUs that everything but the runner kept busy meanwhile
};

// The first time took longer than the second by more than this share of the step, and by so much at least.
inline constexpr double kPutOffShare = 0.25;
inline constexpr double kPutOffNs = 1e6;
// Writing takes at most so many times what the core takes to copy the file, and so much for each file and
// tensor.
inline constexpr double kWritingTimesCopying = 3;
inline constexpr double kWritingNs = 2e6;
inline constexpr double kWritingTensorNs = 50e3;
// So many questions are needed, and so large a share of them must look like it: a disturbance hits one. Where
// others keep more than this share of the machine busy a question tells nothing: whoever is asked has to wait
// for a CPU.
inline constexpr int kLeastQuestions = 5;
inline constexpr double kPutOffQuestions = 0.6;
inline constexpr double kMostOthers = 0.5;

// Whether one question looks as if work was put off.
[[nodiscard]] bool put_off(const OutputsCost& cost);

// The reason, where the questions of a run show that work was put off; else empty.
[[nodiscard]] std::string work_put_off(std::span<const OutputsCost> costs);

}  // namespace assay::record
