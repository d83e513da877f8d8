#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/subprocess.h"
#include "runner/control_group.h"
#include "runner/guard.h"
#include "runner/orphans.h"
#include "runner/proc_linux.h"
#include "runner/spawn.h"

namespace assay::runner {
namespace {

constexpr int64_t kMostNs = 10'000'000'000;  // a process stuck in the kernel is not waited for any longer

// The control groups of runners whose marker begins with `origin`.
std::vector<RunnerGroup> groups_from(const std::string& origin) {
  auto groups = runner_groups();
  std::erase_if(groups, [&](const RunnerGroup& group) { return !group.marker.starts_with(origin); });
  return groups;
}

// Kills the living processes whose marker begins with `origin`, and the members of such groups; returns how
// many there were.
int kill_marked(const std::string& origin) {
  std::set<int> found;
  for (const ProcessStat& process : all_processes()) {
    if (process.state == 'Z' || process.state == 'X') continue;
    const auto marker = environment_value(process.pid, kMarkerVariable);
    if (marker && marker->starts_with(origin)) found.insert(process.pid);
  }
  for (const RunnerGroup& group : groups_from(origin))
    for (const int pid : members_of(group)) found.insert(pid);
  found.erase(::getpid());
  for (const int pid : found) ::kill(pid, SIGKILL);
  return static_cast<int>(found.size());
}

void wait_for_end_of_input() {
  std::array<char, 16> ignored{};
  while (true) {
    const ssize_t got = ::read(STDIN_FILENO, ignored.data(), ignored.size());
    if (got == 0 || (got < 0 && errno != EINTR)) return;
  }
}

// Starts `program guard ORIGIN` in a session of its own, so that no Ctrl-C reaches it. Whoever reads the
// core's output must not wait for it.
Result<> spawn_guard(const std::string& program, const std::string& origin, int input) {
  Result<> result;
  Orphans::instance().start_own([&]() -> pid_t {
    const auto guard = Subprocess::start(
        {.argv = {program, "guard", origin}, .input = input, .group = SubprocessRequest::Group::own_session});
    if (guard) return guard->id();
    result = std::unexpected(guard.error());
    return -1;
  });
  return result;
}

}  // namespace

Result<> start_guard(const std::filesystem::path& program) {
  static bool started = false;
  if (std::exchange(started, true)) return {};
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return fail(ErrorKind::environment, "no pipe for the guard: {}", std::strerror(errno));
  const auto spawned = spawn_guard(program.string(), origin(), ends[0]);
  ::close(ends[0]);  // the other end stays open for as long as this process lives
  if (!spawned) return spawned;
  // Children that are no runners, such as the reference and set-up scripts, are marked through it.
  ::setenv(kMarkerVariable, (origin() + "0").c_str(), 1);
  return {};
}

int guard(const std::string& origin) {
  // An empty or short text would be the beginning of markers that are others'.
  if (origin.size() < 6 || !origin.ends_with('-')) return 2;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_IGN);
  wait_for_end_of_input();
  const int64_t deadline_ns = now_ns() + kMostNs;
  // Twice none: what was forked while the first look was taken carries the marker as well.
  for (int none = 0; none < 2 && now_ns() < deadline_ns;) {
    none = kill_marked(origin) == 0 ? none + 1 : 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  for (const RunnerGroup& group : groups_from(origin)) remove(group);
  return 0;
}

}  // namespace assay::runner
