#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>

#include "base/subprocess.h"

extern char** environ;  // POSIX; not every system's <unistd.h> declares it

namespace assay {
namespace {

constexpr std::chrono::milliseconds kPoll{10};

// This process's environment with the changes, as "NAME=value" texts.
std::vector<std::string> environment_with(const std::map<std::string, std::string>& changes) {
  std::vector<std::string> result;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (!changes.contains(std::string(text.substr(0, text.find('='))))) result.emplace_back(text);
  }
  for (const auto& [name, value] : changes)
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
class SpawnSettings {
 public:
  explicit SpawnSettings(const SubprocessRequest& request) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    signals_and(request.group);
    stream(0, request.input, O_RDONLY);
    stream(1, request.output, O_WRONLY);
    stream(2, request.errors, O_WRONLY);
    if (request.keep_open >= 0)  // clears close-on-exec
      posix_spawn_file_actions_adddup2(&actions_, request.keep_open, request.keep_open);
    if (!request.directory.empty())
      posix_spawn_file_actions_addchdir_np(&actions_, request.directory.c_str());
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  void signals_and(SubprocessRequest::Group group) {
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGCHLD})
      sigaddset(&defaults, signal);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &defaults);
    posix_spawnattr_setpgroup(&attributes_, 0);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (group == SubprocessRequest::Group::own_group) flags |= POSIX_SPAWN_SETPGROUP;
    if (group == SubprocessRequest::Group::own_session) flags |= POSIX_SPAWN_SETSID;
    posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }

  void stream(int number, int descriptor, int mode) {
    if (descriptor >= 0)
      posix_spawn_file_actions_adddup2(&actions_, descriptor, number);
    else
      posix_spawn_file_actions_addopen(&actions_, number, "/dev/null", mode, 0);
  }

  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

Ending ending_of(int status) {
  if (WIFEXITED(status)) return {WEXITSTATUS(status), 0};
  return {-1, WIFSIGNALED(status) ? WTERMSIG(status) : 0};
}

}  // namespace

Subprocess::Subprocess(Subprocess&& other) noexcept
    : id_(std::exchange(other.id_, -1)), own_group_(other.own_group_) {}

Result<Subprocess> Subprocess::start(const SubprocessRequest& request) {
  ASSAY_CHECK(!request.argv.empty());
  std::vector<std::string> argv = request.argv, environment = environment_with(request.environment);
  const SpawnSettings settings(request);
  pid_t id = -1;
  const int error = posix_spawnp(&id, argv[0].c_str(), settings.actions(), settings.attributes(),
                                 pointers(argv).data(), pointers(environment).data());
  if (error != 0)
    return fail(ErrorKind::environment, "{} cannot be started: {}{}", argv[0], std::strerror(error),
                error == EAGAIN ? "; see ulimit -u and the control group's pids.max" : "");
  return Subprocess(id, request.group != SubprocessRequest::Group::ours);
}

void Subprocess::signal(int number) const { ::kill(own_group_ ? -id_ : id_, number); }

Ending Subprocess::wait() {
  int status = 0;
  while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  return ending_of(status);
}

std::optional<Ending> Subprocess::wait_for(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  for (;;) {
    int status = 0;
    if (::waitpid(id_, &status, WNOHANG) == id_) return ending_of(status);
    if (std::chrono::steady_clock::now() >= end) return std::nullopt;
    std::this_thread::sleep_for(std::min(kPoll, time));
  }
}

Ending Subprocess::end(std::chrono::milliseconds patience) {
  signal(SIGTERM);
  const auto limit = std::chrono::steady_clock::now() + patience;
  // Not reaped yet, so that nobody else gets its number before all of its group is gone.
  siginfo_t info{};
  while (info.si_pid == 0 && std::chrono::steady_clock::now() < limit) {
    std::this_thread::sleep_for(kPoll);
    ::waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT);
  }
  return kill();
}

Ending Subprocess::kill() {
  signal(SIGKILL);
  return wait();
}

}  // namespace assay
