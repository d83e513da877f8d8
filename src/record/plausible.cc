#include "record/plausible.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace assay::record {
namespace {

bool are_times(const Visit& visit) {
  return !visit.samples_ns.empty() &&
         std::ranges::all_of(visit.samples_ns, [](int64_t ns) { return ns >= 1 && ns <= kMostSampleNs; });
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

bool are_parts(std::span<const int64_t> parts_ns, std::span<const int64_t> samples_ns) {
  if (samples_ns.empty() || parts_ns.empty() || parts_ns.size() % samples_ns.size() != 0) return false;
  if (std::ranges::any_of(parts_ns, [](int64_t ns) { return ns < 1 || ns > kMostSampleNs; })) return false;
  const size_t each = parts_ns.size() / samples_ns.size();
  for (size_t i = 0; i < samples_ns.size(); ++i) {
    const auto of_step = parts_ns.subspan(i * each, each);
    if (std::accumulate(of_step.begin(), of_step.end(), int64_t{0}) > samples_ns[i]) return false;
  }
  return true;
}

std::string implausible(const Visit& visit) {
  if (!are_times(visit))
    return fmt::format("the samples of block {}, round {} are no times", visit.block, visit.round);
  if (visit.parts_ns && !are_parts(*visit.parts_ns, visit.samples_ns))
    return fmt::format("the parts of block {}, round {} are not those of its steps", visit.block,
                       visit.round);
  if (!requests_fit(visit))
    return fmt::format("the requests of block {}, round {} are not for its steps", visit.block, visit.round);
  return "";
}

}  // namespace assay::record
