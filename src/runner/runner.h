// A runner as a process: started, spoken to with a deadline on every request, stopped and continued,
// measured, and killed with all its descendants. A framework that crashes, hangs, floods or talks nonsense
// becomes a record::Failure here, never an exception, a leftover process or a full disk. While a runner works
// the core sleeps in poll().
//
//   auto runner = Runner::start({.argv = {"python3", "main.py"}, .stderr_path = "stderr.txt"});
//   auto description = (*runner)->describe(deadlines.describe_s);
//
// One Runner is used by one thread at a time, except interrupt(). A runner that has failed once (anything but
// `unsupported` or a `failed` which the runner reported itself) is dead: its tree is killed at once and every
// later request returns the same Failure.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "protocol/messages.h"
#include "record/outcome.h"

namespace assay::runner {

using protocol::Description;
using protocol::Device;
using protocol::Loaded;
using protocol::LoadRequest;

// What a framework gave, or how it failed. Failure::stderr_tail holds the last lines it wrote.
template <class T = void>
using Attempt = std::expected<T, record::Failure>;

// Which files a runner may open, where the system can keep it from others (Landlock): it may read all but
// what is hidden, and what is readable even below that; it may write devices and what is writable. All below
// a folder is like it.
struct Access {
  std::vector<std::filesystem::path> hidden, readable, writable;
};

struct RunnerCommand {
  std::vector<std::string> argv;                   // argv[0] is looked up in PATH when it has no slash
  std::map<std::string, std::string> environment;  // added to or overriding the core's; an empty value unsets
  std::filesystem::path directory;                 // working directory; empty: the core's
  std::vector<int> cpus;  // CPUs its threads may run on, inherited by its children; empty: the core's
  std::filesystem::path
      stderr_path;  // gets the first and last part of what the runner writes; empty: not kept
  // The tree is killed, with reason `memory`, once it is seen to hold more that is no file's; absent: no
  // limit.
  std::optional<int64_t> memory_limit_bytes;
  // The tree is killed once it is seen to have more processes and threads: a compiler's workers are some
  // dozens.
  int most_processes = 4096;
  std::optional<Access> access;  // absent: the files that the user may open
  bool together = false;  // without namespaces of its own, as on a system that has none to give; for tests
};

// Sensible limits, in seconds, for the deadline of each request.
struct Deadlines {
  double describe_s = 180;  // imports the framework
  double load_s = 900;
  double inputs_s = 300;
  double first_step_s = 1800;  // may compile
  double steps_s = 600;
  double outputs_s = 300;
  double close_s = 5;
};

struct Steps {
  std::vector<int64_t> samples_ns;  // as the runner clocked each step
  std::vector<int64_t> parts_ns;    // of each step all parts, where steps run in parts
  int64_t batch_ns = 0;  // the core's own clock around the request: sum(samples_ns) must agree with it
};

// What the runner's process tree holds right now. A figure that the system does not tell is absent.
struct Usage {
  std::optional<int64_t> pss_bytes;        // proportional set size: shared pages counted once
  std::optional<int64_t> anonymous_bytes;  // the part of it that is no file's
  std::optional<int64_t> file_bytes;       // the part that maps files: code, weights
  std::optional<int> threads;              // counted, not believed
  std::optional<int> processes;
  std::optional<int64_t> cpu_ns;   // user and system time so far, of the living processes
  std::set<std::string> programs;  // that run beside the runner's own: "g++", "ld"
};

// Of one file: bytes mapped executable, and all that is mapped of it and cannot be written.
struct MappedCode {
  int64_t code_bytes = 0;
  int64_t bytes = 0;
};

// The code that the tree has mapped, where the system tells.
struct Code {
  std::string program;                       // the file that the runner's own process runs
  std::map<std::string, MappedCode> mapped;  // by path; a file that several processes map counts once
};

// What the tree does with the CPUs: the part of its usage that is cheap to read around a visit.
struct Processors {
  std::optional<int> threads;        // counted, not believed
  std::optional<int> cpus;           // that any thread of the tree may run on
  std::optional<int64_t> cpu_ns;     // user and system time so far, of the living processes
  std::optional<int64_t> kernel_ns;  // the kernel's part of that
  // That its living threads stood ready to run and had no CPU, summed over them.
  std::optional<int64_t> waited_ns;
  int64_t taken_ns = 0;  // when the times had been read, monotonic clock
};

// How far a runner is kept from the rest of the machine; what the system does not give is absent.
struct Isolation {
  bool processes = false;  // it cannot name, and so not kill, stop or pin, a process that is not its own
  bool own_proc = false;   // nor see one
  bool signals = false;    // it can send a signal to none but its own
  bool files = false;      // it opens what its Access says, and nothing else
  bool lengths = false;    // nor does it cut short a file that it may not open
  bool cpus = false;       // it runs on no CPU but those of its Command, whatever it asks for
  bool number = false;     // processes beyond the limit are refused, not only counted
};

class Runner {
 public:
  // Starts the command in a session of its own, stdin and stdout private pipes. Fails (failed) when the
  // program cannot be started, with the system's reason.
  [[nodiscard]] static Attempt<std::unique_ptr<Runner>> start(const RunnerCommand& command);

