#include "host/surroundings.h"

#include <algorithm>

namespace assay::host {
namespace {

std::optional<double> share(std::optional<int64_t> before, std::optional<int64_t> after, double whole) {
  if (!before || !after || whole <= 0) return std::nullopt;
  return std::clamp(static_cast<double>(*after - *before) / whole, 0.0, 1.0);
}

}  // namespace

record::Surroundings between(const Snapshot& before, const Snapshot& after) {
  record::Surroundings found;
  const double elapsed_us = static_cast<double>(after.taken_ns - before.taken_ns) / 1e3;
  found.cpu_pressure = share(before.cpu_waited_us, after.cpu_waited_us, elapsed_us);
  if (before.cpu_ticks && after.cpu_ticks)
    found.steal = share(before.steal_ticks, after.steal_ticks,
                        static_cast<double>(*after.cpu_ticks - *before.cpu_ticks));
  found.load = after.load;
  return found;
}

}  // namespace assay::host
