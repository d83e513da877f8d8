#include "decide/step_faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "record/step_times.h"
#include "stats/quantile.h"

namespace assay::decide {
namespace {

// A device that sleeps between requests, a cache that grows cold, or a machine that others keep busy makes
// single steps longer, but not all of them: the quickest are looked at, by the runner's own clock where that
// tells less, for the core may have seen their end late (clocks that differ are told apart elsewhere).
std::string skipped_steps(std::span<const record::Visit> visits) {
  std::vector<double> alone, several;
  for (const record::Visit& visit : visits) {
    const auto times = record::step_times_ns(visit);
    size_t step = 0;
    for (const record::StepRequest& request : visit.requests) {
      if (request.steps == 1)
        alone.push_back(std::min(times[step], static_cast<double>(visit.samples_ns[step])));
      if (request.steps >= kSeveralSteps) several.push_back(times[step]);
      step += static_cast<size_t>(request.steps);
    }
  }
  if (alone.size() < kLeastVisits || several.size() < kLeastVisits) return "";
  const double one = stats::quantile(alone, kQuickestAlone), of_many = stats::quantile(several, 0.5);
  if (of_many > kSkippedShare * one || one - of_many < kSkippedNs) return "";
  return fmt::format("steps left out: one that is asked for alone takes {:.3g} ms, one of several {:.3g} ms",
                     one * 1e-6, of_many * 1e-6);
}

std::string work_ahead(std::span<const record::Visit> visits) {
  std::vector<double> shares;
  for (const record::Visit& visit : visits) {
    if (visit.sets == 0 || visit.requests.empty()) continue;
    const double ahead = static_cast<double>(visit.ahead_ns) / visit.sets;
    shares.push_back(ahead / record::step_times_ns(visit).front());
  }
  if (shares.size() < kLeastVisits || stats::quantile(shares, 0.5) < kAheadShare) return "";
  return fmt::format(
      "work done before the clock: reading inputs explains little of the time that handing them over takes, "
      "{:.0f} % of what a step counts",
      100 * stats::quantile(shares, 0.5));
}

}  // namespace

std::string step_fault(std::span<const record::Visit> visits) {
  std::string fault = work_ahead(visits);
  return fault.empty() ? skipped_steps(visits) : fault;
}

}  // namespace assay::decide
