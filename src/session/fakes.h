// What the tests of a run put in the place of runners, store and terminal: runners whose steps are the
// reference's, in this process and in no time.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "graph/json.h"
#include "models/stack.h"
#include "reference/evaluate.h"
#include "session/session.h"
#include "tensor/safetensors.h"

namespace assay::session {

// How the fakes behave; shared by all runners of a test, which are told apart by their framework's folder.
struct Fakes {
  std::set<std::string> wrong;            // answers with something else
  std::map<std::string, int> dies_after;  // so many steps
  std::string no_truth_of;                // a workload
  int launches = 0;
};

class ReferenceRunner final : public measure::LaunchedRunner {
 public:
  ReferenceRunner(std::string name, runner::LoadRequest load, Fakes& fakes)
      : name_(std::move(name)), load_(std::move(load)), fakes_(fakes) {}

  measure::Attempt<runner::Description> describe() override {
    return runner::Description{.framework = name_,
                               .version = "1",
                               .devices = {{"cpu", "a fake"}},
                               .details = {{"made by", "the test"}}};
  }
  measure::Attempt<runner::Loaded> load() override {
    graph_ = graph::from_json(read_file(load_.graph).value()).value();
    fixed_ = tensor::read_safetensors(load_.weights).value();
    if (load_.state) fixed_.merge(tensor::read_safetensors(*load_.state).value());
    return runner::Loaded{.precision = "f32", .threads = 1};
  }
  measure::Attempt<int64_t> inputs(const std::filesystem::path& path, int /*sets*/) override {
    sets_ = tensor::read_safetensors(path).value();
    next_ = 0;
    return 0;
  }
  measure::Attempt<runner::Steps> steps(int count) override {
    runner::Steps steps;
    for (int i = 0; i < count; ++i) {
      if (const auto limit = fakes_.dies_after.find(name_);
          limit != fakes_.dies_after.end() && made_++ >= limit->second)
        return std::unexpected(record::Failure{.outcome = record::Outcome::crashed, .message = "gone"});
      steps.samples_ns.push_back(kStepNs);
      steps.batch_ns += kStepNs;
      ++next_;
    }
    return steps;
  }
  measure::Attempt<int64_t> outputs(const std::filesystem::path& path) override {
    tensor::TensorMap bindings = models::set_of(sets_, next_ - 1);
    for (const auto& [name, tensor] : fixed_) bindings.emplace(name, tensor);
    auto outputs =
        reference::evaluate(graph_, bindings, {.scalar = reference::Scalar::f32, .blocking = 1}).value();
    if (fakes_.wrong.contains(name_))
      for (auto& [name, tensor] : outputs) tensor = tensor::Tensor(tensor.dtype(), tensor.shape());
    EXPECT_TRUE(tensor::write_safetensors(path, outputs));
    return 0;
  }
  measure::Attempt<> pause() override { return {}; }
  measure::Attempt<> resume() override { return {}; }
  void close() override {}
  int64_t started_ns() const override { return started_ns_; }
  runner::Usage peak() override { return {.pss_bytes = 1000}; }
  runner::Code code() const override { return {}; }
  std::optional<double> dropped_share() const override { return std::nullopt; }
  runner::Processors processors() const override { return {}; }

 private:
  static constexpr int64_t kStepNs = 400'000'000;  // few steps make a visit, and a window of warm-up

