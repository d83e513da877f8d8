#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <future>
#include <mutex>
#include <semaphore>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "runner/environment.h"
#include "runner/init_image.h"
#include "runner/landlock_linux.h"
#include "runner/orphans.h"
#include "runner/proc_linux.h"
#include "runner/spawn.h"

namespace assay::runner {
namespace {

// Numbers from 10 on, so that dup2() onto 0, 1 and 2 in the child never hits a pipe, even when the core runs
// with those closed.
bool raise(Descriptor& descriptor) {
  const int raised = ::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, 10);
  descriptor.reset(raised);
  return raised >= 0;
}

std::optional<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  Pipe pipe{Descriptor(ends[0]), Descriptor(ends[1])};
  if (!raise(pipe.read) || !raise(pipe.write)) return std::nullopt;
  return pipe;
}

void set_nonblocking(const Descriptor& descriptor) {
  ::fcntl(descriptor.get(), F_SETFL, ::fcntl(descriptor.get(), F_GETFL) | O_NONBLOCK);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// Forks on one thread that lives as long as the process. The kernel sends PR_SET_PDEATHSIG when the *thread*
// that forked ends, so a runner started by a short-lived thread would die with it.
class Forker {
 public:
  static Forker& instance() {
    static auto* forker = new Forker;  // never destroyed: its thread must outlive every runner
    return *forker;
  }
  pid_t fork(const Plan& plan) {
    const std::lock_guard lock(mutex_);
    std::promise<pid_t> pid;
    plan_ = &plan;
    result_ = &pid;
    wanted_.release();
    return pid.get_future().get();
  }

 private:
  Forker() {
    std::thread([this] { serve(); }).detach();
  }
  void serve() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);  // the process's signals are for its other threads
    while (true) {
      wanted_.acquire();
      result_->set_value(fork_child(*plan_));
    }
  }
  std::mutex mutex_;
  std::binary_semaphore wanted_{0};
  const Plan* plan_ = nullptr;
  std::promise<pid_t>* result_ = nullptr;
};

std::optional<cpu_set_t> cpu_set_of(const std::vector<int>& cpus) {
  if (cpus.empty()) return std::nullopt;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(static_cast<size_t>(cpu), &set);
  return set;
}

