#include "record/step_times.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace assay::record {

double way_ns(const StepRequest& request) {
  return std::min(kRoundTripNs, kRoundTripShare * static_cast<double>(request.ns));
}

std::vector<double> step_times_ns(const Visit& visit) {
  if (visit.requests.empty()) return {visit.samples_ns.begin(), visit.samples_ns.end()};
  const double ahead_ns = visit.sets > 0 ? static_cast<double>(visit.ahead_ns) / visit.sets : 0;
  std::vector<double> times;
  auto sample = visit.samples_ns.begin();
  for (const auto& request : visit.requests) {
    const double claimed = std::accumulate(sample, sample + request.steps, 0.0);
    const double seen = static_cast<double>(request.ns) - way_ns(request);
    times.insert(times.end(), static_cast<size_t>(request.steps),
                 std::max(claimed, seen) / request.steps + ahead_ns);
    sample += request.steps;
  }
  return times;
}

}  // namespace assay::record
