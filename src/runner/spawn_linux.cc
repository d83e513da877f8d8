#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <future>
#include <mutex>
#include <sstream>
#include <thread>

#include "base/clock.h"
#include "runner/proc_linux.h"
#include "runner/spawn.h"

extern char** environ;  // NOLINT: the name is POSIX's

namespace assay::runner {
namespace {

struct Pipe {
  Descriptor read, write;
};

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

// The environment as "NAME=value" texts.
std::vector<std::string> environment_of(const Command& command, const std::string& marker) {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      variables[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : command.environment) {
    if (value.empty())
      variables.erase(name);
    else
      variables[name] = value;
  }
  variables[kMarkerVariable] = marker;
  std::vector<std::string> texts;
  texts.reserve(variables.size());
  for (const auto& [name, value] : variables) texts.push_back(fmt::format("{}={}", name, value));
  return texts;
}

std::string search_path(const Command& command) {
  const auto own = command.environment.find("PATH");
  if (own != command.environment.end() && !own->second.empty()) return own->second;
  const char* inherited = std::getenv("PATH");
  return inherited != nullptr ? inherited : "/usr/local/bin:/usr/bin:/bin";
}

// The path to execute: argv[0] as it is when it has a slash, else the first executable of that name in PATH.
// execvp() would do the search in the child, where only async-signal-safe calls are allowed.
std::string program_of(const Command& command) {
  const std::string& name = command.argv.front();
  if (name.find('/') != std::string::npos) return name;
  std::istringstream folders(search_path(command));
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = (folder.empty() ? "." : folder) + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return name;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// All that the child needs, made before fork(): after it only async-signal-safe calls are allowed.
struct Plan {
  std::string program, directory;
  std::vector<std::string> arguments, environment;
  std::vector<char*> argv, envp;
  std::optional<cpu_set_t> cpus;
  Pipe input, output, error, report;  // report: errno of what failed before exec(), or end of file
  pid_t core = 0;
};

void reset_signals() {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

// A crash must not leave a core dump of gigabytes; when memory runs out the runner goes, not the core.
void limit_damage() {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  [[maybe_unused]] const auto written = ::write(file, "800", 3);
  ::close(file);
}

[[noreturn]] void report_and_exit(const Plan& plan) {
  const int reason = errno;
  [[maybe_unused]] const auto written = ::write(plan.report.write.get(), &reason, sizeof reason);
  ::_exit(127);
}

[[noreturn]] void run_child(const Plan& plan) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != plan.core) ::_exit(127);  // the core died before prctl()
  reset_signals();
  limit_damage();
  if (plan.cpus && ::sched_setaffinity(0, sizeof *plan.cpus, &*plan.cpus) != 0) report_and_exit(plan);
  if (::dup2(plan.input.read.get(), 0) < 0 || ::dup2(plan.output.write.get(), 1) < 0 ||
      ::dup2(plan.error.write.get(), 2) < 0)
    report_and_exit(plan);
  ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);  // whatever the core opened without O_CLOEXEC
  if (!plan.directory.empty() && ::chdir(plan.directory.c_str()) != 0) report_and_exit(plan);
  ::execve(plan.program.c_str(), plan.argv.data(), plan.envp.data());
  report_and_exit(plan);
}

// Forks on one thread that lives as long as the process. The kernel sends PR_SET_PDEATHSIG when the *thread*
// that forked ends, so a runner started by a short-lived thread would die with it.
class Forker {
 public:
  static Forker& instance() {
    static auto* forker = new Forker;  // never destroyed: its thread must outlive every runner
    return *forker;
  }
  pid_t fork_child(const Plan& plan) {
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
      const pid_t pid = ::fork();
      if (pid == 0) run_child(*plan_);
      result_->set_value(pid < 0 ? -errno : pid);
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

std::expected<Plan, std::string> plan_for(const Command& command, const std::string& marker) {
  Plan plan;
  plan.program = program_of(command);
  plan.directory = command.directory.string();
  plan.arguments = command.argv;
  plan.environment = environment_of(command, marker);
  plan.argv = pointers(plan.arguments);
  plan.envp = pointers(plan.environment);
  plan.core = ::getpid();
  plan.cpus = cpu_set_of(command.cpus);
  for (Pipe* pipe : {&plan.input, &plan.output, &plan.error, &plan.report}) {
    auto made = make_pipe();
    if (!made) return std::unexpected(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
    *pipe = std::move(*made);
  }
  return plan;
}

// What the child reported before it could exec, or 0.
int exec_error(Plan& plan) {
  plan.report.write.reset();
  int reason = 0;
  ssize_t got = 0;
  while ((got = ::read(plan.report.read.get(), &reason, sizeof reason)) < 0 && errno == EINTR) {
  }
  return got == sizeof reason ? reason : 0;
}

// Orphans of a runner become children of the core instead of init's, where they can be found and reaped.
void become_subreaper() {
  static std::once_flag once;
  std::call_once(once, [] { ::prctl(PR_SET_CHILD_SUBREAPER, 1); });
}

}  // namespace

std::expected<Spawned, std::string> spawn(const Command& command, const std::string& marker) {
  if (command.argv.empty()) return std::unexpected("the command is empty");
  become_subreaper();
  auto plan = plan_for(command, marker);
  if (!plan) return std::unexpected(plan.error());
  Spawned spawned;
  spawned.started_ns = now_ns();
  spawned.pid = Forker::instance().fork_child(*plan);
  if (spawned.pid < 0) return std::unexpected(fmt::format("cannot fork: {}", std::strerror(-spawned.pid)));
  if (const int reason = exec_error(*plan); reason != 0) {
    ::waitpid(spawned.pid, nullptr, 0);
    return std::unexpected(fmt::format("cannot start {}: {}", plan->program, std::strerror(reason)));
  }
  spawned.input = std::move(plan->input.write);
  spawned.output = std::move(plan->output.read);
  spawned.error = std::move(plan->error.read);
  for (const Descriptor* end : {&spawned.input, &spawned.output, &spawned.error}) set_nonblocking(*end);
  spawned.death.reset(static_cast<int>(::syscall(SYS_pidfd_open, spawned.pid, 0)));
  return spawned;
}

std::string origin() { return fmt::format("{}-{}-{}-", pid_namespace(), ::getpid(), own_start_ticks()); }

std::string new_marker() {
  static std::atomic<int> counter = 0;
  return origin() + std::to_string(++counter);
}

}  // namespace assay::runner