  std::string name_;
  runner::LoadRequest load_;
  Fakes& fakes_;
  graph::Graph graph_;
  tensor::TensorMap fixed_, sets_;
  int next_ = 0, made_ = 0;
  int64_t started_ns_ = now_ns();
};

inline Outside outside(Fakes& fakes) {
  const auto launcher = [&fakes](measure::RunnerSpec spec, const std::atomic<bool>*) -> measure::Launcher {
    return [&fakes, spec = std::move(spec)](
               const measure::LaunchOptions&) -> measure::Attempt<std::unique_ptr<measure::LaunchedRunner>> {
      ++fakes.launches;
      const std::string name = spec.command.argv.back();
      return std::make_unique<ReferenceRunner>(name, spec.load, fakes);
    };
  };
  const auto evaluator = [&fakes](const std::filesystem::path&,
                                  const std::atomic<bool>*) -> verify::Evaluator {
    return [&fakes](const verify::ReferenceJob& job) -> Result<> {
      const bool lacks =
          !fakes.no_truth_of.empty() && read_file(job.graph)->find(fakes.no_truth_of) != std::string::npos;
      if (lacks) return fail(ErrorKind::environment, "no room for it");
      return verify::evaluate_here(job);
    };
  };
  return {.launcher = launcher, .evaluator = evaluator};
}

// Keeps what it is given in memory; fails when it was asked for so many things.
class MemoryStore final : public store::Store {
 public:
  Result<> begin(const record::Run& run) override {
    runs.push_back(run);
    return next();
  }
  Result<int64_t> add_result(std::string_view, const record::Contestant& contestant,
                             const record::Cell& cell) override {
    for (size_t i = 0; i < results.size(); ++i)
      if (results[i].contestant.name() == contestant.name() && results[i].cell == cell)
        return static_cast<int64_t>(i);
    record::ContestantResult result;
    result.contestant = contestant;
    result.cell = cell;
    results.push_back(result);
    return static_cast<int64_t>(results.size() - 1);
  }
  Result<> append(int64_t entry, const store::Piece& piece) override {
    if (fails_at_visits && std::holds_alternative<record::Visit>(piece)) return full();
    pieces.push_back(piece);
    keep(results.at(static_cast<size_t>(entry)), piece);
    return next();
  }
  Result<> append(std::string_view, const record::Limits& look) override {
    looks.push_back(look);
    return next();
  }
  Result<> append(std::string_view, const record::CellFault& fault) override {
    faults.push_back(fault);
    return next();
  }
  Result<> finish(const record::Run&) override {
    finished = true;
    return next();
  }
  Result<> together(const std::function<Result<>()>& work) override { return work(); }
  Result<record::Run> load(std::string_view) override { return as_stored(); }
  Result<record::Run> load(std::string_view, std::span<const record::Cell>) override { return as_stored(); }
  Result<std::vector<store::FoundResult>> newest(const record::Cell&, std::string_view,
                                                 std::string_view) override {
    return std::vector<store::FoundResult>();
  }
  Result<std::vector<store::FoundResult>> all(const record::Cell&, std::string_view) override {
    return std::vector<store::FoundResult>();
  }
  Result<std::vector<store::FoundResult>> all() override { return std::vector<store::FoundResult>(); }
  Result<std::vector<record::Cell>> cells(std::string_view) override { return std::vector<record::Cell>(); }
  Result<std::vector<record::Cell>> cells_of(std::string_view) override {
    return std::vector<record::Cell>();
  }
  Result<std::vector<std::string>> find(std::string_view) override { return std::vector<std::string>(); }
  Result<bool> has(std::string_view id) override { return !runs.empty() && runs[0].id == id; }
  Result<std::vector<store::RunSummary>> list() override { return std::vector<store::RunSummary>(); }

  [[nodiscard]] record::Run as_stored() const {
    record::Run run = runs.at(0);
    run.results = results;
    return run;
  }
  template <class Piece>
  [[nodiscard]] int count() const {
    return static_cast<int>(std::ranges::count_if(
        pieces, [](const auto& piece) { return std::holds_alternative<Piece>(piece); }));
  }

  std::vector<record::Run> runs;
  std::vector<record::ContestantResult> results;
  std::vector<store::Piece> pieces;
  std::vector<record::CellFault> faults;
  std::vector<record::Limits> looks;
  bool finished = false;
  int fails_at = -1;
  bool fails_at_visits = false;

 private:
  Result<> next() { return fails_at >= 0 && ++asked_ > fails_at ? full() : Result<>(); }
  static Result<> full() { return fail(ErrorKind::environment, "the disk is full"); }
  static void keep(record::ContestantResult& result, const store::Piece& piece) {
    if (const auto* launch = std::get_if<record::Launch>(&piece)) result.launch = *launch;
    if (const auto* given = std::get_if<record::Provenance>(&piece)) result.provenance = *given;
    if (const auto* accuracy = std::get_if<record::Accuracy>(&piece)) result.accuracy = *accuracy;
    if (const auto* visit = std::get_if<record::Visit>(&piece)) result.visits.push_back(*visit);
    if (std::holds_alternative<record::Completed>(piece)) result.complete = true;
  }
  int asked_ = 0;
};

// What a run told, line by line.
class RecordedEvents final : public Events {
 public:
  explicit RecordedEvents(std::atomic<bool>& stop) : stop_(stop) {}

  void started(const record::Run&) override { say("started"); }
  void kept(const record::ContestantResult& result) override { say("kept " + result.contestant.framework); }
  void launched(const record::ContestantResult& result) override {
    say("launched " + result.contestant.framework);
  }
  void visited(const record::Contestant& contestant, const record::Visit&) override {
    say("visited " + contestant.framework);
  }
  void cell_failed(const record::CellFault& fault) override { say("failed " + fault.cell.workload); }
  void cell_finished(std::span<const decide::Summary> cell) override {
    say(fmt::format("cell finished: {}", cell.size()));
  }

  [[nodiscard]] size_t first(const std::string& line) const {
    return static_cast<size_t>(std::ranges::find(lines, line) - lines.begin());
  }
  [[nodiscard]] int count(std::string_view beginning) const {
    return static_cast<int>(
        std::ranges::count_if(lines, [&](const std::string& line) { return line.starts_with(beginning); }));
  }

  std::vector<std::string> lines;
  std::string stop_at;  // raises the interrupt there

 private:
  void say(std::string line) {
    if (!stop_at.empty() && line == stop_at) stop_ = true;
    lines.push_back(std::move(line));
  }
  std::atomic<bool>& stop_;
};

}  // namespace assay::session
