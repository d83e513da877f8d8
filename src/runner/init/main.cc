// The first process of a runner's process namespace: a program of its own, linked without libraries so that
// it starts in a millisecond, and kept inside Assay as bytes (runner/init_image.h). The runner is its first
// child. It reaps every orphan of the namespace, hands over how the runner ended, and ends with it; the
// kernel then ends whatever else is left in the namespace.
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace {

constexpr pid_t kRunner = 2;     // the number of the first child in a new namespace
constexpr int kStatusEnd = 1;    // the writing end of a pipe to the core
constexpr int kNothingLeft = 1;  // the exit code when there was no runner

}  // namespace

int main() {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
  while (true) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, 0);
    if (ended < 0 && errno != EINTR) return kNothingLeft;
    if (ended != kRunner) continue;
    return ::write(kStatusEnd, &status, sizeof status) == sizeof status ? 0 : kNothingLeft;
  }
}
