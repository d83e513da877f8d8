#include "host/surroundings.h"

#include <algorithm>

namespace assay::host {
namespace {

std::optional<double> share(std::optional<int64_t> before, std::optional<int64_t> after, double whole) {
  if (!before || !after || whole <= 0) return std::nullopt;
  return std::clamp(static_cast<double>(*after - *before) / whole, 0.0, 1.0);
}

std::optional<int64_t> rise(std::optional<int64_t> before, std::optional<int64_t> after) {
  if (!before || !after) return std::nullopt;
  return std::max<int64_t>(0, *after - *before);
}

}  // namespace

record::Surroundings between(const Snapshot& before, const Snapshot& after,
                             std::optional<int64_t> runner_cpu_ns) {
  record::Surroundings found;
  const double elapsed_us = static_cast<double>(after.taken_ns - before.taken_ns) / 1e3;
  found.cpu_pressure = share(before.cpu_waited_us, after.cpu_waited_us, elapsed_us);
  if (before.cpu_ticks && after.cpu_ticks)
    found.steal = share(before.steal_ticks, after.steal_ticks,
                        static_cast<double>(*after.cpu_ticks - *before.cpu_ticks));
  if (before.busy_ticks && after.busy_ticks && runner_cpu_ns && elapsed_us > 0) {
    const double busy_us = static_cast<double>(*after.busy_ticks - *before.busy_ticks) * after.tick_us;
    found.other_cpus = std::max(0.0, busy_us - static_cast<double>(*runner_cpu_ns) / 1e3) / elapsed_us;
  }
  found.load = after.load;
  if (before.suspended_ns && after.suspended_ns)
    found.suspended_s = std::max(0.0, static_cast<double>(*after.suspended_ns - *before.suspended_ns) * 1e-9);
  found.throttled = rise(before.throttled, after.throttled);
  found.thermal_events = rise(before.thermal_events, after.thermal_events);
  found.energy_j = joules_between(before.energy, after.energy);
  return found;
}

}  // namespace assay::host
