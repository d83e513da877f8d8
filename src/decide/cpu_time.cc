#include "decide/cpu_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace assay::decide {
namespace {

// What a visit used and in which time, ns; a window of 0 where that is not known.
struct Use {
  double cpu_ns = 0, window_ns = 0;
};

Use use_of(const record::Visit& visit) {
  if (!visit.cpu_ns) return {};
  return {static_cast<double>(*visit.cpu_ns), static_cast<double>(visit.cpu_window_ns.value_or(0))};
}

bool too_much(const Use& use, int threads) {
  return use.cpu_ns > (1 + kMostExcess) * threads * use.window_ns + threads * kTickNs;
}

}  // namespace

std::string too_much_cpu_time(std::span<const record::Visit> visits, int threads) {
  std::vector<double> used;
  size_t all = 0;
  for (const record::Visit& visit : visits) {
    const Use use = use_of(visit);
    if (use.window_ns <= 0) continue;
    ++all;
    if (too_much(use, threads)) used.push_back(use.cpu_ns / use.window_ns);
  }
  if (used.size() < kLeastExcessiveVisits || 2 * used.size() < all) return "";
  const auto middle = used.begin() + static_cast<std::ptrdiff_t>(used.size() / 2);
  std::ranges::nth_element(used, middle);
  return fmt::format("used {:.1f} CPUs where {} {} allowed, in {} of {} visits", *middle, threads,
                     threads == 1 ? "thread was" : "threads were", used.size(), all);
}

}  // namespace assay::decide
