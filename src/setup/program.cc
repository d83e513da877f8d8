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
#include <mutex>
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
std::vector<std::string> environment_of(const Command& command) {
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

  void descriptors(int output, int keep_open) {
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawn_file_actions_adddup2(&actions, output, 2);
    if (keep_open >= 0)
      posix_spawn_file_actions_adddup2(&actions, keep_open, keep_open);  // clears close-on-exec
  }
};

Result<pid_t> spawn(const Command& command, int output) {
  std::vector<std::string> argv = command.argv, environment = environment_of(command);
  SpawnSettings settings;
  settings.signals_and_group();
  settings.descriptors(output, command.keep_open);
  if (!command.directory.empty())
    posix_spawn_file_actions_addchdir_np(&settings.actions, command.directory.c_str());
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, argv[0].c_str(), &settings.actions, &settings.attributes,
                                 pointers(argv).data(), pointers(environment).data());
  if (error != 0)
    return fail(ErrorKind::environment, "{} cannot be started: {}", argv[0], std::strerror(error));
  return pid;
}

constexpr int kPollMs = 100;

// Until the end of what is printed, or until the program is to stop.
void read_all(int fd, const Command& command, const std::function<void(std::string_view)>& printed) {
  char buffer[1 << 14];
  while (!command.stopped || !command.stopped()) {
    pollfd ready{fd, POLLIN, 0};
    const int found = ::poll(&ready, 1, kPollMs);
    if (found == 0 || (found < 0 && errno == EINTR)) continue;
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    if (printed) printed(std::string_view(buffer, static_cast<size_t>(got)));
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

Result<std::string> ask_version(const std::string& tool) {
  const auto path = find_program(tool);
  if (!path) return fail(ErrorKind::environment, "{} is not installed (not on the PATH)", tool);
  std::string text;
  ASSAY_TRY(const Ending ending,
            run_program({.argv = {tool, "--version"}}, [&](std::string_view piece) { text += piece; }));
  if (!ending.success()) return fail(ErrorKind::environment, "{} --version fails: {}", path->string(), text);
  return path->string() + "\n" + text;
}

}  // namespace

std::optional<fs::path> find_program(std::string_view name) {
  if (name.empty()) return std::nullopt;
  if (name.find('/') != std::string_view::npos)
    return is_executable_file(name) ? resolved(name) : std::nullopt;
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const size_t end = rest.find(':');
    const fs::path candidate = fs::path(rest.substr(0, end)) / name;
    if (is_executable_file(candidate)) return resolved(candidate);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return std::nullopt;
}

Result<Ending> run_program(const Command& command, const std::function<void(std::string_view)>& printed) {
  ASSAY_CHECK(!command.argv.empty());
  int ends[2] = {-1, -1};
  if (::pipe(ends) != 0) return fail(ErrorKind::environment, "no pipe: {}", std::strerror(errno));
  for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
  const Result<pid_t> pid = spawn(command, ends[1]);
  ::close(ends[1]);
  if (pid) read_all(ends[0], command, printed);
  ::close(ends[0]);
  if (!pid) return std::unexpected(pid.error());
  if (command.stopped && command.stopped()) end(*pid);
  return wait_for(*pid);
}

Result<std::string> tool_version(const std::string& tool) {
  static std::mutex mutex;
  static std::map<std::string, std::string> known;
  const std::lock_guard guard(mutex);
  if (const auto at = known.find(tool); at != known.end()) return at->second;
  ASSAY_TRY(std::string version, ask_version(tool));
  return known.emplace(tool, std::move(version)).first->second;
}

}  // namespace assay::setup
