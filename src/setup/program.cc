#include "setup/program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>

extern char** environ;  // POSIX; not every system's <unistd.h> declares it

namespace assay::setup {
namespace fs = std::filesystem;
namespace {

bool is_executable_file(const fs::path& path) {
  std::error_code ec;
  return fs::is_regular_file(path, ec) && ::access(path.c_str(), X_OK) == 0;
}

std::optional<fs::path> resolved(const fs::path& path) {
  std::error_code ec;
  const fs::path real = fs::canonical(path, ec);
  return ec ? std::nullopt : std::optional(real);
}

// This process's environment with the command's changes, as "NAME=value" texts.
std::vector<std::string> environment_of(const ProgramCall& command) {
  std::vector<std::string> result;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (!command.environment.contains(std::string(text.substr(0, text.find('='))))) result.emplace_back(text);
  }
  for (const auto& [name, value] : command.environment)
    if (!value.empty()) result.push_back(fmt::format("{}={}", name, value));
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// The attributes and file actions of one spawn; freed with the object.
struct SpawnSettings {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  // Whatever this process does with signals, the program starts with what a shell would give it.
  void signals_and_group() {
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGCHLD})
      sigaddset(&defaults, signal);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }

  void descriptors(int output, int errors, int keep_open) {
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawn_file_actions_adddup2(&actions, errors, 2);
    if (keep_open >= 0)
      posix_spawn_file_actions_adddup2(&actions, keep_open, keep_open);  // clears close-on-exec
  }
};

Result<pid_t> spawn(const ProgramCall& command, int output, int errors) {
  std::vector<std::string> argv = command.argv, environment = environment_of(command);
  SpawnSettings settings;
  settings.signals_and_group();
  settings.descriptors(output, errors, command.keep_open);
  if (!command.directory.empty())
    posix_spawn_file_actions_addchdir_np(&settings.actions, command.directory.c_str());
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, argv[0].c_str(), &settings.actions, &settings.attributes,
                                 pointers(argv).data(), pointers(environment).data());
  if (error != 0)
    return fail(ErrorKind::environment, "{} cannot be started: {}{}", argv[0], std::strerror(error),
                error == EAGAIN ? "; see ulimit -u and the control group's pids.max" : "");
  return pid;
}

constexpr int kPollMs = 100;

// A pipe whose ends a program that is started does not inherit.
class Pipe {
 public:
  Pipe() {
    if (::pipe(ends_) != 0) return;
    for (const int end : ends_) ::fcntl(end, F_SETFD, FD_CLOEXEC);
  }
  ~Pipe() {
    close_write();
    if (ends_[0] >= 0) ::close(ends_[0]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] int read_end() const { return ends_[0]; }
  [[nodiscard]] int write_end() const { return ends_[1]; }
  void close_write() {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }

 private:
  int ends_[2] = {-1, -1};
};

// Whether the other side may still write.
bool read_piece(int fd, const Printed& printed) {
  char buffer[1 << 14];
  const ssize_t got = ::read(fd, buffer, sizeof buffer);
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) return false;
  if (printed) printed(std::string_view(buffer, static_cast<size_t>(got)));
  return true;
}

bool is_to_stop(const ProgramCall& command) { return command.stopped && command.stopped(); }

// Until the end of what is printed, or until the program is to stop.
void read_all(const ProgramCall& command, int output, const Printed& printed, int errors,
              const Printed& complained) {
  pollfd watched[] = {{output, POLLIN, 0}, {errors, POLLIN, 0}};
  while ((watched[0].fd >= 0 || watched[1].fd >= 0) &&
         !is_to_stop(command)) {  // poll() ignores those below 0
    const int found = ::poll(watched, 2, kPollMs);
    if (found < 0 && errno != EINTR) return;
    if (found <= 0) continue;
    if (watched[0].revents != 0 && !read_piece(output, printed)) watched[0].fd = -1;
    if (watched[1].revents != 0 && !read_piece(errors, complained)) watched[1].fd = -1;
  }
}

// Ends the program's whole group.
void end(pid_t pid) {
  constexpr int kPatience = 20;  // polls
  ::kill(-pid, SIGTERM);
  siginfo_t info{};
  for (int i = 0; i < kPatience && info.si_pid == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
    ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT);
  }
  ::kill(-pid, SIGKILL);
}

Ending wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) return {WEXITSTATUS(status), 0};
  return {-1, WIFSIGNALED(status) ? WTERMSIG(status) : 0};
}

}  // namespace

std::optional<fs::path> locate_program(std::string_view name) {
  if (name.empty()) return std::nullopt;
  if (name.find('/') != std::string_view::npos)
    return is_executable_file(name) ? std::optional(fs::path(name)) : std::nullopt;
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const size_t end = rest.find(':');
    const fs::path candidate = fs::path(rest.substr(0, end)) / name;
    std::error_code ec;
    if (is_executable_file(candidate)) return fs::absolute(candidate, ec);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return std::nullopt;
}

std::optional<fs::path> find_program(std::string_view name) {
  const auto located = locate_program(name);
  return located ? resolved(*located) : std::nullopt;
}

Result<Ending> run_program(const ProgramCall& command, const Printed& printed) {
  ASSAY_CHECK(!command.argv.empty());
  Pipe pipe;
  if (pipe.read_end() < 0) return fail(ErrorKind::environment, "no pipe: {}", std::strerror(errno));
  ASSAY_TRY(const pid_t pid, spawn(command, pipe.write_end(), pipe.write_end()));
  pipe.close_write();
  read_all(command, pipe.read_end(), printed, -1, {});
  if (is_to_stop(command)) end(pid);
  return wait_for(pid);
}

Result<Ending> run_program(const ProgramCall& command, const Printed& output, const Printed& errors) {
  ASSAY_CHECK(!command.argv.empty());
  Pipe out, err;
  if (out.read_end() < 0 || err.read_end() < 0)
    return fail(ErrorKind::environment, "no pipe: {}", std::strerror(errno));
  ASSAY_TRY(const pid_t pid, spawn(command, out.write_end(), err.write_end()));
  out.close_write();
  err.close_write();
  read_all(command, out.read_end(), output, err.read_end(), errors);
  if (is_to_stop(command)) end(pid);
  return wait_for(pid);
}

}  // namespace assay::setup
