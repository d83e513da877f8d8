#include "report/json.h"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "decide/derived.h"
#include "decide/limit.h"
#include "decide/ranking.h"
#include "decide/sweep.h"
#include "record/device.h"
#include "record/disturbance.h"
#include "record/host_json.h"
#include "report/cell_json.h"
#include "report/notes.h"
#include "report/sweep.h"
#include "report/thread_counts.h"

namespace assay::report {
namespace {

using decide::Summary;
using nlohmann::ordered_json;

constexpr std::array kOrigins = {record::Origin::framework, record::Origin::interpreter,
                                 record::Origin::device_runtime, record::Origin::driver,
                                 record::Origin::system};

// JSON has no NaN and no infinity: what is not known is null.
ordered_json number(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}

template <class T>
ordered_json optional(const std::optional<T>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json low_of(const decide::Figure& figure) {
  return figure.interval ? number(figure.interval->low) : ordered_json(nullptr);
}

ordered_json high_of(const decide::Figure& figure) {
  return figure.interval ? number(figure.interval->high) : ordered_json(nullptr);
}

ordered_json error_of(const record::Accuracy& accuracy) {
  if (accuracy.verdict == record::Verdict::unchecked) return nullptr;
  return {{"rel_l2", number(accuracy.rel_l2)},
          {"max_rel", number(accuracy.max_rel)},
          {"times_f32", number(accuracy.times_f32)},
          {"worst", accuracy.worst}};
}

ordered_json time_of(const Summary& summary) {
  if (!summary.time_ms) return nullptr;
  return {{"median", number(summary.time_ms->median)},
          {"low", low_of(*summary.time_ms)},
          {"high", high_of(*summary.time_ms)},
          {"p50", optional(summary.percentiles_ms.p50)},
          {"p90", optional(summary.percentiles_ms.p90)},
          {"p95", optional(summary.percentiles_ms.p95)},
          {"p99", optional(summary.percentiles_ms.p99)},
          {"samples", summary.samples},
          {"rounds", summary.rounds},
          {"blocks", summary.blocks},
          {"disturbed_rounds", summary.disturbed}};
}

ordered_json part_of(const std::optional<decide::Figure>& figure) {
  if (!figure) return nullptr;
  return {{"median", number(figure->median)}, {"low", low_of(*figure)}, {"high", high_of(*figure)}};
}

ordered_json ratio_of(const Summary& summary) {
  if (!summary.ratio) return nullptr;
  return {{"to", optional(summary.ratio_to)}, {"median", number(summary.ratio->median)},
          {"low", low_of(*summary.ratio)},    {"high", high_of(*summary.ratio)},
          {"pairs", summary.pairs},           {"comparison", stats::name(summary.comparison)},
          {"margin", summary.margin}};
}

// In which ranking of its cell the entry is: the name of its class.
ordered_json ranking_of(const Summary& summary) {
  if (!decide::is_ranked(summary)) return nullptr;
  return record::name(summary.result->accuracy.verdict);
}

// Its place in its ranking, and whether it is the fastest there, as far as that is known.
ordered_json place_of(const Summary& summary) {
  if (!decide::is_ranked(summary) || !summary.place.number) return nullptr;
  return {{"number", *summary.place.number}, {"shared", summary.place.shared}};
}

ordered_json fastest_of(const Summary& summary) {
  if (!decide::is_ranked(summary)) return nullptr;
  if (summary.place.fastest) return "yes";
  return summary.place.number.value_or(1) == 1 ? "perhaps" : "no";
}

ordered_json warm_of(const Summary& summary) {
  const auto warm = decide::warm_start(*summary.result);
  if (!warm) return nullptr;
  return {{"total", number(warm->total_s)},
          {"import", number(warm->import_s)},
          {"load", number(warm->load_s)},
          {"prepare", number(warm->prepare_s)},
          {"launches", summary.result->warm_starts.size()}};
}

ordered_json start_of(const Summary& summary) {
  if (!summary.result->launch) return nullptr;
  return {{"cold", number(summary.result->launch->cold_s)},
          {"import", number(summary.result->launch->import_s)},
          {"load", number(summary.result->launch->load_s)},
          {"prepare", number(summary.result->launch->prepare_s)},
          {"dropped_share", optional(summary.result->launch->dropped_share)},
          {"warm", warm_of(summary)}};
}

ordered_json memory_of(const Summary& summary) {
  if (!summary.result->launch) return nullptr;
  return {{"anonymous_bytes", optional(summary.result->launch->anonymous_bytes)},
          {"file_bytes", optional(summary.result->launch->file_bytes)}};
}

ordered_json mapped_of(const record::Footprint& footprint) {
  if (footprint.mapped.empty()) return nullptr;
  ordered_json mapped;
  for (const auto origin : kOrigins) {
    const auto size = footprint.size(origin);
    mapped[std::string(record::name(origin))] = {{"code_bytes", size.code_bytes}, {"bytes", size.bytes}};
  }
  return mapped;
}

ordered_json footprint_of(const Summary& summary) {
  if (!summary.result->launch) return nullptr;
  const record::Footprint& footprint = summary.result->launch->footprint;
  ordered_json packages = ordered_json::array();
  for (const auto& package : footprint.packages)
    packages.push_back({{"name", package.name}, {"version", package.version}, {"tag", package.tag}});
  return {{"build", footprint.build},
          {"installed_bytes", optional(summary.result->launch->footprint_bytes)},
          {"packages", packages},
          {"mapped", mapped_of(footprint)},
          {"linkage", footprint.linkage.empty() ? ordered_json(nullptr) : ordered_json(footprint.linkage)},
          {"programs", footprint.programs}};
}

ordered_json limit_of(const Summary& summary) {
  if (!summary.result->limit) return nullptr;
  const record::StepLimit& limit = *summary.result->limit;
  const auto ms = decide::limit_ms(summary), measured_ms = decide::measured_limit_ms(summary);
  ordered_json bound = nullptr;
  if (ms) bound = limit.compute_ms >= limit.memory_ms ? "compute" : "memory";
  return {{"ms", optional(ms)},
          {"measured_ms", optional(measured_ms)},
          {"source", ms ? ordered_json(decide::source_of_limit(summary)) : ordered_json(nullptr)},
          {"share", optional(decide::share_of_limit(summary))},
          {"bound", bound},
          {"compute_ms", optional(limit.compute_ms)},
          {"memory_ms", optional(limit.memory_ms)},
          {"flops", number(limit.flops)},
          {"least_flops", number(limit.least_flops)},
          {"least_bytes", number(limit.least_bytes)}};
}

ordered_json derived_of(const Summary& summary) {
  if (!summary.result->limit && summary.result->visits.empty()) return nullptr;
  const auto derived = decide::derived(summary);
  return {{"flop_per_s", optional(derived.flop_per_s)},
          {"items_per_s", optional(derived.items_per_s)},
          {"item", summary.result->limit ? ordered_json(summary.result->limit->item) : ordered_json(nullptr)},
          {"joules_per_step", optional(derived.joules_per_step)}};
}

ordered_json nodes_of(const record::Failure& failure) {
  ordered_json nodes = ordered_json::array();
  for (const auto& node : failure.nodes)
    nodes.push_back({{"node", node.node}, {"op", node.op}, {"message", node.message}});
  return nodes;
}

// What the runner says of itself.
ordered_json runner_of(const record::ContestantResult& result) {
  if (!result.runner) return nullptr;
  const record::RunnerDescription& runner = *result.runner;
  return {{"framework", runner.framework},
          {"device", runner.device},
          {"threads", optional(runner.threads)},
          {"notes", runner.notes},
          {"details", runner.details},
          {"key", result.provenance ? ordered_json(result.provenance->runner_key) : ordered_json(nullptr)}};
}

ordered_json tensors_of(const record::ContestantResult& result) {
  ordered_json tensors = ordered_json::array();
  for (const auto& error : result.tensor_errors)
    tensors.push_back({{"tensor", error.tensor},
                       {"rel_l2", number(error.rel_l2)},
                       {"max_rel", number(error.max_rel)},
                       {"times_f32", number(error.times_f32)}});
  return tensors;
}

ordered_json clock_of(const record::Run& run) {
  if (!run.clock) return nullptr;
  return {{"monotonic_ns", run.clock->monotonic_ns}, {"unix_ns", run.clock->unix_ns}};
}

std::string reason_of(const Summary& summary) {
  if (summary.result->failure) return summary.result->failure->message;
  return summary.result->accuracy.reason;
}

// Steps and time of each request.
ordered_json requests_of(const record::Visit& visit) {
  ordered_json requests = ordered_json::array();
  for (const auto& request : visit.requests) requests.push_back({request.steps, request.ns});
  return requests;
}

ordered_json visits_of(const Summary& summary) {
  ordered_json visits = ordered_json::array();
  for (const auto& visit : summary.result->visits)
    visits.push_back({{"block", visit.block},
                      {"round", visit.round},
                      {"position", visit.position},
                      {"batch_ns", visit.batch_ns},
                      {"cpu_ns", optional(visit.cpu_ns)},
                      {"cpu_window_ns", optional(visit.cpu_window_ns)},
                      {"samples_ns", visit.samples_ns},
                      {"parts_ns", optional(visit.parts_ns)},
                      {"requests", requests_of(visit)},
                      {"sets", visit.sets},
                      {"inputs_ns", visit.inputs_ns},
                      {"ahead_ns", visit.ahead_ns},
                      {"asked_ns", optional(visit.asked_ns)},
                      {"cpu_pressure", optional(visit.surroundings.cpu_pressure)},
                      {"steal", optional(visit.surroundings.steal)},
                      {"load", optional(visit.surroundings.load)},
                      {"energy_j", optional(visit.surroundings.energy_j)},
                      {"threads", optional(visit.surroundings.threads)},
                      {"other_cpus", optional(visit.surroundings.other_cpus)},
                      {"cpus", optional(visit.surroundings.cpus)},
                      {"throttled", optional(visit.surroundings.throttled)},
                      {"thermal_events", optional(visit.surroundings.thermal_events)},
                      {"disturbed", record::disturbed(visit.surroundings)}});
  return visits;
}

ordered_json result_json(const record::Run& run, const Summary& summary, bool samples) {
  ordered_json result = {
      {"contestant", summary.result->contestant.name()},
      {"framework", summary.result->contestant.framework},
      {"version", summary.result->contestant.version},
      {"variant", summary.result->contestant.variant},
      {"device", summary.result->contestant.device},
      {"model", summary.result->cell.model},
      {"size", summary.result->cell.size},
      {"workload", summary.result->cell.workload},
      {"kind", record::kind_of(summary.result->cell.workload)},
      {"request", request_json(decide::request_of(run, summary.result->cell))},
      {"threads", record::threads_of(summary.result->contestant.device).value_or(run.threads)},
      {"precision", summary.result->cell.precision},
      {"outcome", record::name(summary.result->outcome)},
      {"reason", reason_of(summary)},
      {"verdict", record::name(summary.result->accuracy.verdict)},
      {"error", error_of(summary.result->accuracy)},
      {"time_ms", time_of(summary)},
      {"first_token_ms", part_of(summary.first_token_ms)},
      {"further_token_ms", part_of(summary.further_token_ms)},
      {"ratio", ratio_of(summary)},
      {"ranking", ranking_of(summary)},
      {"place", place_of(summary)},
      {"fastest", fastest_of(summary)},
      {"half_width", optional(summary.half_width)},
      {"reached_target", optional(summary.reached_target)},
      {"why_wide", optional(summary.why_wide)},
      {"start_s", start_of(summary)},
      {"peak_bytes", summary.result->launch ? optional(summary.result->launch->peak_bytes) : nullptr},
      {"memory", memory_of(summary)},
      {"footprint_bytes",
       summary.result->launch ? optional(summary.result->launch->footprint_bytes) : nullptr},
      {"footprint", footprint_of(summary)},
      {"limit", limit_of(summary)},
      {"derived", derived_of(summary)},
      {"runner", runner_of(*summary.result)},
  };
  if (summary.result->failure) {
    result["reason_code"] = record::name(summary.result->failure->reason);
    result["nodes"] = nodes_of(*summary.result->failure);
    result["stderr"] = summary.result->failure->stderr_tail;
  }
  if (samples) result["tensor_errors"] = tensors_of(*summary.result);
  if (samples) result["visits"] = visits_of(summary);
  return result;
}

}  // namespace

ordered_json document(const record::Run& run, std::span<const decide::Summaries> cells, bool samples) {
  ordered_json looks = ordered_json::array();
  for (const auto& look : run.looks) looks.push_back(ordered_json::parse(record::limits_to_json(look)));
  ordered_json results = ordered_json::array();
  for (const auto& cell : cells)
    for (const Summary& summary : cell) results.push_back(result_json(run, summary, samples));
  ordered_json wholes = ordered_json::array();
  for (const auto& cell : cells) {
    wholes.push_back(cell_json(cell));
    if (!cell.empty()) wholes.back()["thread_counts"] = thread_json(cell, run.threads);
  }
  ordered_json swept = ordered_json::array();
  for (const auto& sweep : decide::sweeps(run, cells)) swept.push_back(sweep_json(sweep));
  ordered_json faults = ordered_json::array();
  for (const auto& [cell, reason] : run.faults)
    faults.push_back({{"model", cell.model},
                      {"size", cell.size},
                      {"workload", cell.workload},
                      {"precision", cell.precision},
                      {"reason", reason}});
  return {
      {"schema", 3},
      {"run", run.id},
      {"label", optional(run.label)},
      {"started", run.started},
      {"complete", run.complete},
      {"clock", clock_of(run)},
      {"assay", run.assay},
      {"revision", optional(run.revision)},
      {"command", run.command},
      {"threads", run.threads},
      {"cpus", run.cpus},
      {"kept_environment", run.kept_environment},
      {"unset_environment", run.unset_environment},
      {"notes", notes(run)},
      {"seed", run.seed},
      {"target", optional(run.target)},
      {"host", ordered_json::parse(record::host_to_json(run.host))},
      {"limits_looks", looks},
      {"hashes", run.hashes},
      {"faults", faults},
      {"cells", wholes},
      {"sweeps", swept},
      {"results", results},
  };
}

std::string to_json(const record::Run& run, std::span<const decide::Summaries> cells, bool samples) {
  return document(run, cells, samples).dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace assay::report
