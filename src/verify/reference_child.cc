// The reference in a child process: started, waited for, killed on demand.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <system_error>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "verify/truth.h"

namespace assay::verify {
namespace fs = std::filesystem;
namespace {

std::vector<std::string> arguments(const fs::path& assay, const ReferenceJob& job) {
  const reference::Options& options = job.options;
  std::vector<std::string> result = {assay.string(), "reference", "--graph", job.graph.string()};
  for (const auto& path : job.bindings) result.insert(result.end(), {"--bindings", path.string()});
  const auto add = [&](const char* name, std::string value) {
    result.insert(result.end(), {name, std::move(value)});
  };
  add("--out", job.out.string());
  add("--scalar", options.scalar == reference::Scalar::f64 ? "f64" : "f32");
  add("--blocking", std::to_string(options.blocking));
  add("--threads", std::to_string(options.threads));
  add("--operands", std::string(reference::name(options.operands)));
  add("--kinks", std::string(reference::name(options.kinks)));
  add("--kink-width", fmt::format("{}", options.kink_width));
  return result;
}

// Starts the program, stdin empty, stdout and stderr in `log`.
Result<pid_t> spawn(const std::vector<std::string>& arguments, const fs::path& log) {
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                     0644);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t child = -1;
  const int error = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    return fail(ErrorKind::environment, "the reference cannot be started: {}: {}", arguments[0],
                std::generic_category().message(error));
  return child;
}

// Waits for the child and returns its wait status; kills it first when `stop` rises.
int wait_for(pid_t child, const std::atomic<bool>* stop) {
  int status = 0;
  bool killed = false;
  while (::waitpid(child, &status, stop != nullptr && !killed ? WNOHANG : 0) == 0) {
    if (stop->load()) {
      ::kill(child, SIGKILL);
      killed = true;
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  return status;
}

Result<> outcome(int status, const fs::path& log, const std::atomic<bool>* stop) {
  if (stop != nullptr && stop->load()) return fail(ErrorKind::environment, "the reference was interrupted");
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  const std::string said = sanitised(read_file(log).value_or(""));
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
    return fail(ErrorKind::environment,
                "the reference was killed; most likely the memory did not suffice. {}", said);
  if (WIFSIGNALED(status))
    return fail(ErrorKind::data, "the reference ended by signal {}: {}", WTERMSIG(status), said);
  return fail(ErrorKind::data, "the reference failed: {}", said);
}

}  // namespace

Evaluator child_evaluator(fs::path assay, const std::atomic<bool>* stop) {
  return [assay = std::move(assay), stop](const ReferenceJob& job) -> Result<> {
    const fs::path log = job.out.string() + ".log";
    ASSAY_TRY(const pid_t child, spawn(arguments(assay, job), log));
    auto result = outcome(wait_for(child, stop), log, stop);
    std::error_code ignored;
    fs::remove(log, ignored);
    return result;
  };
}

}  // namespace assay::verify
