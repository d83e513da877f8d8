#include "runner/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/text.h"
#include "protocol/codec.h"
#include "runner/crowd_watch.h"
#include "runner/memory_watch.h"
#include "runner/process.h"
#include "runner/spawn.h"
#include "runner/stderr_keeper.h"
#include "runner/tree.h"

namespace assay::runner {
namespace {

using record::Failure;
using record::Outcome;

int64_t after(double seconds) { return now_ns() + static_cast<int64_t>(seconds * 1e9); }

constexpr double kKillSeconds = 5;  // how long a process may take to die or to stop
constexpr double kLastWordsSeconds =
    0.5;  // between the end of a runner's output and its death, when it crashes

std::string excerpt(std::string_view text) {
  std::string line = sanitised(text, 120);
  std::erase(line, '\n');
  return line;
}

}  // namespace

struct Runner::State {
  std::string marker;
  std::unique_ptr<Process> process;
  std::unique_ptr<Tree> tree;
  std::unique_ptr<MemoryWatch> memory;
  std::unique_ptr<CrowdWatch> crowd;
  std::unique_ptr<StderrKeeper> standard_error;
  std::string unread;  // came from the runner, not yet taken as a line
  int64_t last_id = 0;
  std::optional<Failure> dead;  // why no request can be answered any more
  bool closed = false;
  std::atomic<bool> paused = false;
  std::mutex ending;  // one end at a time: interrupt() comes from another thread
  std::atomic<bool> ended = false;
  std::atomic<bool> interrupted = false;
  int sets = 0, next_set = 0;  // of the newest inputs: how many, and which the next step has
  int64_t parts = 0;           // of a step; 0: it runs as a whole
  int64_t exchange_ns = 0;  // how long the last request took, from its first byte to the last of its answer

