#include "report/json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "record/host_json.h"

namespace assay::report {
namespace {

using nlohmann::ordered_json;

// JSON has no NaN and no infinity: what is not known is null.
ordered_json number(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}

template <class T>
ordered_json optional(const std::optional<T>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json error_of(const record::Accuracy& accuracy) {
  if (accuracy.verdict == record::Verdict::unchecked) return nullptr;
  return {{"rel_l2", number(accuracy.rel_l2)},
          {"max_rel", number(accuracy.max_rel)},
          {"times_f32", number(accuracy.times_f32)},
          {"worst", accuracy.worst}};
}

ordered_json time_of(const record::Entry& entry) {
  if (!entry.time_ms) return nullptr;
  return {{"median", number(entry.time_ms->median)},
          {"low", number(entry.time_ms->low)},
          {"high", number(entry.time_ms->high)},
          {"samples", entry.samples},
          {"rounds", entry.rounds}};
}

ordered_json ratio_of(const record::Entry& entry) {
  if (!entry.ratio) return nullptr;
  return {{"to", entry.ratio_to},
          {"median", number(entry.ratio->median)},
          {"low", number(entry.ratio->low)},
          {"high", number(entry.ratio->high)}};
}

ordered_json start_of(const record::Entry& entry) {
  if (!entry.launch) return nullptr;
  return {{"cold", number(entry.launch->cold_s)},
          {"import", number(entry.launch->import_s)},
          {"load", number(entry.launch->load_s)},
          {"prepare", number(entry.launch->prepare_s)}};
}

ordered_json nodes_of(const record::Failure& failure) {
  ordered_json nodes = ordered_json::array();
  for (const auto& node : failure.nodes)
    nodes.push_back({{"node", node.node}, {"op", node.op}, {"message", node.message}});
  return nodes;
}

std::string reason_of(const record::Entry& entry) {
  if (entry.failure) return entry.failure->message;
  return entry.accuracy.reason;
}

ordered_json visits_of(const record::Entry& entry) {
  ordered_json visits = ordered_json::array();
  for (const auto& visit : entry.visits)
    visits.push_back({{"block", visit.block},
                      {"round", visit.round},
                      {"position", visit.position},
                      {"batch_ns", visit.batch_ns},
                      {"samples_ns", visit.samples_ns},
                      {"input_sets", visit.input_sets},
                      {"cpu_pressure", optional(visit.surroundings.cpu_pressure)},
                      {"steal", optional(visit.surroundings.steal)},
                      {"load", optional(visit.surroundings.load)},
                      {"threads", optional(visit.surroundings.threads)}});
  return visits;
}

ordered_json entry_json(const record::Entry& entry, bool samples) {
  ordered_json result = {
      {"contestant", entry.contestant.name()},
      {"framework", entry.contestant.framework},
      {"version", entry.contestant.version},
      {"variant", entry.contestant.variant},
      {"device", entry.contestant.device},
      {"model", entry.cell.model},
      {"size", entry.cell.size},
      {"workload", entry.cell.workload},
      {"precision", entry.cell.precision},
      {"outcome", record::name(entry.outcome)},
      {"reason", reason_of(entry)},
      {"verdict", record::name(entry.accuracy.verdict)},
      {"error", error_of(entry.accuracy)},
      {"time_ms", time_of(entry)},
      {"ratio", ratio_of(entry)},
      {"start_s", start_of(entry)},
      {"peak_bytes", entry.launch ? optional(entry.launch->peak_bytes) : nullptr},
      {"footprint_bytes", entry.launch ? optional(entry.launch->footprint_bytes) : nullptr},
  };
  if (entry.failure) {
    result["reason_code"] = record::name(entry.failure->reason);
    result["nodes"] = nodes_of(*entry.failure);
    result["stderr"] = entry.failure->stderr_tail;
  }
  if (samples) result["visits"] = visits_of(entry);
  return result;
}

}  // namespace

std::string to_json(const record::Run& run, bool samples) {
  ordered_json results = ordered_json::array();
  for (const auto& entry : run.entries) results.push_back(entry_json(entry, samples));
  const ordered_json document = {
      {"schema", 1},
      {"run", run.id},
      {"started", run.started},
      {"complete", run.complete},
      {"assay", run.assay},
      {"command", run.command},
      {"threads", run.threads},
      {"seed", run.seed},
      {"host", ordered_json::parse(record::host_to_json(run.host))},
      {"hashes", run.hashes},
      {"results", results},
  };
  return document.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace assay::report
