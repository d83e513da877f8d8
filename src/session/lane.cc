#include "session/lane.h"

#include <fmt/format.h>

#include "base/file.h"
#include "session/spec.h"
#include "setup/build.h"

namespace assay::session {
namespace {

using record::Failure;
using record::Outcome;
using record::Reason;

Failure unsupported(Reason reason, std::string message) {
  return {Outcome::unsupported, reason, std::move(message), {}, {}};
}

// Why the contestant cannot even be started, before anything of it is installed.
std::optional<Failure> obstacle(const setup::Selection& selection, const record::Host& host) {
  const std::string unmet = setup::unmet(*selection.variant, selection.device, host);
  if (unmet.empty()) return std::nullopt;
  return unsupported(Reason::device, unmet);
}

// Makes the build ready when the user allows it.
Result<std::optional<Failure>> make_ready(const setup::Framework& framework, const setup::Build& build,
                                          Context& context) {
  const auto state = setup::state(framework, build);
  if (state && *state == setup::BuildState::ready) return std::nullopt;
  if (!context.request.set_up)
    return unsupported(Reason::not_set_up, fmt::format("{} is not set up; do it with: assay setup {}",
                                                       framework.title, framework.name));
  const setup::Observer observer{
      .say = [&](std::string_view line) { context.events.setting_up(framework.name, line); },
      .output = [&](std::string_view line) { context.events.setup_output(line); },
  };
  const auto done = setup::set_up(framework, build, observer);
  if (!done) return unsupported(Reason::build, done.error().message);
  return std::nullopt;
}

}  // namespace

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

Result<> Lane::judge(std::span<const verify::Answer> answers, Cell& cell, Context& context) {
  ASSAY_TRY(const verify::Truth* truth, cell.truth(context.events, context.stop, declared_precision_));
  ASSAY_TRY(const auto judgement,
            verify::judge(*truth, answers, declared_precision_, context.request.threads));
  entry_.accuracy = verify::worse(entry_.accuracy, judgement.accuracy);
  return append(entry_.accuracy, context);
}

Result<> Lane::make_participant(Cell& cell, Context& context) {
  const bool gradient_graph = wants_gradient_graph(*selection_.variant, entry_.cell);
  ASSAY_TRY(const Materials* files, cell.materials(gradient_graph, context.events));
  ASSAY_TRY(auto spec, runner_spec(selection_, entry_.cell, *files, context.request, folder_));
  participant_ = {entry_.contestant, measure::launch_runner(std::move(spec), &context.stop)};
  return {};
}

// True when the contestant can be launched; otherwise its failure is stored.
Result<bool> Lane::prepare(Cell& cell, Context& context) {
  if (const auto failure = obstacle(selection_, context.request.host)) {
    ASSAY_TRY_VOID(drop(*failure, context));
    return false;
  }
  if (const setup::Build* build = selection_.framework->build(selection_.variant->build)) {
    ASSAY_TRY(const auto failure, make_ready(*selection_.framework, *build, context));
    if (failure) {
      ASSAY_TRY_VOID(drop(*failure, context));
      return false;
    }
  }
  ASSAY_TRY_VOID(make_participant(cell, context));
  return true;
}

Result<> Lane::launch(Cell& cell, Context& context) {
  ASSAY_TRY(const bool ready, prepare(cell, context));
  if (!ready) {
    context.events.launched(entry_);
    return {};
  }
  ASSAY_TRY([[maybe_unused]] const auto* truth, cell.truth(context.events, context.stop));
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
  ASSAY_TRY_VOID(append(*entry_.launch, context));
  const std::array<verify::Answer, 2> answers = {verify::Answer{0, launched->answers[0].path},
                                                 verify::Answer{1, launched->answers[1].path}};
  ASSAY_TRY_VOID(judge(answers, cell, context));
  for (const auto& answer : launched->answers) std::filesystem::remove(answer.path);
  racing_ = entry_.accuracy.verdict != record::Verdict::wrong;
  context.events.launched(entry_);
  return {};
}

measure::Racer Lane::racer() const {
  return {&participant_, entry_.launch ? entry_.launch->peak_bytes : std::nullopt, folder_ / "home", step_s_};
}

}  // namespace assay::session