std::expected<Plan, std::string> plan_for(const RunnerCommand& command, const std::string& marker,
                                          Apart apart, const ControlGroup& group) {
  Plan plan;
  plan.program = executable_of(command);
  plan.directory = command.directory.string();
  plan.arguments = command.argv;
  plan.environment = environment_of(command, marker);
  plan.argv = pointers(plan.arguments);
  plan.envp = pointers(plan.environment);
  plan.core = ::getpid();
  plan.cpus = cpu_set_of(command.cpus);
  plan.apart = apart;
  plan.rules = landlock_rules(command.access);
  raise(plan.rules);
  plan.doors = group.doors();
  for (Descriptor& door : plan.doors) raise(door);
  plan.most_processes = command.most_processes;
  plan.init = init_image();
  plan.users = fmt::format("{0} {0} 1", ::geteuid());
  plan.groups = fmt::format("{0} {0} 1", ::getegid());
  for (Pipe* pipe : {&plan.input, &plan.output, &plan.error, &plan.report, &plan.status}) {
    auto made = make_pipe();
    if (!made) return std::unexpected(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
    *pipe = std::move(*made);
  }
  return plan;
}

// All that the child says before its program runs. A pipe writes what is shorter than a page in one piece.
std::vector<Report> reports(Plan& plan) {
  plan.report.write.reset();
  std::vector<Report> result;
  Report report;
  ssize_t got = 0;
  while ((got = ::read(plan.report.read.get(), &report, sizeof report)) != 0) {
    if (got == sizeof report)
      result.push_back(report);
    else if (errno != EINTR)
      break;
  }
  return result;
}

// Orphans of a runner become children of the core instead of init's, where they can be found and reaped.
void become_subreaper() {
  static std::once_flag once;
  std::call_once(once, [] { ::prctl(PR_SET_CHILD_SUBREAPER, 1); });
}

// The program's process: the init's child. The init itself when the program is gone already.
int program_behind(int init) {
  for (const ProcessStat& process : all_processes())
    if (process.parent == init) return process.pid;
  return init;
}

// Fork() fails for a while when the machine is out of process numbers; whoever took them is being killed.
pid_t fork_patiently(const Plan& plan) {
  constexpr int kTries = 250;
  constexpr auto kPause = std::chrono::milliseconds(20);
  pid_t pid = -EAGAIN;
  for (int i = 0; i < kTries && pid == -EAGAIN; ++i) {
    if (i > 0) std::this_thread::sleep_for(kPause);
    pid = Orphans::instance().start_own([&] { return Forker::instance().fork(plan); });
  }
  return pid;
}

// What one way of starting came to: a process, why there is none, or that this way is closed here.
struct Attempted {
  std::expected<Spawned, std::string> spawned;
  bool closed = false;
};

Spawned handed_over(Plan& plan, int child) {
  Spawned spawned;
  spawned.child = child;
  spawned.apart = plan.apart;
  spawned.pid = plan.apart == Apart::no ? child : program_behind(child);
  spawned.input = std::move(plan.input.write);
  spawned.output = std::move(plan.output.read);
  spawned.error = std::move(plan.error.read);
  spawned.status = std::move(plan.status.read);
  for (const Descriptor* end : {&spawned.input, &spawned.output, &spawned.error, &spawned.status})
    set_nonblocking(*end);
  spawned.death.reset(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  return spawned;
}

// What the plan comes to when the child reports nothing to the contrary.
Isolation promised(const Plan& plan, const RunnerCommand& command, const ControlGroup& group) {
  const bool apart = plan.apart != Apart::no, rules = plan.rules.get() >= 0;
  const bool files = rules && command.access.has_value() && rules_files();
  return {.processes = apart,
          .own_proc = apart,
          .signals = apart || (rules && scopes_signals()),
          .files = files,
          .lengths = files && rules_lengths(),
          // Who can write the system's files can leave its group.
          .cpus = files && group.limits_cpus(),
          .number = (files && group.limits_processes()) || plan.apart == Apart::user_namespaces};
}

// What the child reports.
struct Heard {
  Isolation isolation;
  int64_t started_ns = 0;
};

// Takes back what the child reports not to be so; false when it reports that there will be no program.
bool take_in(const Report& report, Apart apart, Heard& heard) {
  Isolation& isolation = heard.isolation;
  switch (report.what) {
    case Report::no_own_proc:
      isolation.own_proc = false;
      return true;
    case Report::no_rules:
      isolation.signals = isolation.processes;
      isolation.files = isolation.lengths = false;
      [[fallthrough]];
    case Report::no_group:
      isolation.cpus = false;
      isolation.number = apart == Apart::user_namespaces;
      return true;
    case Report::starts:
      heard.started_ns = report.at_ns;
      return true;
    default:
      return false;
  }
}

Attempted attempt(const RunnerCommand& command, const std::string& marker, Apart apart,
                  const ControlGroup& group) {
  auto plan = plan_for(command, marker, apart, group);
  if (!plan) return {std::unexpected(plan.error())};
  const int child = fork_patiently(*plan);
  const bool can_be_had_otherwise = apart != Apart::no;
  if (child < 0)
    return {std::unexpected(
                fmt::format("cannot start a process: {}{}", std::strerror(-child),
                            child == -EAGAIN ? "; see ulimit -u and the control group's pids.max" : "")),
            can_be_had_otherwise};
  Heard heard{promised(*plan, command, group), now_ns()};
  for (const Report& report : reports(*plan)) {
    if (take_in(report, apart, heard)) continue;
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    Orphans::instance().forget(child);
    return {std::unexpected(fmt::format("cannot start {}: {}", plan->program, std::strerror(report.error))),
            report.what == Report::cannot_part};
  }
  Spawned spawned = handed_over(*plan, child);
  spawned.isolation = heard.isolation;
  spawned.started_ns = heard.started_ns;
  return {std::move(spawned)};
}

}  // namespace

std::expected<Spawned, std::string> spawn(const RunnerCommand& command, const std::string& marker) {
  if (command.argv.empty()) return std::unexpected("the command is empty");
  become_subreaper();
  auto group = std::make_unique<ControlGroup>(marker, command.cpus, command.most_processes);
  static std::atomic<Apart> open_way = Apart::namespaces;  // those before it are closed on this system
  for (Apart apart = command.together ? Apart::no : open_way.load();;
       apart = static_cast<Apart>(static_cast<int>(apart) + 1)) {
    auto [spawned, closed] = attempt(command, marker, apart, *group);
    if (!closed && !command.together) open_way = apart;
    if (closed) continue;
    if (spawned) spawned->group = std::move(group);
    return std::move(spawned);
  }
}

std::string origin() { return fmt::format("{}-{}-{}-", pid_namespace(), ::getpid(), own_start_ticks()); }

std::string new_marker() {
  static std::atomic<int> counter = 0;
  return origin() + std::to_string(++counter);
}

}  // namespace assay::runner
