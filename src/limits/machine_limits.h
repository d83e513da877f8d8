// What this machine can do at most: measured once by a child process in some seconds, and kept in the cache
// for this machine and number of threads; looked at again while a run goes on (session/limits_watch.h).
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "record/measurement.h"

namespace assay::limits {

// Measures here and now, with the memory that takes. Precisions without good kernels, and memory that cannot
// be had, are absent with the reason.
[[nodiscard]] record::Limits measure_limits(const record::Host& host, int threads);

// What `measure` fills in, with when that was and whether other processes disturbed it.
[[nodiscard]] record::Limits measured_now(int threads, const std::function<void(record::Limits&)>& measure);

struct LimitsRequest {
  std::filesystem::path assay;  // this program, for the child process
  record::Host host;
  int threads = 1;
  bool again = false;                         // measure even when the cache has them
  std::function<void(std::string_view)> say;  // told before it takes time
  std::function<bool()> stopped = {};         // whether the child is to end
};

// The cached limits, or those that a child process measures now and which are cached then; cached ones that
// were disturbed are raised first when they are older than a quarter of an hour. Fails (environment) when the
// child does not end well.
[[nodiscard]] Result<record::Limits> machine_limits(const LimitsRequest& request);

// What a child process, `assay limits --measure` with more arguments, finds now. Fails (environment) when it
// does not end well.
[[nodiscard]] Result<record::Limits> measure_in_child(const LimitsRequest& request,
                                                      std::span<const std::string> arguments);

// Puts them into the cache for the runs to come.
[[nodiscard]] Result<> keep_limits(const LimitsRequest& request, const record::Limits& limits);

// Measures again and keeps the higher of each figure: a machine that was busy the first time is no slower
// machine.
[[nodiscard]] Result<record::Limits> raise_limits(const LimitsRequest& request, const record::Limits& known);

}  // namespace assay::limits
