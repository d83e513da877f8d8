// What it took a runner to write its outputs, asked twice in a row, and whether work was put off to there: a
// step that leaves something undone makes the first time longer than the second, by what was left; a runner
// that computes whenever it is asked takes longer than writing does, both times.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace assay::record {

struct OutputsCost {
  // The core's clock around the first request for outputs after a step, and around a second one for the same
  // tensors, without the time that the kernel worked for the runner, since it may take long to find memory,
  // and without what others kept the runner from its CPUs.
  int64_t parts_ns = 0, second_ns = 0;
  // The time that its processes computed in each, the kernel's left out; absent where the system does not
  // tell.
  std::optional<int64_t> first_cpu_ns, second_cpu_ns;
  int64_t kernel_ns = 0;  // the kernel's time that was left out, of both
  int64_t copy_ns = 0;    // what it takes the core to copy that file
  int tensors = 0;        // in it
  double step_ns = 0;     // what the step took from which the outputs come
  double others = 0;      // share of the machine's CPUs that everything but the runner kept busy meanwhile
};

// The first time took longer than the second by more than this share of the step, and by so much at least.
inline constexpr double kPutOffShare = 0.25;
inline constexpr double kPutOffNs = 1e6;
// Writing takes at most so many times what the core takes to copy the file, and so much for each file and
// tensor.
inline constexpr double kWritingTimesCopying = 3;
inline constexpr double kWritingNs = 2e6;
inline constexpr double kWritingTensorNs = 50e3;
// The kernel's time is told by ticks that find it at work: over n questions to about so much times sqrt(n),
// and to a share of itself, since who keeps the kernel busy also computes and waits a little.
inline constexpr double kTicksNs = 20e6;
inline constexpr double kKernelShare = 0.03;
// So many questions are needed, and so large a share of them must look like it: a disturbance hits one.
inline constexpr int kLeastQuestions = 5;
inline constexpr double kPutOffQuestions = 0.6;
// Where others keep more than this share of the machine busy, they also slow down who has a CPU: the time
// that was computed is looked at instead, which the kernel tells to a tick or two. Where that is not
// known, a question tells nothing.
inline constexpr double kMostOthers = 0.5;
inline constexpr double kPutOffCpuNs = 20e6;

// Whether one question looks as if work was put off; or would, but for a tick or two of the kernel's time
// that were left out and may have been the runner's.
[[nodiscard]] bool put_off(const OutputsCost& cost);

// The reason, where the questions of a run show that work was put off; else empty.
[[nodiscard]] std::string work_put_off(std::span<const OutputsCost> costs);

}  // namespace assay::record
