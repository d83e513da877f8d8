#include "decide/cpu_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace assay::decide {
namespace {

bool known(const record::Visit& visit) { return visit.cpu_ns && visit.cpu_window_ns.value_or(0) > 0; }

bool too_much(const record::Visit& visit, int threads) {
  const double could = threads * static_cast<double>(*visit.cpu_window_ns);
  return static_cast<double>(*visit.cpu_ns) > (1 + kMostExcess) * could + threads * kTickNs;
}

double cpus(const record::Visit& visit) {
  return static_cast<double>(*visit.cpu_ns) / static_cast<double>(*visit.cpu_window_ns);
}

}  // namespace

std::string too_much_cpu_time(std::span<const record::Visit> visits, int threads) {
  std::vector<double> used;
  size_t all = 0;
  for (const record::Visit& visit : visits) {
    if (!known(visit)) continue;
    ++all;
    if (too_much(visit, threads)) used.push_back(cpus(visit));
  }
  if (used.size() < kLeastExcessiveVisits || 2 * used.size() < all) return "";
  const auto middle = used.begin() + static_cast<std::ptrdiff_t>(used.size() / 2);
  std::ranges::nth_element(used, middle);
  return fmt::format("used {:.1f} CPUs where {} {} allowed, in {} of {} visits", *middle, threads,
                     threads == 1 ? "thread was" : "threads were", used.size(), all);
}

}  // namespace assay::decide