  [[nodiscard]] Attempt<protocol::Result> request(protocol::Call call, double deadline_s);
  [[nodiscard]] Attempt<std::string> exchange(const std::string& line, std::string_view method,
                                              double deadline_s);
  [[nodiscard]] std::optional<Failure> spoke_unasked();
  [[nodiscard]] std::string take_line();
  [[nodiscard]] Failure broken(Wait wait, std::string_view method, double deadline_s);
  [[nodiscard]] Failure ended_early(std::string_view method);
  [[nodiscard]] std::optional<Failure> over_memory();
  [[nodiscard]] std::optional<Failure> over_crowd();
  [[nodiscard]] std::optional<Failure> refused_a_crowd();
  [[nodiscard]] std::optional<Failure> over_limits();
  Failure die(Outcome outcome, std::string message, record::Reason reason = record::Reason::none);
  void end_tree();
};

// Kills the tree, once; nothing is left of it afterwards but the zombie whose status tells how it ended.
void Runner::State::end_tree() {
  const std::lock_guard lock(ending);
  if (ended) return;
  ended = true;
  static_cast<void>(tree->kill(after(kKillSeconds)));
  process->group().remove();
  standard_error->finish();
}

Failure Runner::State::die(Outcome outcome, std::string message, record::Reason reason) {
  end_tree();
  dead = Failure{outcome, reason, std::move(message), {}, standard_error->tail()};
  return *dead;
}

std::optional<Failure> Runner::State::over_memory() {
  const auto used = memory->excess_bytes();
  if (!used) return std::nullopt;
  constexpr double kGigabyte = 1e9;
  return die(Outcome::failed,
             fmt::format("used {:.2f} GB of memory; the limit for a contestant is {:.2f} GB",
                         static_cast<double>(*used) / kGigabyte,
                         static_cast<double>(memory->limit_bytes()) / kGigabyte),
             record::Reason::memory);
}

std::optional<Failure> Runner::State::over_crowd() {
  if (const auto processes = crowd->excess())
    return die(Outcome::failed,
               fmt::format("started {} processes and threads; the limit for a contestant is {}", *processes,
                           crowd->most()));
  return refused_a_crowd();
}

// The system told the runner no more than that it should try again later.
std::optional<Failure> Runner::State::refused_a_crowd() {
  if (!crowd->refused()) return std::nullopt;
  return die(Outcome::failed,
             fmt::format("tried to start more processes and threads; the limit for a contestant is {}",
                         crowd->most()));
}

std::optional<Failure> Runner::State::over_limits() {
  if (now_ns() >= memory->due_ns())
    if (auto failure = over_memory()) return failure;
  return now_ns() >= crowd->due_ns() ? over_crowd() : std::nullopt;
}

// The output ended: with the runner, or only its output.
Failure Runner::State::ended_early(std::string_view method) {
  if (interrupted) return die(Outcome::failed, "interrupted");
  if (auto failure = refused_a_crowd()) return std::move(*failure);
  const auto status = process->wait(after(kLastWordsSeconds));
  const std::string half = unread.empty() ? "" : fmt::format(", after half a line: '{}'", excerpt(unread));
  if (status)
    return die(Outcome::crashed,
               fmt::format("{} instead of answering {}{}", in_words(*status), method, half));
  return die(Outcome::failed, fmt::format("closed its pipe instead of answering {}{}", method, half));
}

Failure Runner::State::broken(Wait wait, std::string_view method, double deadline_s) {
  if (wait == Wait::late)
    return die(Outcome::timed_out, fmt::format("no answer to {} within {:g} s", method, deadline_s));
  return ended_early(method);
}

// Without its newline, which must have come.
std::string Runner::State::take_line() {
  const size_t end = unread.find('\n');
  std::string line = unread.substr(0, end);
  unread.erase(0, end + 1);
  return line;
}

// A runner that speaks before it is asked prints something else on the pipe, or answers what it has not done.
std::optional<Failure> Runner::State::spoke_unasked() {
  std::array<char, 4096> buffer;
  size_t got = 0;
  if (unread.empty() && process->read(buffer, got, 0) == Wait::done) unread.append(buffer.data(), got);
  if (unread.empty()) return std::nullopt;
  return die(Outcome::failed, fmt::format("wrote to its pipe without being asked: '{}'", excerpt(unread)));
}

Attempt<std::string> Runner::State::exchange(const std::string& line, std::string_view method,
                                             double deadline_s) {
  const int64_t start_ns = now_ns();
  const int64_t deadline_ns = after(deadline_s);
  if (const Wait wait = process->write(line, deadline_ns); wait != Wait::done)
    return std::unexpected(broken(wait, method, deadline_s));
  std::array<char, 65536> buffer;
  while (true) {
    size_t got = 0;
    const int64_t until_ns = std::min({deadline_ns, memory->due_ns(), crowd->due_ns()});
    const Wait wait = process->read(buffer, got, until_ns);
    if (wait == Wait::late && until_ns < deadline_ns) {
      if (auto failure = over_limits()) return std::unexpected(std::move(*failure));
      continue;
    }
    if (wait != Wait::done) return std::unexpected(broken(wait, method, deadline_s));
    exchange_ns = now_ns() - start_ns;
    unread.append(buffer.data(), got);
    if (std::string_view(buffer.data(), got).contains('\n')) return take_line();
    if (unread.size() > protocol::kMostLineBytes)
      return std::unexpected(die(Outcome::failed, fmt::format("answered {} with a line of more than {} MiB",
                                                              method, protocol::kMostLineBytes >> 20)));
  }
}

Attempt<protocol::Result> Runner::State::request(protocol::Call call, double deadline_s) {
  if (dead) return std::unexpected(*dead);
  if (paused) tree->resume();
  paused = false;
  if (auto failure = spoke_unasked()) return std::unexpected(std::move(*failure));
  const protocol::Request request{++last_id, std::move(call)};
  const std::string_view method = protocol::method(request.call);
  auto line = exchange(protocol::encode(request), method, deadline_s);
  if (!line) return std::unexpected(std::move(line).error());
  auto reply = protocol::decode_reply(*line, request);
  if (!reply)
    return std::unexpected(
        die(Outcome::failed, fmt::format("answered {} wrongly: {}", method, reply.error())));
  if (auto* failure = std::get_if<Failure>(&reply->answer)) {
    if (auto refused = refused_a_crowd()) return std::unexpected(std::move(*refused));
    failure->stderr_tail = standard_error->tail();
    return std::unexpected(std::move(*failure));
  }
  return std::get<protocol::Result>(std::move(reply->answer));
}

Attempt<std::unique_ptr<Runner>> Runner::start(const RunnerCommand& command) {
  auto state = std::make_unique<State>();
  state->marker = new_marker();
  auto process = Process::start(command, state->marker);
  if (!process) return std::unexpected(Failure{.outcome = Outcome::failed, .message = process.error()});
  state->process = std::move(*process);
  state->tree = std::make_unique<Tree>(state->process->pid(), state->process->child(), state->marker,
                                       state->process->group());
  state->memory = std::make_unique<MemoryWatch>(*state->tree, command.memory_limit_bytes);
  state->crowd = std::make_unique<CrowdWatch>(*state->tree, state->process->group(), command.most_processes);
  state->standard_error =
      std::make_unique<StderrKeeper>(Descriptor(state->process->take_stderr()), command.stderr_path);
  return std::unique_ptr<Runner>(new Runner(std::move(state)));
}

Runner::Runner(std::unique_ptr<State> state) : state_(std::move(state)) {}

Runner::~Runner() { state_->end_tree(); }

Attempt<Description> Runner::describe(double deadline_s) {
  auto result = state_->request(protocol::DescribeRequest{}, deadline_s);
  if (!result) return std::unexpected(std::move(result).error());
  return std::get<protocol::Description>(std::move(*result));
}

Attempt<Loaded> Runner::load(const LoadRequest& request, double deadline_s) {
  auto result = state_->request(request, deadline_s);
  if (!result) return std::unexpected(std::move(result).error());
  state_->parts = request.generation ? 1 + request.generation->decodes : 0;
  return std::get<protocol::Loaded>(std::move(*result));
}

Attempt<int64_t> Runner::inputs(const std::filesystem::path& path, int sets, double deadline_s) {
  ASSAY_CHECK(sets > 0 && sets <= protocol::kMostSteps, "{} sets", sets);
  auto result = state_->request(protocol::InputsRequest{path.string(), sets}, deadline_s);
  if (!result) return std::unexpected(std::move(result).error());
  state_->sets = sets;
  state_->next_set = 0;
  return state_->exchange_ns;
}

Attempt<Steps> Runner::steps(int count, double deadline_s) {
  ASSAY_CHECK(count > 0 && state_->next_set + count <= state_->sets, "{} steps, {} of {} sets used", count,
              state_->next_set, state_->sets);
  auto result = state_->request(protocol::StepsRequest{count}, deadline_s);
  if (!result) return std::unexpected(std::move(result).error());
  state_->next_set += count;
  auto samples = std::get<protocol::Samples>(std::move(*result));
  const auto given = static_cast<int64_t>(samples.parts_ns.size());
  if (given != count * state_->parts)
    return std::unexpected(state_->die(
        Outcome::failed, fmt::format("the runner gave the times of {} parts where {} steps have {}", given,
                                     count, count * state_->parts)));
  return Steps{std::move(samples.samples_ns), std::move(samples.parts_ns), state_->exchange_ns};
}

Attempt<int64_t> Runner::outputs(const std::filesystem::path& path, double deadline_s) {
  auto result = state_->request(protocol::OutputsRequest{path.string()}, deadline_s);
  if (!result) return std::unexpected(std::move(result).error());
  const int set = std::get<protocol::Written>(*result).set, last = state_->next_set - 1;
  if (set == last) return state_->exchange_ns;
  return std::unexpected(state_->die(
      Outcome::failed,
      fmt::format("the runner gave the outputs of input set {} where set {} was the last step", set, last)));
}

Attempt<> Runner::close(double deadline_s) {
  if (state_->closed) return {};
  const int64_t deadline_ns = after(deadline_s);
  if (auto result = state_->request(protocol::CloseRequest{}, deadline_s); !result) {
    if (!state_->dead) state_->die(result.error().outcome, result.error().message);
    return std::unexpected(std::move(result).error());
  }
  state_->process->close_input();
  const auto status = state_->process->wait(deadline_ns);
  state_->closed = true;
  state_->die(Outcome::failed, "the runner is closed");
  if (!status)
    return std::unexpected(Failure{Outcome::timed_out, {}, "answered close but did not exit", {}, {}});
  if (status->signalled || status->number != 0)
    return std::unexpected(
        Failure{Outcome::crashed, {}, in_words(*status) + " after close", {}, state_->dead->stderr_tail});
  return {};
}

Attempt<> Runner::pause() {
  if (state_->dead) return std::unexpected(*state_->dead);
  if (state_->paused) return {};
  if (!state_->tree->stop(after(kKillSeconds))) {
    if (state_->process->wait(0)) return std::unexpected(state_->ended_early("the next request"));
    return std::unexpected(state_->die(Outcome::failed, "could not be stopped between its turns"));
  }
  state_->paused = true;
  return {};
}

Attempt<> Runner::resume() {
  if (state_->dead) return std::unexpected(*state_->dead);
  if (state_->paused) state_->tree->resume();
  state_->paused = false;
  return {};
}

bool Runner::paused() const { return state_->paused; }

Usage Runner::usage() const { return state_->ended ? Usage{} : state_->tree->usage(); }

Code Runner::code() const { return state_->ended ? Code{} : state_->tree->code(); }

Processors Runner::processors() const { return state_->ended ? Processors{} : state_->tree->processors(); }

void Runner::interrupt() {
  state_->interrupted = true;
  state_->process->cancel();
  state_->end_tree();
}

int64_t Runner::started_ns() const { return state_->process->started_ns(); }

int Runner::pid() const { return state_->process->pid(); }

Isolation Runner::isolation() const { return state_->process->isolation(); }

const std::string& Runner::marker() const { return state_->marker; }

}  // namespace assay::runner
