#include "record/plausible.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace assay::record {
namespace {

bool are_times(const Visit& visit) {
  return !visit.samples_ns.empty() &&
         std::ranges::all_of(visit.samples_ns, [](int64_t ns) { return ns >= 1 && ns <= kMostSampleNs; });
}

bool firsts_fit(const Visit& visit) {
  return !visit.first_ns || (std::ranges::equal(*visit.first_ns, visit.samples_ns, std::ranges::less()) &&
                             std::ranges::all_of(*visit.first_ns, [](int64_t ns) { return ns >= 1; }));
}

// Runs of before there were several requests in a visit have none.
bool requests_fit(const Visit& visit) {
  if (visit.requests.empty()) return true;
  size_t steps = 0;
  for (const StepRequest& request : visit.requests) {
    if (request.steps < 1 || request.ns < 0) return false;
    steps += static_cast<size_t>(request.steps);
  }
  return steps == visit.samples_ns.size();
}

}  // namespace

std::string implausible(const Visit& visit) {
  if (!are_times(visit))
    return fmt::format("the samples of block {}, round {} are no times", visit.block, visit.round);
  if (!firsts_fit(visit))
    return fmt::format("the first parts of block {}, round {} are not of its steps", visit.block,
                       visit.round);
  if (!requests_fit(visit))
    return fmt::format("the requests of block {}, round {} are not for its steps", visit.block, visit.round);
  return "";
}

}  // namespace assay::record
