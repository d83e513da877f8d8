#include "trials/trial.h"

#include <algorithm>
#include <system_error>

#include "autodiff/gradient.h"
#include "cache/cache.h"
#include "graph/json.h"
#include "runner/stop_watch.h"
#include "session/spec.h"

namespace assay::trials {
namespace fs = std::filesystem;
namespace {

using mutants::Mutant;

// Files for a changed graph; weights and state are those of the honest one. Weights lie beside the
// ONNX file.
Result<materials::Materials> files_for(const graph::Graph& graph, const materials::Materials& honest,
                                       const fs::path& folder) {
  std::error_code ec;
  fs::create_directories(folder, ec);
  materials::Materials files = honest;
  files.graph_hash = graph::content_hash(graph);
  files.graph = folder / "graph.json";
  files.onnx = folder / "model.onnx";
  files.weights = folder / "weights.safetensors";
  fs::create_hard_link(honest.weights, files.weights, ec);
  if (ec) fs::copy_file(honest.weights, files.weights, fs::copy_options::overwrite_existing, ec);
  if (ec) return fail(ErrorKind::environment, "{}: {}", files.weights.string(), ec.message());
  ASSAY_TRY_VOID(materials::write_graph(graph, files.weights, files.graph, files.onnx));
  return files;
}

// The mutant of what the runner is given: of the step, or of its gradient graph. Nothing when it has no place
// there.
Result<std::optional<graph::Graph>> mutated(const Mutant& mutant, const graph::Graph& step,
                                            bool gradient_graph) {
  if (mutant.place == mutants::Place::gradient) {
    if (!gradient_graph) return std::nullopt;
    ASSAY_TRY(const auto gradient, autodiff::gradient(step));
    return mutant.apply(gradient);
  }
  ASSAY_TRY(auto changed, mutant.apply(step));
  if (!changed || !gradient_graph) return changed;
  ASSAY_TRY(changed, autodiff::gradient(*changed));
  return changed;
}

// The process, started when it is needed and again when it broke.
class Trials {
 public:
  // `readable`: folders with graphs to come; the process may read no others.
  // `compiled`: where the framework keeps what it compiles.
  Trials(const setup::ContestantSpec& contestant, session::RunContext& context, fs::path folder,
         fs::path compiled, std::vector<fs::path> readable = {})
      : contestant_(contestant),
        context_(context),
        folder_(std::move(folder)),
        compiled_(std::move(compiled)),
        readable_(std::move(readable)) {}

  Result<Trial> run(session::PreparedCell& cell, const materials::Materials& files, const Mutant* mutant) {
    Trial trial{.graph_hash = files.graph_hash};
    if (mutant != nullptr) trial.mutant = mutant->name;
    if (mutant != nullptr) trial.by_hash = mutant->seen == mutants::Seen::by_hash;
    ASSAY_TRY(const auto spec,
              session::runner_spec(contestant_, cell.name(), files, context_.request, folder_));
    const auto answers = answer(spec, cell.inputs());
    if (!answers) {
      trial.failure = answers.error();
      if (trial.failure->outcome != record::Outcome::unsupported) runner_.reset();
      return trial;
    }
    ASSAY_TRY(const verify::Truth* truth, cell.truth(precision_));
    ASSAY_TRY(trial.judgement, verify::judge(*truth, *answers, precision_, context_.request.threads));
    return trial;
  }

  // The honest graph, and where it has steps the pieces between them: the worse of the two.
  Result<Trial> run_honest(session::PreparedCell& cell, const materials::Materials& files) {
    ASSAY_TRY(auto whole, run(cell, files, nullptr));
    ASSAY_TRY(session::PreparedCell* const pieces, pieces_of(cell));
    if (whole.failure || pieces == nullptr) return whole;
    ASSAY_TRY(const materials::Materials* given, pieces->materials(false));
    ASSAY_TRY(const auto trial, run(*pieces, *given, nullptr));
    return with_pieces(std::move(whole), trial);
  }

