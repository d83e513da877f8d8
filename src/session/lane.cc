#include "session/lane.h"

#include <fmt/format.h>

#include <array>

#include "base/file.h"
#include "decide/cpu_time.h"
#include "decide/ranking.h"
#include "decide/step_faults.h"
#include "session/facts.h"
#include "session/need.h"
#include "session/resume.h"
#include "session/spec.h"
#include "setup/build.h"
#include "setup/keys.h"

namespace assay::session {
namespace {

using record::Failure;
using record::Outcome;
using record::Reason;

Failure unsupported(Reason reason, std::string message) {
  return {Outcome::unsupported, reason, std::move(message), {}, {}};
}

// Why the contestant cannot even be started, before anything of it is installed.
std::optional<Failure> obstacle(const setup::Selection& selection, const Cell& cell, const Request& request) {
  if (const auto unmet = setup::unmet(*selection.variant, selection.device, request.host); !unmet.empty())
    return unsupported(Reason::device, unmet);
  const auto shortage = memory_shortage(need_of(cell.workload()), request.host.memory_bytes,
                                        memory_limit_bytes(request), selection.device == "cpu");
  if (!shortage.empty()) return unsupported(Reason::memory, shortage);
  return std::nullopt;
}

// Makes the build ready when the user allows it.
Result<std::optional<Failure>> make_ready(const setup::Framework& framework, const setup::Build& build,
                                          Context& context) {
  const auto state = setup::state(framework, build);
  if (!state) return Failure{Outcome::failed, Reason::none, state.error().message, {}, {}};
  const bool ready = *state == setup::BuildState::ready;
  if (ready && !context.request.set_up) return std::nullopt;
  if (!context.request.set_up)
    return unsupported(Reason::not_set_up, fmt::format("{} is not set up; do it with: assay setup {}",
                                                       framework.title, framework.name));
  const setup::Observer observer{
      .say = [&](std::string_view line) { context.events.setting_up(framework.name, line); },
      .progress = [&](std::string_view line) { context.events.setup_output(line); },
      .stopped = [&] { return context.stop.load(); },
  };
  const auto network = context.request.offline ? setup::Network::forbidden : setup::Network::allowed;
  const auto done = setup::set_up(framework, build, observer, network);
  if (!done) return unsupported(Reason::build, done.error().message);
  return std::nullopt;
}

// Of all that a contestant's runner runs from: its files, the SDK's, and the framework's build.
Result<std::string> key_of_runner(const setup::Selection& selection, const Request& request) {
  const setup::Framework& framework = *selection.framework;
  const std::array folders = {framework.directory, request.sdk / "python"};
  ASSAY_TRY(std::string key, setup::files_key(folders));
  if (const setup::Build* build = framework.build(selection.variant->build)) {
    ASSAY_TRY(const auto installed, setup::build_dir(framework, *build));
    ASSAY_TRY(const auto compiled, setup::runner_key(framework, *build));
    key += fmt::format(" {} {}", installed.filename().string(), compiled);
  }
  return key;
}

}  // namespace

verify::Answer to_judge(const measure::Answer& answer) { return {answer.set, answer.path, answer.stamp}; }

Lane::Lane(setup::Selection selection, const record::Cell& cell, std::filesystem::path folder)
    : selection_(std::move(selection)), folder_(std::move(folder)) {
  entry_.contestant = {selection_.framework->name, selection_.variant->name, selection_.device, ""};
  entry_.cell = cell;
}

Result<> Lane::append(const store::Piece& piece, Context& context) {
  if (!key_) {
    ASSAY_TRY(key_, context.store.add_entry(context.run_id, entry_.contestant, entry_.cell));
  }
  return context.store.append(*key_, piece);
}

Result<> Lane::drop(const Failure& failure, Context& context) {
  entry_.outcome = failure.outcome;
  entry_.failure = failure;
  racing_ = false;
  return append(failure, context);
}

Result<> Lane::add(const record::Visit& visit, Context& context) {
  entry_.visits.push_back(visit);
  return append(visit, context);
}

Result<> Lane::add(const record::WarmStart& start, Context& context) {
  entry_.warm_starts.push_back(start);
  return append(start, context);
}

Result<> Lane::set_limit(const Cell& cell, Context& context) {
  if (!entry_.launch) return {};
  entry_.limit = step_limit(cell, selection_.device, entry_.launch->compute_type, context.limits);
  return append(*entry_.limit, context);
}

Result<> Lane::judge(const verify::Truth& truth, std::span<const verify::Answer> answers, Context& context) {
  ASSAY_TRY(const auto judgement,
            verify::judge(truth, answers, declared_precision_, context.request.threads));
  entry_.accuracy = verify::worse(entry_.accuracy, judgement.accuracy);
  return append(entry_.accuracy, context);
}

Result<> Lane::look_for_faults(Context& context) {
  if (entry_.accuracy.verdict == record::Verdict::wrong) return {};
  std::string fault = record::work_put_off(costs_);
  if (fault.empty()) fault = decide::step_fault(entry_.visits);
  if (fault.empty()) fault = decide::too_much_cpu_time(entry_.visits, context.request.threads);
  if (fault.empty()) return {};
  entry_.accuracy.verdict = record::Verdict::wrong;
  entry_.accuracy.reason = std::move(fault);
  return append(entry_.accuracy, context);
}

Result<> Lane::make_participant(Cell& cell, Context& context) {
  const bool gradient_graph = wants_gradient_graph(*selection_.variant, entry_.cell);
  ASSAY_TRY(const Materials* files, cell.materials(gradient_graph));
  ASSAY_TRY(auto spec, runner_spec(selection_, entry_.cell, *files, context.request, folder_));
  participant_ = {entry_.contestant, measure::launch_runner(std::move(spec), &context.stop), cell.inputs()};
  return {};
}

// True when the contestant can be launched; otherwise its failure is stored.
Result<bool> Lane::prepare(Cell& cell, Context& context) {
  if (const auto failure = obstacle(selection_, cell, context.request)) {
    ASSAY_TRY_VOID(drop(*failure, context));
    return false;
  }
  if (const setup::Build* build = selection_.framework->build(selection_.variant->build)) {
    ASSAY_TRY(const auto failure, make_ready(*selection_.framework, *build, context));
    if (failure && context.stop) return false;  // interrupted: nobody's failure
    if (failure) {
      ASSAY_TRY_VOID(drop(*failure, context));
      return false;
    }
  }
  ASSAY_TRY_VOID(make_participant(cell, context));
  return true;
}

Result<record::Given> Lane::given(Cell& cell, Context& context) const {
  const bool gradient_graph = wants_gradient_graph(*selection_.variant, entry_.cell);
  ASSAY_TRY(const Materials* files, cell.materials(gradient_graph));
  ASSAY_TRY(auto runner_key, key_of_runner(selection_, context.request));
  return record::Given{files->graph_hash, files->weights_key, std::move(runner_key)};
}

Result<> Lane::finish(Context& context) {
  entry_.measured = true;
  return append(record::Measured{}, context);
}

// A contestant that failed, was wrong or has all its visits is done. One that passed its cold launch keeps
// it, and the visits it has; what was begun only is begun anew.
Result<bool> Lane::take_over(const record::Entry& stored, Cell& cell, Context& context) {
  ASSAY_TRY(key_, context.store.add_entry(context.run_id, stored.contestant, stored.cell));
  const bool judged = stored.launch && stored.accuracy.verdict != record::Verdict::unchecked;
  if (!stored.failure && !judged) return false;
  ASSAY_TRY(const record::Given now, given(cell, context));
  ASSAY_TRY_VOID(check_same(stored, now));
  entry_ = stored;
  if (stored.failure || stored.measured || stored.accuracy.verdict == record::Verdict::wrong) return true;
  ASSAY_TRY(racing_, prepare(cell, context));
  const std::string& declared = stored.launch->compute_type;
  declared_precision_ = declared.empty() ? "f32" : declared;
  if (!stored.visits.empty())
    step_s_ = static_cast<double>(stored.visits.back().batch_ns) * 1e-9 /
              static_cast<double>(stored.visits.back().samples_ns.size());
  std::error_code ec;  // a folder that is missing shows when the runner starts
  std::filesystem::create_directories(folder_, ec);
  return true;
}

Result<> Lane::judge_launch(const measure::ColdLaunch& launched, Cell& cell, Context& context) {
  costs_ = launched.costs;
  ASSAY_TRY(const verify::Truth* truth, cell.truth(declared_precision_));
  const std::array answers = {to_judge(launched.answers[0]), to_judge(launched.answers[1])};
  ASSAY_TRY_VOID(judge(*truth, answers, context));
  return look_for_faults(context);
}

Result<> Lane::launch(Cell& cell, Context& context) {
  if (const auto* stored = stored_entry(context.request, entry_.contestant, entry_.cell)) {
    ASSAY_TRY(const bool kept, take_over(*stored, cell, context));
    if (kept) {
      context.events.kept(entry_);
      return {};
    }
  }
  ASSAY_TRY(const bool ready, prepare(cell, context));
  if (context.stop) return {};
  if (!ready) {
    context.events.launched(entry_);
    return {};
  }
  if (const auto truth = cell.truth(); !truth) {
    if (context.stop) return {};  // its evaluation was interrupted
    return std::unexpected(truth.error());
  }
  context.events.launching(entry_.contestant);
  auto launched = measure::cold_launch(participant_, folder_);
  if (context.stop) return {};
  if (!launched) {
    ASSAY_TRY_VOID(drop(launched.error(), context));
    context.events.launched(entry_);
    return {};
  }
  entry_.contestant.version = launched->description.version;
  declared_precision_ = launched->loaded.precision;
  step_s_ = launched->step_s;
  entry_.launch = launched->launch;
  if (const setup::Build* build = selection_.framework->build(selection_.variant->build))
    entry_.launch->footprint_bytes = setup::footprint_bytes(*selection_.framework, *build);
  entry_.launch->compute_type = declared_precision_;
  auto programs = std::move(entry_.launch->footprint.programs);
  entry_.launch->footprint = footprint_of(selection_, launched->code, folder_ / "home");
  entry_.launch->footprint.programs = std::move(programs);
  ASSAY_TRY_VOID(append(*entry_.launch, context));
  ASSAY_TRY_VOID(set_limit(cell, context));
  ASSAY_TRY(entry_.given, given(cell, context));
  ASSAY_TRY_VOID(append(*entry_.given, context));
  if (const auto judged = judge_launch(*launched, cell, context); !judged) {
    if (context.stop) return {};
    return judged;
  }
  for (const auto& answer : launched->answers) std::filesystem::remove(answer.path);
  racing_ = decide::is_class(entry_.accuracy.verdict);
  context.events.launched(entry_);
  return {};
}

measure::Racer Lane::racer() const {
  return {&participant_, entry_.launch ? entry_.launch->peak_bytes : std::nullopt, folder_ / "home", step_s_,
          &entry_.visits};
}

}  // namespace assay::session
