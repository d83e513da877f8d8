#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <optional>
#include <set>
#include <string_view>

#include "runner/control_group.h"
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
bool abandoned(std::string_view marker) {
  const auto origin = parse_marker(marker);
  if (!origin || origin->pid_namespace != pid_namespace()) return false;
  const auto core = read_stat(static_cast<int>(origin->pid));
  return !core || core->start_ticks != origin->start_ticks || core->state == 'Z';
}

}  // namespace

int sweep_leftovers() {
  std::set<int> left;
  for (const ProcessStat& process : all_processes()) {
    const auto marker = environment_value(process.pid, kMarkerVariable);
    if (process.state != 'Z' && marker && abandoned(*marker)) left.insert(process.pid);
  }
  auto groups = runner_groups();
  std::erase_if(groups, [](const RunnerGroup& group) { return !abandoned(group.marker); });
  for (const RunnerGroup& group : groups)
    for (const int pid : members_of(group)) left.insert(pid);
  left.erase(::getpid());
  const auto killed = std::ranges::count_if(left, [](int pid) { return ::kill(pid, SIGKILL) == 0; });
  for (const RunnerGroup& group : groups) remove(group);
  return static_cast<int>(killed);
}

}  // namespace assay::runner
