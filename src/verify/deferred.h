// Work put off: a runner that computes when it is asked for its outputs, instead of while it is timed, spends
// its user time there. So does one whose device still works when the step's clock has stopped.
#pragma once

#include <span>
#include <string>

namespace assay::verify {

// Processor time of a runner's tree, and what it had to write. Writing is user time only: what the kernel
// does for it, finding pages for large outputs among it, took an honest runner 3 s once where it mostly
// takes 1.
struct OutputsCost {
  double step_cpu_s = 0;      // of one timed step
  double outputs_user_s = 0;  // between the end of that step and the written outputs
  double bytes = 0;           // of the file
};

// The reason, where each of these outputs took more than copying and writing them can, and more than the step
// itself; else empty. Work that is put off is put off every time, while a disturbance hits one. Only for a
// runner that wrote outputs before: the first time may load code.
[[nodiscard]] std::string deferred_work(std::span<const OutputsCost> costs);

}  // namespace assay::verify
