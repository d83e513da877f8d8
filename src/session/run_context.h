// What every step of a run needs.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "session/session.h"

namespace assay::session {

struct RunContext {
  const Request& request;
  store::Store& store;
  Events& events;
  const std::atomic<bool>& stop;  // set by the user's Ctrl-C
  std::string run_id;
  std::filesystem::path scratch;                               // of this run; removed at its end
  std::optional<record::Limits> limits = request.host.limits;  // as they are known by now
  std::vector<record::Limits> looks;                           // at them, in this run
  int64_t looked_ns = now_ns();  // when the last of these ended, or the run began
  Outside outside = {};
};

}  // namespace assay::session
