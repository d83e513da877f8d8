// One child process with private pipes: the system's part of a runner. Reads and writes have a deadline,
// during which the caller sleeps in poll(); the child's death ends a wait at once, even while a descendant of
// it keeps the pipe open. process_linux.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runner/control_group.h"
#include "runner/runner.h"

namespace assay::runner {

// How a process ended.
struct ExitStatus {
  bool signalled = false;
  int number = 0;  // the signal, or the exit code
};

// "killed by signal 11 (segmentation fault)", "exited with code 3".
[[nodiscard]] std::string in_words(ExitStatus status);

enum class Wait {
  done,       // bytes were moved
  ended,      // the other end is closed, or the process is dead and all it wrote is read
  late,       // the deadline passed
  cancelled,  // cancel() was called
};

class Process {
 public:
  // Starts the command in a session of its own, with `marker` as ASSAY_RUNNER_ID. The child dies with this
  // process; it dumps no core and goes first when memory runs out. Fails with the system's reason, e.g. that
  // there is no such program.
  [[nodiscard]] static std::expected<std::unique_ptr<Process>, std::string> start(
      const RunnerCommand& command, const std::string& marker);
  ~Process();  // closes the pipes; the process must be dead, or stays behind
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Deadlines are moments of the monotonic clock, ns.
  [[nodiscard]] Wait write(std::string_view bytes, int64_t deadline_ns);
  // Waits for at least one byte; `got` says how many came.
  [[nodiscard]] Wait read(std::span<char> buffer, size_t& got, int64_t deadline_ns);
  // Waits for the child's death and keeps how it ended; nothing while it lives.
  [[nodiscard]] std::optional<ExitStatus> wait(int64_t deadline_ns);
  // Closes the child's standard input.
  void close_input();
  // Makes the wait in progress and all later ones return `cancelled`; from any thread.
  void cancel();

  // The program's process, and this process's child: the same, or the init of the program's namespace.
  [[nodiscard]] int pid() const;
  [[nodiscard]] int child() const;
  [[nodiscard]] Isolation isolation() const;
  // As long as this Process is there.
  [[nodiscard]] const ControlGroup& group() const;
  [[nodiscard]] int64_t started_ns() const;
  // Hands over the reading end of the child's stderr, to be closed by the receiver.
  [[nodiscard]] int take_stderr();

 private:
  struct State;
  explicit Process(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace assay::runner
