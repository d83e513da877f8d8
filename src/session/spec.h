// How a contestant's runner is started and what it loads, said once for measuring and for trials.
#pragma once

#include <filesystem>

#include "materials/materials.h"
#include "measure/launched_runner.h"
#include "record/measurement.h"
#include "session/session.h"
#include "setup/select.h"

namespace assay::session {

// Whether the contestant is given the workload's gradient graph instead of its step.
[[nodiscard]] bool wants_gradient_graph(const setup::Variant& variant, const record::Cell& cell);

// Whether it is the workload's graph that it is given, and no file in its place.
[[nodiscard]] bool takes_graph(const setup::Variant& variant);

// How many threads the contestant may use: its own number, or the run's.
[[nodiscard]] int threads_of(const setup::ContestantSpec& contestant, const Request& request);

// What each contestant's processes may take together, files apart: what is asked for, else what leaves the
// system room to breathe; absent when the machine's size is not known.
[[nodiscard]] std::optional<int64_t> memory_limit_bytes(const Request& request);

// `folder` becomes the runner's working directory, where it may write, and keeps its stderr. Fails
// (environment) when the folders of the framework are not known.
[[nodiscard]] Result<measure::RunnerSpec> runner_spec(const setup::ContestantSpec& contestant,
                                                      const record::Cell& cell,
                                                      const materials::Materials& files,
                                                      const Request& request,
                                                      const std::filesystem::path& folder);

}  // namespace assay::session
