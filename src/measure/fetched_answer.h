// The output tensors of a step, fetched from a runner that does not know beforehand which step that is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "base/file_stamp.h"
#include "host/surroundings.h"
#include "measure/launched_runner.h"
#include "record/outputs_cost.h"

namespace assay::measure {

struct FetchedAnswer {
  uint64_t set = 0;            // number of its inputs (measure/feed.h)
  std::filesystem::path path;  // safetensors; where there is none, the gate says so
  FileStamp stamp;             // of that file when it was fetched
  record::OutputsCost cost;
};

// A moment from which on it is looked at what else the machine did.
struct Moment {
  host::Snapshot snapshot;
  runner::Processors processors;  // of the runner by then
};
// Reads the system's counters; tests give their own.
using TakeSnapshot = std::function<host::Snapshot()>;
[[nodiscard]] Moment moment_of(LaunchedRunner& runner, const TakeSnapshot& snapshot);

// How long the runner was kept from its CPUs between two moments, in ns: its threads stood ready, but no
// longer than others computed (a runner whose threads wait for each other waits for nobody else), nor than it
// did not compute itself (who computes all the time waits for nobody); and what the hypervisor took of the
// time in which it computed. 0 where the system does not tell.
[[nodiscard]] int64_t kept_waiting_ns(const Moment& before, const Moment& after);

// Asks for the outputs of the last step twice, in `folder`, and moves the first to `path`. `step_ns` is what
// that step took, `since` when it or steps before it began. A file that is missing is the gate's to find.
[[nodiscard]] Attempt<FetchedAnswer> fetch_answer(LaunchedRunner& runner, uint64_t set,
                                                  const std::filesystem::path& folder,
                                                  const std::filesystem::path& path, double step_ns,
                                                  const Moment& since, const TakeSnapshot& snapshot);

}  // namespace assay::measure
