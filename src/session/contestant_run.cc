#include "session/contestant_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/file.h"
#include "decide/cpu_time.h"
#include "decide/ranking.h"
#include "decide/step_faults.h"
#include "record/device.h"
#include "session/least_resources.h"
#include "session/resume.h"
#include "session/spec.h"
#include "session/step_limit.h"
#include "setup/build.h"
#include "setup/footprint.h"
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
std::optional<Failure> obstacle(const setup::ContestantSpec& contestant, const PreparedCell& cell,
                                const Request& request) {
  if (const auto unmet = setup::unmet(*contestant.variant, contestant.device, request.host); !unmet.empty())
    return unsupported(Reason::device, unmet);
  const auto shortage =
      memory_shortage(least_resources(cell.workload()), request.host.memory_bytes,
                      memory_limit_bytes(request), record::without_threads(contestant.device) == "cpu");
  if (!shortage.empty()) return unsupported(Reason::memory, shortage);
  return std::nullopt;
}

// Makes the build ready when the user allows it.
Result<std::optional<Failure>> make_ready(const setup::Framework& framework, const setup::Build& build,
                                          RunContext& context) {
  const auto state = setup::state(framework, build);
  if (!state) return Failure{Outcome::failed, Reason::none, state.error().message, {}, {}};
  const bool ready = *state == setup::BuildState::ready;
  if (ready && !context.request.set_up) return std::nullopt;
  if (!context.request.set_up)
    return unsupported(Reason::not_set_up, fmt::format("{} is not set up; do it with: assay setup {}",
                                                       framework.title, framework.name));
  const setup::SetupObserver observer{
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
Result<std::string> key_of_runner(const setup::ContestantSpec& contestant, const Request& request) {
  const setup::Framework& framework = *contestant.framework;
  const std::array folders = {framework.directory, request.sdk / "python"};
  ASSAY_TRY(std::string key, setup::files_key(folders));
  if (const setup::Build* build = framework.build(contestant.variant->build)) {
    ASSAY_TRY(const auto installed, setup::build_dir(framework, *build));
    ASSAY_TRY(const auto compiled, setup::runner_key(framework, *build));
    key += fmt::format(" {} {}", installed.filename().string(), compiled);
  }
  return key;
}

// What the contestant's runner had mapped after its first step, and the packages of its build. `home` is
// where its compilers write.
record::Footprint footprint_of(const setup::ContestantSpec& contestant, const runner::Code& code,
                               const std::filesystem::path& home) {
  std::filesystem::path build_dir;
  if (const setup::Build* build = contestant.framework->build(contestant.variant->build))
    build_dir = setup::build_dir(*contestant.framework, *build).value_or("");
  std::vector<record::MappedFile> mapped;
  for (const auto& [path, size] : code.mapped)
    mapped.push_back({path, record::Origin::system, size.code_bytes, size.bytes});
  return setup::footprint(build_dir, home, std::move(mapped), code.program,
                          contestant.framework->device_runtimes);
}

record::RunnerDescription described(const measure::ColdLaunch& launched, const std::string& device) {
  record::RunnerDescription result;
  result.framework = launched.description.framework;
  const auto& devices = launched.description.devices;
  const auto named = record::without_threads(device);
  if (const auto own = std::ranges::find(devices, named, &runner::Device::name); own != devices.end())
    result.device = own->description;
  if (launched.loaded.threads > 0) result.threads = launched.loaded.threads;
  result.notes = launched.loaded.notes;
  result.details = launched.description.details;
  return result;
}

}  // namespace

verify::Answer to_judge(const measure::FetchedAnswer& answer) {
  return {answer.set, answer.path, answer.stamp};
}

ContestantRun::ContestantRun(setup::ContestantSpec contestant, const record::Cell& cell,
                             std::filesystem::path folder)
    : contestant_(std::move(contestant)), folder_(std::move(folder)) {
  result_.contestant = {contestant_.framework->name, contestant_.variant->name, contestant_.device, ""};
  result_.cell = cell;
}

Result<> ContestantRun::append(const store::Piece& piece, RunContext& context) {
  if (!key_) {
    ASSAY_TRY(key_, context.store.add_result(context.run_id, result_.contestant, result_.cell));
  }
  return context.store.append(*key_, piece);
}

Result<> ContestantRun::drop(const Failure& failure, RunContext& context) {
  result_.outcome = failure.outcome;
  result_.failure = failure;
  measurable_ = false;
  return append(failure, context);
}

Result<> ContestantRun::add(const record::Visit& visit, RunContext& context) {
  result_.visits.push_back(visit);
  return append(visit, context);
}

Result<> ContestantRun::add(const record::WarmStart& start, RunContext& context) {
  result_.warm_starts.push_back(start);
  return append(start, context);
}

Result<> ContestantRun::set_limit(const PreparedCell& cell, RunContext& context) {
  if (!result_.launch) return {};
  result_.limit = step_limit(cell, contestant_.device, result_.launch->compute_type, context.limits);
  return append(*result_.limit, context);
}

Result<> ContestantRun::judge(const verify::Truth& truth, std::span<const verify::Answer> answers,
                              RunContext& context) {
  ASSAY_TRY(const auto judgement,
            verify::judge(truth, answers, declared_precision_, context.request.threads));
  result_.accuracy = verify::worse(result_.accuracy, judgement.accuracy);
  ASSAY_TRY_VOID(append(result_.accuracy, context));
  return keep_errors(judgement, context);
}

// Those that are larger than what is known of their tensors; all at the first time.
Result<> ContestantRun::keep_errors(const verify::Judgement& judgement, RunContext& context) {
  record::TensorErrors larger;
  for (const auto& error : judgement.errors) {
    auto known = std::ranges::find(result_.tensor_errors, error.tensor, &record::TensorError::tensor);
    if (known == result_.tensor_errors.end())
      known = result_.tensor_errors.insert(known, {.tensor = error.tensor});
    else if (error.rel_l2 <= known->rel_l2 && error.max_rel <= known->max_rel &&
             error.times_f32 <= known->times_f32)
      continue;
    *known = {error.tensor, std::max(known->rel_l2, error.rel_l2), std::max(known->max_rel, error.max_rel),
              std::max(known->times_f32, error.times_f32)};
    larger.push_back(*known);
  }
  return larger.empty() ? Result<>() : append(larger, context);
}

Result<> ContestantRun::look_for_faults(RunContext& context) {
  if (result_.accuracy.verdict == record::Verdict::wrong) return {};
  std::string fault = record::work_put_off(costs_);
  if (fault.empty()) fault = decide::step_fault(result_.visits);
  if (fault.empty())
    fault = decide::too_much_cpu_time(result_.visits, threads_of(contestant_, context.request));
  if (fault.empty()) return {};
  result_.accuracy.verdict = record::Verdict::wrong;
  result_.accuracy.reason = std::move(fault);
  return append(result_.accuracy, context);
}

Result<> ContestantRun::make_launchable(PreparedCell& cell, RunContext& context) {
  ASSAY_TRY(launchable_, launchable(cell, context, folder_));
  return {};
}

Result<measure::LaunchableContestant> ContestantRun::launchable(PreparedCell& cell, RunContext& context,
                                                                const std::filesystem::path& folder) const {
  const bool gradient_graph = wants_gradient_graph(*contestant_.variant, result_.cell);
  ASSAY_TRY(const materials::Materials* files, cell.materials(gradient_graph));
  ASSAY_TRY(auto spec, runner_spec(contestant_, result_.cell, *files, context.request, folder));
  return measure::LaunchableContestant{
      result_.contestant, context.outside.launcher(std::move(spec), &context.stop), cell.inputs()};
}

Result<std::optional<record::Accuracy>> ContestantRun::judge_between_steps(PreparedCell& cell,
                                                                           RunContext& context) {
  if (!takes_graph(*contestant_.variant)) return std::nullopt;
  ASSAY_TRY(PreparedCell* const pieces, cell.between_steps());
  if (pieces == nullptr) return std::nullopt;
  const std::filesystem::path folder = folder_ / "between-steps";
  ASSAY_TRY(const auto once_more, launchable(*pieces, context, folder));
  const auto launched = measure::cold_launch(once_more, folder);
  if (context.stop) return std::nullopt;
  if (!launched) {
    record::Failure failure = launched.error();
    failure.message = kBetweenSteps + failure.message;
    ASSAY_TRY_VOID(drop(failure, context));
    return std::nullopt;
  }
  ASSAY_TRY(const verify::Truth* truth, pieces->truth(declared_precision_));
  const std::array answers = {to_judge(launched->answers[0]), to_judge(launched->answers[1])};
  ASSAY_TRY(auto judgement, verify::judge(*truth, answers, declared_precision_, context.request.threads));
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return between_steps(std::move(judgement.accuracy));
}

// True when the contestant can be launched; otherwise its failure is stored.
Result<bool> ContestantRun::prepare(PreparedCell& cell, RunContext& context) {
  if (const auto failure = obstacle(contestant_, cell, context.request)) {
    ASSAY_TRY_VOID(drop(*failure, context));
    return false;
  }
  if (const setup::Build* build = contestant_.framework->build(contestant_.variant->build)) {
    ASSAY_TRY(const auto failure, make_ready(*contestant_.framework, *build, context));
    if (failure && context.stop) return false;  // interrupted: nobody's failure
    if (failure) {
      ASSAY_TRY_VOID(drop(*failure, context));
      return false;
    }
  }
  ASSAY_TRY_VOID(make_launchable(cell, context));
  return true;
}

Result<record::Provenance> ContestantRun::provenance(PreparedCell& cell, RunContext& context) const {
  const bool gradient_graph = wants_gradient_graph(*contestant_.variant, result_.cell);
  ASSAY_TRY(const materials::Materials* files, cell.materials(gradient_graph));
  ASSAY_TRY(auto runner_key, key_of_runner(contestant_, context.request));
  return record::Provenance{files->graph_hash, files->weights_key, std::move(runner_key)};
}

Result<> ContestantRun::finish(RunContext& context) {
  result_.complete = true;
  return append(record::Completed{}, context);
}

// A contestant that failed, was wrong or has all its visits is done. One that passed its cold launch keeps
// it, and the visits it has; what was begun only is begun anew.
Result<bool> ContestantRun::take_over(const record::ContestantResult& stored, PreparedCell& cell,
                                      RunContext& context) {
  ASSAY_TRY(key_, context.store.add_result(context.run_id, stored.contestant, stored.cell));
  const bool judged = stored.launch && stored.accuracy.verdict != record::Verdict::unchecked;
  if (!stored.failure && !judged) return false;
  ASSAY_TRY(const record::Provenance now, provenance(cell, context));
  ASSAY_TRY_VOID(check_same(stored, now));
  result_ = stored;
  if (stored.failure || stored.complete || stored.accuracy.verdict == record::Verdict::wrong) return true;
  ASSAY_TRY(measurable_, prepare(cell, context));
  const std::string& declared = stored.launch->compute_type;
  declared_precision_ = declared.empty() ? "f32" : declared;
  if (!stored.visits.empty())
    step_s_ = static_cast<double>(stored.visits.back().batch_ns) * 1e-9 /
              static_cast<double>(stored.visits.back().samples_ns.size());
  std::error_code ec;  // a folder that is missing shows when the runner starts
  std::filesystem::create_directories(folder_, ec);
  return true;
}

Result<> ContestantRun::judge_launch(const measure::ColdLaunch& launched, PreparedCell& cell,
                                     RunContext& context) {
  costs_ = launched.costs;
  ASSAY_TRY(const verify::Truth* truth, cell.truth(declared_precision_));
  const std::array answers = {to_judge(launched.answers[0]), to_judge(launched.answers[1])};
  ASSAY_TRY(const auto pieces, judge_between_steps(cell, context));
  if (pieces) result_.accuracy = *pieces;
  ASSAY_TRY_VOID(judge(*truth, answers, context));
  return look_for_faults(context);
}

Result<> ContestantRun::launch(PreparedCell& cell, RunContext& context) {
  if (const auto* stored = stored_result(context.request, result_.contestant, result_.cell)) {
    ASSAY_TRY(const bool kept, take_over(*stored, cell, context));
    if (kept) {
      context.events.kept(result_);
      return {};
    }
  }
  ASSAY_TRY(const bool ready, prepare(cell, context));
  if (context.stop) return {};
  if (!ready) {
    context.events.launched(result_);
    return {};
  }
  if (const auto truth = cell.truth(); !truth) {
    if (context.stop) return {};  // its evaluation was interrupted
    return std::unexpected(truth.error());
  }
  context.events.launching(result_.contestant);
  auto launched = measure::cold_launch(launchable_, folder_);
  if (context.stop) return {};
  if (!launched) {
    ASSAY_TRY_VOID(drop(launched.error(), context));
    context.events.launched(result_);
    return {};
  }
  result_.contestant.version = launched->description.version;
  declared_precision_ = launched->loaded.precision;
  step_s_ = launched->step_s;
  result_.launch = launched->launch;
  if (const setup::Build* build = contestant_.framework->build(contestant_.variant->build))
    result_.launch->footprint_bytes = setup::footprint_bytes(*contestant_.framework, *build);
  result_.launch->compute_type = declared_precision_;
  auto programs = std::move(result_.launch->footprint.programs);
  result_.launch->footprint = footprint_of(contestant_, launched->code, folder_ / "home");
  result_.launch->footprint.programs = std::move(programs);
  ASSAY_TRY_VOID(append(*result_.launch, context));
  result_.runner = described(*launched, result_.contestant.device);
  ASSAY_TRY_VOID(append(*result_.runner, context));
  ASSAY_TRY_VOID(set_limit(cell, context));
  ASSAY_TRY(result_.provenance, provenance(cell, context));
  ASSAY_TRY_VOID(append(*result_.provenance, context));
  if (const auto judged = judge_launch(*launched, cell, context); !judged) {
    if (context.stop) return {};
    return judged;
  }
  for (const auto& answer : launched->answers) std::filesystem::remove(answer.path);
  measurable_ = !result_.failure && decide::is_class(result_.accuracy.verdict);
  context.events.launched(result_);
  return {};
}

measure::LaunchedContestant ContestantRun::launched_contestant() const {
  return {&launchable_, result_.launch ? result_.launch->peak_bytes : std::nullopt, folder_ / "home", step_s_,
          &result_.visits};
}

}  // namespace assay::session
