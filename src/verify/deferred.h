// Work put off: a runner that computes when it is asked for its outputs, instead of while it is timed, spends
// its processor time there. So does one whose device still works when the step's clock has stopped.
#pragma once

#include <string>

namespace assay::verify {

// Processor time of a runner's tree, and what it had to write.
struct OutputsCost {
  double step_cpu_s = 0;     // of one timed step
  double outputs_cpu_s = 0;  // between the end of that step and the written outputs
  double bytes = 0;          // of the file
};

// The reason, where outputs() took more than copying and writing them can, and more than the step itself;
// else empty. Only for a runner that wrote outputs before: the first time may load code.
[[nodiscard]] std::string deferred_work(const OutputsCost& cost);

}  // namespace assay::verify
