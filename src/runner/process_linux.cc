#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "base/clock.h"
#include "runner/orphans.h"
#include "runner/process.h"
#include "runner/spawn.h"

namespace assay::runner {
namespace {

constexpr int64_t kMs = 1'000'000;

// write() to a pipe whose reader is gone raises SIGPIPE; held back here so that only EPIPE remains. The
// process's own setting for SIGPIPE is not touched: the core's standard output may be a pipe to `head`.
ssize_t write_without_signal(int descriptor, std::string_view bytes) {
  sigset_t pipe_signal, before, pending;
  ::sigemptyset(&pipe_signal);
  ::sigaddset(&pipe_signal, SIGPIPE);
  ::sigpending(&pending);
  ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
  const int reason = errno;
  const timespec at_once{0, 0};
  if (written < 0 && reason == EPIPE && !::sigismember(&pending, SIGPIPE))
    ::sigtimedwait(&pipe_signal, nullptr, &at_once);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = reason;
  return written;
}

bool would_block() { return errno == EAGAIN || errno == EINTR; }

}  // namespace

struct Process::State {
  Spawned child;
  Descriptor cancelled;

  // Sleeps until the descriptor is ready, the child is dead, cancel() was called or the deadline passes. A
  // negative descriptor waits for the child's death alone. Returns `ended` for the death.
  [[nodiscard]] Wait sleep(int descriptor, short events, int64_t deadline_ns) const;
  // Whether the program is dead; the child's status stays to be collected.
  [[nodiscard]] std::optional<ExitStatus> status() const;
  // What the init said of the program it ran.
  [[nodiscard]] ExitStatus handed_over() const;
  mutable std::optional<ExitStatus> heard;
};

Wait Process::State::sleep(int descriptor, short events, int64_t deadline_ns) const {
  while (true) {
    std::array<pollfd, 3> watched = {
        {{descriptor, events, 0}, {child.death.get(), POLLIN, 0}, {cancelled.get(), POLLIN, 0}}};
    int64_t left_ns = std::max<int64_t>(deadline_ns - now_ns(), 0);
    const bool blind =
        child.death.get() < 0;  // the system cannot announce the death: look for it 100 times a second
    if (blind) left_ns = std::min(left_ns, 10 * kMs);
    const timespec timeout{left_ns / (1000 * kMs), left_ns % (1000 * kMs)};
    ::ppoll(watched.data(), watched.size(), &timeout, nullptr);
    if (watched[2].revents != 0) return Wait::cancelled;
    if (watched[0].revents != 0) return Wait::done;
    if (watched[1].revents != 0 || (blind && status())) return Wait::ended;
    if (now_ns() >= deadline_ns) return Wait::late;
  }
}

std::optional<ExitStatus> Process::State::status() const {
  siginfo_t info{};
  const int asked = ::waitid(P_PID, static_cast<id_t>(child.child), &info, WEXITED | WNOHANG | WNOWAIT);
  if (asked != 0) return ExitStatus{};  // not our child: cannot be; treated as ended
  if (info.si_pid == 0) return std::nullopt;
  if (child.apart == Apart::no) return ExitStatus{info.si_code != CLD_EXITED, info.si_status};
  if (!heard) heard = handed_over();
  return heard;
}

ExitStatus Process::State::handed_over() const {
  int status = SIGKILL;  // an init that said nothing was killed, and the program with it
  [[maybe_unused]] const auto got = ::read(child.status.get(), &status, sizeof status);
  if (WIFEXITED(status)) return {false, WEXITSTATUS(status)};
  return {true, WTERMSIG(status)};
}

std::expected<std::unique_ptr<Process>, std::string> Process::start(const RunnerCommand& command,
                                                                    const std::string& marker) {
  auto child = spawn(command, marker);
  if (!child) return std::unexpected(child.error());
  auto state = std::make_unique<State>(
      State{std::move(*child), Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), {}});
  return std::unique_ptr<Process>(new Process(std::move(state)));
}

Process::Process(std::unique_ptr<State> state) : state_(std::move(state)) {}

Process::~Process() {
  ::waitpid(state_->child.child, nullptr, WNOHANG);
  Orphans::instance().forget(state_->child.child);
}

Wait Process::write(std::string_view bytes, int64_t deadline_ns) {
  const int descriptor = state_->child.input.get();
  while (!bytes.empty()) {
    const ssize_t written = write_without_signal(descriptor, bytes);
    if (written < 0 && !would_block()) return Wait::ended;
    if (written >= 0) {
      bytes.remove_prefix(static_cast<size_t>(written));
      continue;
    }
    if (const Wait wait = state_->sleep(descriptor, POLLOUT, deadline_ns); wait != Wait::done) return wait;
  }
  return Wait::done;
}

Wait Process::read(std::span<char> buffer, size_t& got, int64_t deadline_ns) {
  const int descriptor = state_->child.output.get();
  got = 0;
  for (bool dead = false;;) {
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count > 0) {
      got = static_cast<size_t>(count);
      return Wait::done;
    }
    if (count == 0 || !would_block() || dead) return Wait::ended;
    const Wait wait = state_->sleep(descriptor, POLLIN, deadline_ns);
    if (wait == Wait::late || wait == Wait::cancelled) return wait;
    dead = wait == Wait::ended;  // read once more what it wrote before it died
  }
}

std::optional<ExitStatus> Process::wait(int64_t deadline_ns) {
  static_cast<void>(state_->sleep(-1, 0, deadline_ns));
  return state_->status();
}

void Process::close_input() { state_->child.input.reset(); }

void Process::cancel() {
  const uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(state_->cancelled.get(), &one, sizeof one);
}

int Process::pid() const { return state_->child.pid; }

int Process::child() const { return state_->child.child; }

Isolation Process::isolation() const { return state_->child.isolation; }

const ControlGroup& Process::group() const { return *state_->child.group; }

int64_t Process::started_ns() const { return state_->child.started_ns; }

int Process::take_stderr() { return state_->child.error.release(); }

}  // namespace assay::runner