  // Kills the whole tree, however it fares; returns when it is gone (a process stuck in the kernel is waited
  // for 5 s).
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  [[nodiscard]] Attempt<Description> describe(double deadline_s);
  [[nodiscard]] Attempt<Loaded> load(const LoadRequest& request, double deadline_s);
  // Hands over the inputs of the next `sets` steps, a safetensors file of stacked tensors; it may go when
  // this returns. Returns how long the runner took to read it, ns.
  [[nodiscard]] Attempt<int64_t> inputs(const std::filesystem::path& path, int sets, double deadline_s);
  // One step each with the next `count` of these sets, at least one and no more than are left. samples_ns has
  // as many entries, all positive.
  [[nodiscard]] Attempt<Steps> steps(int count, double deadline_s);
  // Writes the tensors of the last step to `path`. Returns how long that took, ns. Fails (failed) when the
  // runner says that they are those of another step.
  [[nodiscard]] Attempt<int64_t> outputs(const std::filesystem::path& path, double deadline_s);
  // Asks the runner to end, then kills what is left of its tree. Fails when the runner did not answer, or
  // exited other than with 0; nothing is left of the tree either way.
  Attempt<> close(double deadline_s);

  // Stops every process of the tree and returns when all their threads are seen stopped; continues them.
  // Fails when a process does not stop within 5 s. Requests continue a paused runner first.
  Attempt<> pause();
  Attempt<> resume();
  [[nodiscard]] bool paused() const;

  // What the tree uses now, paused or not.
  [[nodiscard]] Usage usage() const;
  // What code the tree has mapped now.
  [[nodiscard]] Code code() const;
  [[nodiscard]] Processors processors() const;

  // Kills the tree now and makes the request in progress return; safe from another thread. For an interrupted
  // run.
  void interrupt();

  // When its program was executed, monotonic clock: start of the cold launch. What Assay does before, such as
  // making namespaces and joining control groups, is not the framework's time.
  [[nodiscard]] int64_t started_ns() const;
  // The runner's process.
  [[nodiscard]] int pid() const;
  [[nodiscard]] Isolation isolation() const;
  // Value of ASSAY_RUNNER_ID in the runner's environment and that of its descendants.
  [[nodiscard]] const std::string& marker() const;

 private:
  struct State;
  explicit Runner(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Highest usage of a runner's tree, sampled by a thread from construction to stop(): for the cold launch,
// where nothing is timed finely. The pause between samples is at least 20 times what a sample costs.
class PeakSampler {
 public:
  explicit PeakSampler(const Runner& runner, double interval_s = 0.02);
  ~PeakSampler();
  PeakSampler(const PeakSampler&) = delete;
  PeakSampler& operator=(const PeakSampler&) = delete;
  // Ends the sampling and returns the highest pss_bytes with the parts it had at that moment, and the highest
  // threads and processes.
  Usage stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Kills runners that an earlier Assay left behind because it was killed itself: processes of this user that
// carry the marker of a core which no longer lives, or are in a control group that it made; removes the
// groups. Returns how many it killed. Call once at the start.
int sweep_leftovers();

}  // namespace assay::runner
