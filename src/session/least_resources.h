// The memory and the room on disk that a workload needs at least, whoever runs it: known from its graph, and
// said before anything is installed, evaluated or started that could not fit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "models/workload.h"

namespace assay::session {

// All in bytes.
struct LeastResources {
  int64_t weights = 0;    // parameters and states; a runner may map them from their file
  int64_t gradients = 0;  // of a training step
  int64_t values = 0;     // inputs and outputs
  int64_t truth = 0;      // the reference: float64 outputs and gradients, weights as their file has them
};
[[nodiscard]] LeastResources least_resources(const models::Workload& workload);

// Why the workload cannot be run, in one line with what it needs; empty when it may fit. `memory` is the
// machine's, absent when it is not known; `limit` a contestant's, of memory that is no file's. On a
// device of its own only the truth asks for the machine's memory.
[[nodiscard]] std::string memory_shortage(const LeastResources& need, std::optional<int64_t> memory,
                                          std::optional<int64_t> limit, bool on_cpu);

// Why the truth cannot be had just now, with what it needs and what is free; empty when it may fit.
// `available` as host::available_memory_bytes, which counts what maps the weights' file as free.
[[nodiscard]] std::string truth_shortage(const LeastResources& need, int64_t available);

// Why a block of so many contestants cannot be measured: the answers of both input sets lie on the disk until
// its processes have ended. Empty when there is room; `available` bytes may be used.
[[nodiscard]] std::string disk_shortage(const LeastResources& need, size_t contestants, int64_t available);

}  // namespace assay::session
