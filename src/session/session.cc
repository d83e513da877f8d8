#include "session/session.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <random>

#include "base/clock.h"
#include "base/file_lock.h"
#include "base/utc.h"
#include "base/version.h"
#include "cache/cache.h"
#include "decide/summary.h"
#include "session/contestant_run.h"
#include "session/limits_watch.h"
#include "session/measure_cell.h"
#include "session/resume.h"

namespace assay::session {
namespace fs = std::filesystem;

namespace {

record::Run new_run(const Request& request) {
  record::Run run;
  run.id = fmt::format("{}-{:04x}", utc_now("%Y%m%d-%H%M%S"), std::random_device()() & 0xFFFF);
  run.started = utc_now();
  run.clock = record::ClockAnchor{now_ns(), unix_ns()};
  run.label = request.label;
  run.assay = kVersion;
  run.revision = request.revision;
  run.command = request.command;
  run.arguments = request.arguments;
  run.directory = request.directory;
  run.program = request.program;
  run.host = request.host;
  run.threads = request.threads;
  run.cpus = request.cpus;
  run.kept_environment = request.environment.kept;
  run.unset_environment = request.environment.unset;
  if (!request.rounds) run.target = request.target;
  run.seed = request.seed;
  return run;
}

// A stored run without its results, which come again one by one.
record::Run begun_before(record::Run run) {
  run.results.clear();
  run.faults.clear();
  return run;
}

// "latency[@4096]" as the name of a folder.
std::string folder_name(std::string workload) {
  const auto plain = [](unsigned char c) { return std::isalnum(c) != 0; };
  std::ranges::replace_if(workload, std::not_fn(plain), '-');
  return workload;
}

double minutes_to_set_up(const setup::ContestantSpec& contestant) {
  const setup::Build* build = contestant.framework->build(contestant.variant->build);
  return build == nullptr ? 0 : build->minutes;
}

// Set-up, cold launches, rounds. Returns whether all was done.
Result<bool> measure(std::span<ContestantRun> contestants, PreparedCell& cell, RunContext& context) {
  for (ContestantRun& contestant : contestants)
    if (!context.stop) ASSAY_TRY_VOID(contestant.launch(cell, context));
  ASSAY_TRY(const bool complete, measure_cell(contestants, cell, context));
  ASSAY_TRY_VOID(recheck_limits(contestants, cell, context));
  return complete;
}

// One cell from set-up to summary; its results are appended to the run's. Returns whether it was completed.
Result<bool> run_cell(PreparedCell& cell, RunContext& context, record::Run& run) {
  std::vector<ContestantRun> contestants;
  for (const auto& contestant : contestants_of(context.request, cell.workload()))
    contestants.emplace_back(
        contestant, cell.name(),
        context.scratch / fmt::format("{}-{}", folder_name(cell.name().workload), contestants.size()));
  const auto complete = measure(contestants, cell, context);
  const auto fault = cell.fault();
  if (!complete && !fault) return complete;
  const size_t first = run.results.size();
  for (const ContestantRun& contestant : contestants)
    if (contestant.stored()) run.results.push_back(contestant.result());
  context.events.cell_finished(decide::summarise(std::span(run.results).subspan(first), run.target));
  if (complete || !fault) return complete;
  // The other cells can still be measured.
  run.faults.push_back({cell.name(), fault->message});
  ASSAY_TRY_VOID(context.store.append(context.run_id, run.faults.back()));
  context.events.cell_failed(run.faults.back());
  return false;
}

// What identifies the cell's data, for the run's record.
Result<> keep_hashes(PreparedCell& cell, record::Run& run) {
  ASSAY_TRY(const materials::Materials* files, cell.materials(false));
  const std::string name = fmt::format("{}/{}/{}", cell.name().model, cell.name().size, cell.name().workload);
  run.hashes["graph " + name] = files->graph_hash;
  run.hashes["weights " + name] = files->weights_key;
  run.hashes["request " + name] = cell.request();
  return {};
}

Result<> run_cells(RunContext& context, record::Run& run) {
  std::vector<std::pair<const models::Model*, std::string>> plan;
  for (const auto& model : context.request.models) {
    ASSAY_TRY(const auto workloads, workloads_of(model, context.request));
    for (const std::string& workload : workloads) plan.emplace_back(&model, workload);
  }
  run.complete = true;
  for (size_t i = 0; i < plan.size() && !context.stop; ++i) {
    ASSAY_TRY(PreparedCell cell, PreparedCell::build(*plan[i].first, plan[i].second, context));
    context.events.cell_started(cell.name(), i, plan.size(),
                                contestants_of(context.request, cell.workload()).size());
    ASSAY_TRY(const bool complete, run_cell(cell, context, run));
    if (!context.stop && !cell.fault()) ASSAY_TRY_VOID(keep_hashes(cell, run));
    run.complete = run.complete && complete;
  }
  run.complete = run.complete && !context.stop;
  return {};
}

}  // namespace

Result<std::vector<std::string>> workloads_of(const models::Model& model, const Request& request) {
  return models::swept(model, request.workloads, request.sizes);
}

bool takes_part(const setup::Variant& variant, const models::Workload& workload) {
  const bool has_its_file = variant.model != setup::ModelForm::original || workload.original.has_value();
  return has_its_file && variant.runs(workload.name);
}

std::vector<setup::ContestantSpec> contestants_of(const Request& request, const models::Workload& workload) {
  std::vector<setup::ContestantSpec> result;
  for (const auto& contestant : request.contestants)
    if (takes_part(*contestant.variant, workload)) result.push_back(contestant);
  std::ranges::stable_sort(result, {}, minutes_to_set_up);
  return result;
}

Result<record::Run> run(const Request& request, store::Store& store, Events& events,
                        const std::atomic<bool>& stop, const Outside& outside) {
  if (request.resume) ASSAY_TRY_VOID(check_resumable(*request.resume, request));
  record::Run run = request.resume ? begun_before(*request.resume) : new_run(request);
  RunContext context{request, store, events, stop, run.id, cache::runs_dir() / run.id};
  context.outside = outside;
  ASSAY_TRY(const auto in_use, cache::use_cache());
  ASSAY_TRY(const auto lock, cache::lock_run(context.scratch));
  if (!request.resume) ASSAY_TRY_VOID(store.begin(run));
  events.started(run);
  const auto done = run_cells(context, run);
  run.looks.insert(run.looks.end(), context.looks.begin(), context.looks.end());
  std::error_code ec;
  fs::remove_all(context.scratch, ec);
  if (!done) return std::unexpected(done.error());
  if (run.complete) ASSAY_TRY_VOID(store.finish(run));
  return run;
}

}  // namespace assay::session
