// `assay judge` (hidden): how the gate judges contestants, and what it makes of runners with a mistake in
// them. For whoever writes a runner, and for the thresholds (bench/gate).
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "cache/cache.h"
#include "cli/chosen_model.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/places.h"
#include "host/host.h"
#include "models/graph_folder.h"
#include "setup/variables.h"
#include "trials/trial.h"

namespace assay::cli {
namespace {

using nlohmann::json;
using trials::Trial;

// A figure that is infinite is no figure.
json number(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }

json to_json(const verify::TensorError& error) {
  return {{"tensor", error.tensor},
          {"set", error.set},
          {"rel_l2", number(error.rel_l2)},
          {"max_rel", number(error.max_rel)},
          {"times_f32", number(error.times_f32)},
          {"tolerance_share", number(error.tolerance_share)},
          {"declared_share", number(error.declared_share)}};
}

json to_json(const std::vector<record::NodeIssue>& nodes) {
  json list = json::array();
  for (const auto& [node, op, message] : nodes)
    list.push_back({{"node", node}, {"op", op}, {"message", message}});
  return list;
}

json to_json(const setup::ContestantSpec& contestant, const record::Cell& cell, const Trial& trial,
             bool tensors) {
  const record::Accuracy& accuracy = trial.judgement.accuracy;
  json document = {
      {"contestant", contestant.name()},
      {"model", cell.model},
      {"size", cell.size},
      {"workload", cell.workload},
      {"mutant", trial.mutant},
      {"by_hash", trial.by_hash},
      {"graph", trial.graph_hash},
      {"answered", !trial.failure},
      {"outcome", trial.failure ? record::name(trial.failure->outcome) : "ok"},
      {"nodes", to_json(trial.failure ? trial.failure->nodes : std::vector<record::NodeIssue>())},
      {"verdict", record::name(accuracy.verdict)},
      {"reason", trial.failure ? trial.failure->message : accuracy.reason},
      {"worst", accuracy.worst},
      {"times_f32", number(accuracy.times_f32)},
      {"insensitive", trial.judgement.insensitive}};
  if (const auto& smallest = trial.judgement.smallest_gradient)
    document["smallest_gradient"] = {
        {"tensor", smallest->tensor}, {"set", smallest->set}, {"share", number(smallest->share)}};
  if (!tensors) return document;
  document["tensors"] = json::array();
  for (const auto& error : trial.judgement.errors) document["tensors"].push_back(to_json(error));
  return document;
}

// The verdict, or what there is instead of one.
std::string verdict_of(const Trial& trial) {
  if (!trial.failure) return std::string(record::name(trial.judgement.accuracy.verdict));
  return trial.mutant.empty() ? std::string(record::name(trial.failure->outcome)) : "not answered";
}

std::string reason_of(const Trial& trial) {
  if (!trial.failure) return trial.judgement.accuracy.reason;
  const auto& failure = *trial.failure;
  return trial.mutant.empty() ? failure.message
                              : fmt::format("{}: {}", record::name(failure.outcome), failure.message);
}

void print_trial(const setup::ContestantSpec& contestant, const record::Cell& cell, const Trial& trial) {
  const double share = trial.judgement.errors.empty() ? 0 : trial.judgement.errors.front().tolerance_share;
  print("{:<34} {:<10} {:<24} {:<12} {:>10.3g}  {}\n", contestant.name(), cell.workload,
        trial.mutant.empty() ? "-" : trial.mutant, verdict_of(trial), share, reason_of(trial));
  if (const auto& smallest = trial.judgement.smallest_gradient; smallest && trial.mutant.empty())
    print("  smallest gradient: {}, {:.2g} of the RMS of all\n", smallest->tensor, smallest->share);
}

Result<session::Request> resolve(const JudgeArguments& arguments,
                                 const std::vector<setup::Framework>& frameworks) {
  session::Request request;
  request.host = host::this_machine();
  if (!arguments.graphs.empty()) {
    ASSAY_TRY(request.models, models::models_in(arguments.graphs));
  } else {
    for (const std::string& name : arguments.models) {
      ASSAY_TRY(request.models.emplace_back(), chosen_model(name, arguments.size, arguments.model_file));
    }
  }
  ASSAY_TRY(request.contestants, setup::select(frameworks, arguments.contestants, request.host));
  request.workloads = arguments.workloads;
  request.sizes = arguments.sizes;
  request.threads = std::max(1, request.host.cores);
  request.cpus = host::share_for(request.threads).cpus;
  request.environment = setup::runner_environment(frameworks, host::given_environment());
  request.assay = executable();
  request.sdk = source_dir() / "sdk";
  return request;
}

// Those asked for. Fails (usage) with a name that none has.
Result<std::vector<mutants::Mutant>> chosen_mutants(const JudgeArguments& arguments) {
  const auto all = mutants::all();
  if (arguments.mutant.empty()) return std::vector(all.begin(), all.end());
  std::vector<mutants::Mutant> chosen;
  for (const std::string& name : arguments.mutant) {
    const auto found = std::ranges::find(all, name, &mutants::Mutant::name);
    if (found == all.end()) return fail(ErrorKind::usage, "there is no mutant {}", name);
    chosen.push_back(*found);
  }
  return chosen;
}

// The cells of the models that are asked for.
using Cells = std::vector<std::pair<const models::Model*, std::string>>;
Result<Cells> wanted_cells(const session::Request& request) {
  Cells cells;
  for (const auto& model : request.models) {
    ASSAY_TRY(const auto workloads, session::workloads_of(model, request));
    for (const std::string& workload : workloads) cells.emplace_back(&model, workload);
  }
  return cells;
}

// Every contestant on the honest graph of every cell; `tell` gets each trial.
template <class Tell>
Result<> try_honest(session::RunContext& context, const Tell& tell) {
  std::vector<session::PreparedCell> cells;
  ASSAY_TRY(const auto wanted, wanted_cells(context.request));
  for (const auto& [model, workload] : wanted) {
    ASSAY_TRY(auto cell, session::PreparedCell::build(*model, workload, context));
    cells.push_back(std::move(cell));
  }
  for (const auto& contestant : context.request.contestants) {
    if (context.stop) return {};
    ASSAY_TRY_VOID(trials::try_each(contestant, cells, context, [&](const auto& cell, const Trial& trial) {
      tell(contestant, cell.name(), trial);
    }));
  }
  return {};
}

// Every contestant on every cell and its mutants; `tell` gets each trial.
template <class Tell>
Result<> try_mutants(std::span<const mutants::Mutant> mutants, session::RunContext& context,
                     const Tell& tell) {
  ASSAY_TRY(const auto wanted, wanted_cells(context.request));
  for (const auto& [model, workload] : wanted) {
    ASSAY_TRY(session::PreparedCell cell, session::PreparedCell::build(*model, workload, context));
    for (const auto& contestant : session::contestants_of(context.request, cell.workload())) {
      if (context.stop) return {};
      ASSAY_TRY(const auto trials, trials::try_out(contestant, cell, mutants, context));
      for (const Trial& trial : trials) tell(contestant, cell.name(), trial);
    }
  }
  return {};
}

template <class Tell>
Result<> try_all(const JudgeArguments& arguments, session::RunContext& context, const Tell& tell) {
  if (!arguments.mutants) return try_honest(context, tell);
  ASSAY_TRY(const auto mutants, chosen_mutants(arguments));
  return try_mutants(mutants, context, tell);
}

// 1: an honest runner was refused, or a mutant was not; 3: a contestant failed, or a mutant was not answered.
int exit_code(trials::Finding worst) {
  if (interrupted()) return 130;
  if (worst == trials::Finding::failed) return 1;
  return worst == trials::Finding::not_answered ? 3 : 0;
}

Result<int> judge(const JudgeArguments& arguments) {
  ASSAY_TRY(const auto frameworks, setup::scan(source_dir() / "frameworks"));
  ASSAY_TRY(const auto request, resolve(arguments, frameworks));
  ASSAY_TRY(const auto store, store::open_sqlite(":memory:"));
  ASSAY_TRY(const auto in_use, cache::use_cache());
  runner::sweep_leftovers();
  catch_interrupts();
  session::Events events;
  session::RunContext context{request,       *store, events,
                              interrupted(), "",     cache::runs_dir() / fmt::format("judge-{}", ::getpid())};
  ASSAY_TRY(const auto lock, cache::lock_run(context.scratch));
  json results = json::array();
  auto worst = trials::Finding::held;
  const auto done =
      try_all(arguments, context, [&](const auto& contestant, const auto& cell, const Trial& trial) {
        worst = std::min(worst, trials::finding(trial));
        if (arguments.json)
          results.push_back(to_json(contestant, cell, trial, arguments.tensors));
        else
          print_trial(contestant, cell, trial);
      });
  std::error_code ignored;
  std::filesystem::remove_all(context.scratch, ignored);
  if (!done && !interrupted()) return std::unexpected(done.error());
  if (arguments.json) print_json({{"schema", 1}, {"results", results}}, 1);
  return exit_code(worst);
}

}  // namespace

int run(const JudgeArguments& arguments) {
  const auto result = judge(arguments);
  return result ? *result : report_error(result.error());
}

}  // namespace assay::cli