  // Likewise; nothing when the mutant has no place.
  Result<std::optional<Trial>> run_mutant(session::PreparedCell& cell, const Mutant& mutant,
                                          bool gradient_graph) {
    ASSAY_TRY(const auto graph, mutated(mutant, cell.workload().step.graph, gradient_graph));
    if (!graph) return std::nullopt;
    ASSAY_TRY(auto whole, run_mutated(cell, *graph, mutant, gradient_graph));
    ASSAY_TRY(session::PreparedCell* const pieces, pieces_of(cell));
    if (whole.failure || pieces == nullptr) return whole;
    ASSAY_TRY(const auto changed, mutated(mutant, pieces->workload().step.graph, false));
    if (!changed) return whole;
    ASSAY_TRY(const auto trial, run_mutated(*pieces, *changed, mutant, false));
    return with_pieces(std::move(whole), trial);
  }

  void close() {
    if (runner_) (void)runner_->close(runner::Deadlines().close_s);
  }

 private:
  // Null where the contestant is given no graph, and where that has no steps.
  Result<session::PreparedCell*> pieces_of(session::PreparedCell& cell) {
    if (!session::takes_graph(*contestant_.variant)) return nullptr;
    return cell.between_steps();
  }

  Result<Trial> run_mutated(session::PreparedCell& cell, const graph::Graph& graph, const Mutant& mutant,
                            bool gradient_graph) {
    ASSAY_TRY(const materials::Materials* honest, cell.materials(gradient_graph));
    const fs::path folder = folder_ / fmt::format("mutant-{}", mutants_++);
    ASSAY_TRY(const auto files, files_for(graph, *honest, folder));
    return run(cell, files, &mutant);
  }

  static Trial with_pieces(Trial whole, const Trial& pieces) {
    whole.failure = pieces.failure;
    whole.judgement.accuracy =
        verify::worse(whole.judgement.accuracy, session::between_steps(pieces.judgement.accuracy));
    auto& errors = whole.judgement.errors;
    errors.insert(errors.end(), pieces.judgement.errors.begin(), pieces.judgement.errors.end());
    std::ranges::stable_sort(errors, std::ranges::greater{}, &verify::TensorError::tolerance_share);
    return whole;
  }

  runner::Attempt<std::vector<verify::Answer>> answer(const measure::RunnerSpec& spec,
                                                      const measure::InputSource& inputs) {
    if (!runner_) {
      auto started = start(spec);
      if (!started) return std::unexpected(std::move(started).error());
    }
    const runner::StopWatch watch(*runner_, &context_.stop);
    auto load = spec.load;
    load.cache = compiled_.string();
    const auto loaded = runner_->load(load, spec.deadlines.load_s);
    if (!loaded) return std::unexpected(loaded.error());
    precision_ = loaded->precision;
    std::vector<verify::Answer> answers;
    for (const int set : {0, 1}) {
      const fs::path path = home() / fmt::format("answer-{}.safetensors", set);
      if (auto done = step(inputs, static_cast<uint64_t>(set), spec.deadlines); !done)
        return std::unexpected(std::move(done).error());
      if (auto written = runner_->outputs(path, spec.deadlines.outputs_s); !written)
        return std::unexpected(std::move(written).error());
      answers.push_back({static_cast<uint64_t>(set), path});
    }
    return answers;
  }

  runner::Attempt<runner::Steps> step(const measure::InputSource& inputs, uint64_t set,
                                      const runner::Deadlines& deadlines) {
    const fs::path path = home() / "inputs.safetensors";
    if (const auto written = inputs.write(path, {{set}}); !written)
      return std::unexpected(record::Failure{.message = written.error().message});
    if (auto read = runner_->inputs(path, 1, deadlines.inputs_s); !read)
      return std::unexpected(std::move(read).error());
    return runner_->steps(1, deadlines.first_step_s);
  }

  [[nodiscard]] fs::path home() const { return folder_ / "home"; }

  runner::Attempt<> start(const measure::RunnerSpec& spec) {
    runner::RunnerCommand command = spec.command;
    std::error_code ec;  // a folder that cannot be made shows in what the runner says
    fs::create_directories(home(), ec);
    fs::create_directories(compiled_, ec);
    command.environment["HOME"] = home().string();
    command.environment["TMPDIR"] = home().string();
    // Mutants lie beside the home, with weights that are links to those of the cache.
    runner::Access access = command.access.value_or(runner::Access{});
    access.readable.push_back(folder_);
    access.readable.insert(access.readable.end(), readable_.begin(), readable_.end());
    access.writable = {home(), compiled_};
    command.access = std::move(access);
    auto runner = runner::Runner::start(command);
    if (!runner) return std::unexpected(std::move(runner).error());
    runner_ = std::move(*runner);
    const auto description = runner_->describe(spec.deadlines.describe_s);
    if (!description) return std::unexpected(description.error());
    return {};
  }

