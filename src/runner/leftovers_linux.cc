#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <optional>
#include <string_view>

#include "runner/proc_linux.h"
#include "runner/runner.h"
#include "runner/spawn.h"

namespace assay::runner {
namespace {

// Who started a runner, as new_marker() wrote it: "NAMESPACE-PID-TICKS-COUNT".
struct Origin {
  uint64_t pid_namespace = 0;
  int64_t pid = 0;
  int64_t start_ticks = 0;
};

std::optional<Origin> parse_marker(std::string_view marker) {
  std::array<uint64_t, 4> numbers{};
  const char* at = marker.data();
  const char* const end = at + marker.size();
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0) {
      if (at == end || *at != '-') return std::nullopt;
      ++at;
    }
    const auto parsed = std::from_chars(at, end, numbers[i]);
    if (parsed.ec != std::errc()) return std::nullopt;
    at = parsed.ptr;
  }
  if (at != end) return std::nullopt;
  return Origin{numbers[0], static_cast<int64_t>(numbers[1]), static_cast<int64_t>(numbers[2])};
}

// A core in another pid namespace (a container) cannot be looked up from here: its runners are left alone.
bool abandoned(const Origin& origin) {
  if (origin.pid_namespace != pid_namespace()) return false;
  const auto core = read_stat(static_cast<int>(origin.pid));
  return !core || core->start_ticks != origin.start_ticks || core->state == 'Z';
}

}  // namespace

int sweep_leftovers() {
  int killed = 0;
  for (const ProcessStat& process : all_processes()) {
    if (process.pid == ::getpid() || process.state == 'Z') continue;
    const auto marker = environment_value(process.pid, kMarkerVariable);
    const auto origin = marker ? parse_marker(*marker) : std::nullopt;
    if (origin && abandoned(*origin) && ::kill(process.pid, SIGKILL) == 0) ++killed;
  }
  return killed;
}

}  // namespace assay::runner
