#ifdef __linux__
#include <unistd.h>

#include <ctime>

#include "base/clock.h"
#include "host/cgroup_linux.h"
#include "host/proc_text.h"
#include "host/surroundings.h"
#include "host/thermal.h"

namespace assay::host {
namespace {

// "some avg10=0.18 avg60=0.17 avg300=0.27 total=7275367": microseconds in which at least one task waited for
// a CPU.
std::optional<int64_t> pressure_total_us(std::string_view text) {
  for (const std::string_view word : words_of(text))
    if (word.starts_with("total=")) return integer_in(word.substr(6));
  return std::nullopt;
}

// "cpu  user nice system idle iowait irq softirq steal guest guest_nice": guest time is in user already.
void read_ticks(std::string_view stat, Snapshot& taken) {
  constexpr size_t kIdle = 4, kSteal = 8;  // after idle comes iowait, idle too
  const auto words = words_of(stat.substr(0, stat.find('\n')));
  if (words.size() <= kSteal || words[0] != "cpu") return;
  int64_t sum = 0;
  for (size_t i = 1; i <= kSteal; ++i) sum += integer_in(words[i]).value_or(0);
  taken.cpu_ticks = sum;
  taken.steal_ticks = integer_in(words[kSteal]);
  taken.busy_ticks = sum - integer_in(words[kIdle]).value_or(0) - integer_in(words[kIdle + 1]).value_or(0) -
                     taken.steal_ticks.value_or(0);
  taken.tick_us = 1e6 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// CLOCK_BOOTTIME goes on while the machine sleeps, CLOCK_MONOTONIC does not.
std::optional<int64_t> suspended_ns() {
  timespec up{}, awake{};
  if (::clock_gettime(CLOCK_MONOTONIC, &awake) != 0 || ::clock_gettime(CLOCK_BOOTTIME, &up) != 0)
    return std::nullopt;
  constexpr int64_t kSecond = 1'000'000'000;
  return (up.tv_sec - awake.tv_sec) * kSecond + (up.tv_nsec - awake.tv_nsec);
}

}  // namespace

Snapshot snapshot(const std::filesystem::path& root) {
  Snapshot taken;
  taken.taken_ns = now_ns();
  taken.suspended_ns = suspended_ns();
  taken.cpu_waited_us = pressure_total_us(text_of(root / "proc/pressure/cpu"));
  read_ticks(text_of(root / "proc/stat"), taken);
  taken.load = number_in(text_of(root / "proc/loadavg"));
  taken.throttled = throttled_periods(root);
  taken.thermal_events = thermal_events(root);
  taken.energy = energy_counters(root);
  return taken;
}

}  // namespace assay::host
#endif