  const setup::ContestantSpec& contestant_;
  session::RunContext& context_;
  fs::path folder_, compiled_;
  std::vector<fs::path> readable_;
  std::unique_ptr<runner::Runner> runner_;
  std::string precision_ = "f32";
  int mutants_ = 0;  // graphs that were written
};

// Where the files of the pieces between the graph's steps lie.
Result<> add_pieces(std::vector<fs::path>& readable, const setup::ContestantSpec& contestant,
                    session::PreparedCell& cell) {
  if (!session::takes_graph(*contestant.variant)) return {};
  ASSAY_TRY(session::PreparedCell* const pieces, cell.between_steps());
  if (pieces == nullptr) return {};
  ASSAY_TRY(const materials::Materials* files, pieces->materials(false));
  readable.push_back(files->directory);
  return {};
}

}  // namespace

Finding finding(const Trial& trial) {
  if (trial.failure) {
    const bool cannot = trial.mutant.empty() && trial.failure->outcome == record::Outcome::unsupported;
    return cannot ? Finding::held : Finding::not_answered;
  }
  const bool as_it_should = trial.by_hash || trial.wrong() == !trial.mutant.empty();
  return as_it_should ? Finding::held : Finding::failed;
}

Result<std::vector<Trial>> try_out(const setup::ContestantSpec& contestant, session::PreparedCell& cell,
                                   std::span<const Mutant> mutants, session::RunContext& context) {
  const bool gradient_graph = session::wants_gradient_graph(*contestant.variant, cell.name());
  ASSAY_TRY(const materials::Materials* honest, cell.materials(gradient_graph));
  const fs::path folder = context.scratch / fmt::format("{}-{}-{}", contestant.framework->name,
                                                        contestant.variant->name, cell.name().workload);
  std::error_code ec;
  fs::create_directories(folder, ec);
  ASSAY_TRY(auto compiled, cache::compiled_dir(*contestant.framework, *contestant.variant));
  std::vector<fs::path> readable;
  ASSAY_TRY_VOID(add_pieces(readable, contestant, cell));
  Trials trials(contestant, context, folder, std::move(compiled), std::move(readable));
  std::vector<Trial> done;
  ASSAY_TRY(done.emplace_back(), trials.run_honest(cell, *honest));
  if (context.stop) return std::vector<Trial>();  // what an interrupt breaks off is nobody's failure
  if (done.front().failure || !session::takes_graph(*contestant.variant)) mutants = {};
  for (const Mutant& mutant : mutants) {
    if (context.stop) break;
    ASSAY_TRY(auto trial, trials.run_mutant(cell, mutant, gradient_graph));
    if (trial && !context.stop) done.push_back(*std::move(trial));
  }
  if (!mutants.empty() && !context.stop) {
    ASSAY_TRY(done.emplace_back(), trials.run(cell, *honest, nullptr));
  }
  trials.close();
  fs::remove_all(folder, ec);
  return done;
}

Result<> try_each(const setup::ContestantSpec& contestant, std::span<session::PreparedCell> cells,
                  session::RunContext& context, const Tell& tell) {
  std::vector<std::pair<session::PreparedCell*, const materials::Materials*>> own;
  std::vector<fs::path> readable;
  for (session::PreparedCell& cell : cells) {
    if (!session::takes_part(*contestant.variant, cell.workload())) continue;
    ASSAY_TRY(const auto* files,
              cell.materials(session::wants_gradient_graph(*contestant.variant, cell.name())));
    own.emplace_back(&cell, files);
    readable.push_back(files->directory);
    if (files->gguf) readable.push_back(*files->gguf);
    ASSAY_TRY_VOID(add_pieces(readable, contestant, cell));
  }
  const fs::path folder =
      context.scratch / fmt::format("{}-{}", contestant.framework->name, contestant.variant->name);
  ASSAY_TRY(auto compiled, cache::compiled_dir(*contestant.framework, *contestant.variant));
  Trials trials(contestant, context, folder, std::move(compiled), std::move(readable));
  for (const auto& [cell, files] : own) {
    if (context.stop) break;
    ASSAY_TRY(const auto trial, trials.run_honest(*cell, *files));
    if (!context.stop) tell(*cell, trial);
  }
  trials.close();
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  return {};
}

}  // namespace assay::trials
