#include "runner/child_linux.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/clock.h"
#include "runner/landlock_linux.h"

namespace assay::runner {
namespace {

// fork() itself runs the handlers of libraries, such as those that stop a pool of threads in the core.
pid_t plain_fork(unsigned long flags) {
  return static_cast<pid_t>(::syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

unsigned long namespaces(Apart apart) {
  constexpr unsigned long kOwn = CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNS;
  if (apart == Apart::no) return 0;
  return apart == Apart::namespaces ? kOwn : kOwn | CLONE_NEWUSER;
}

void tell(const Plan& plan, Report::What what) {
  const Report report{what, errno, now_ns()};
  [[maybe_unused]] const auto written = ::write(plan.report.write.get(), &report, sizeof report);
}

[[noreturn]] void tell_and_exit(const Plan& plan, Report::What what) {
  tell(plan, what);
  ::_exit(127);
}

// Whoever is started from here on is born a member.
void join_group(const Plan& plan) {
  for (const Descriptor& door : plan.doors)
    if (::write(door.get(), "0", 1) != 1) tell(plan, Report::no_group);
}

void reset_signals() {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

bool put(const char* path, const char* text, size_t size) {
  const int file = ::open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool done = ::write(file, text, size) == static_cast<ssize_t>(size);
  ::close(file);
  return done;
}

// A crash must not leave a core dump of gigabytes; when memory runs out the runner goes, not the core.
void limit_damage() {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  put("/proc/self/oom_score_adj", "800", 3);
}

// In a user namespace the system counts what is in it; elsewhere all that the user runs, or nothing for root.
void limit_processes(const Plan& plan) {
  const auto most = static_cast<rlim_t>(plan.most_processes);
  const rlimit limit{most, most};
  if (plan.apart == Apart::user_namespaces) ::setrlimit(RLIMIT_NPROC, &limit);
}

[[noreturn]] void run_program(const Plan& plan, bool own_proc) {
  ::setsid();
  reset_signals();
  limit_damage();
  limit_processes(plan);
  if (plan.cpus && ::sched_setaffinity(0, sizeof *plan.cpus, &*plan.cpus) != 0)
    tell_and_exit(plan, Report::cannot_start);
  if (::dup2(plan.input.read.get(), 0) < 0 || ::dup2(plan.output.write.get(), 1) < 0 ||
      ::dup2(plan.error.write.get(), 2) < 0)
    tell_and_exit(plan, Report::cannot_start);
  ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);  // whatever the core opened without O_CLOEXEC
  if (!plan.directory.empty() && ::chdir(plan.directory.c_str()) != 0)
    tell_and_exit(plan, Report::cannot_start);
  if (plan.rules.get() >= 0 && !restrict_self(plan.rules.get(), own_proc)) tell(plan, Report::no_rules);
  tell(plan, Report::starts);
  ::execve(plan.program.c_str(), plan.argv.data(), plan.envp.data());
  tell_and_exit(plan, Report::cannot_start);
}

// Dies with the core, also when the core died before this was asked for.
void die_with_core(const Plan& plan) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (plan.apart == Apart::no) {
    if (::getppid() != plan.core) ::_exit(127);
    return;
  }
  // The parent has no number in this namespace; its end of a pipe tells as much.
  ::close(plan.input.write.get());
  pollfd input{plan.input.read.get(), POLLIN, 0};
  if (::poll(&input, 1, 0) > 0 && (input.revents & POLLHUP) != 0) ::_exit(127);
}

// Maps the user to itself: a process in a namespace without a map is nobody.
void map_user(const Plan& plan) {
  const bool done = put("/proc/self/setgroups", "deny", 4) &&
                    put("/proc/self/uid_map", plan.users.data(), plan.users.size()) &&
                    put("/proc/self/gid_map", plan.groups.data(), plan.groups.size());
  if (!done) tell_and_exit(plan, Report::cannot_part);
}

// /proc that shows this namespace alone. Not to be had in a container that hides a part of /proc.
bool mount_proc(const Plan& plan) {
  const bool done = ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) == 0 &&
                    ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0;
  if (!done) tell(plan, Report::no_own_proc);
  return done;
}

// Becomes the init of its namespace, with one descriptor: where it says how the program ended.
[[noreturn]] void become_init(const Plan& plan) {
  for (const int number : {0, 1, 2}) ::dup2(plan.status.write.get(), number);
  ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  std::array<char, 12> name{"assay-init"};
  const std::array<char*, 2> argv = {name.data(), nullptr};
  const std::array<char*, 1> envp = {nullptr};
  ::syscall(SYS_execveat, plan.init, "", argv.data(), envp.data(), AT_EMPTY_PATH);
  tell_and_exit(plan, Report::cannot_part);
}

[[noreturn]] void run_apart(const Plan& plan) {
  ::setsid();
  die_with_core(plan);
  if (plan.apart == Apart::user_namespaces) map_user(plan);
  const bool own_proc = mount_proc(plan);
  const pid_t runner = plain_fork(0);
  if (runner < 0) tell_and_exit(plan, Report::cannot_start);
  if (runner == 0) run_program(plan, own_proc);
  become_init(plan);
}

}  // namespace

pid_t fork_child(const Plan& plan) {
  const pid_t pid = plain_fork(namespaces(plan.apart));
  if (pid < 0) return -errno;
  if (pid > 0) return pid;
  join_group(plan);
  if (plan.apart != Apart::no) run_apart(plan);
  die_with_core(plan);
  run_program(plan, false);
}

}  // namespace assay::runner
