// What of each record is exchanged, and under which name: one table for both directions (encode.h,
// decode.cc). The names are those of docs/json.md. What is absent is left out. Private to exchange/.
#pragma once

#include <concepts>
#include <type_traits>

#include "record/measurement.h"

namespace assay::exchange {

// A record to read from, or one to fill.
template <class T, class Record>
concept Either = std::same_as<std::remove_const_t<T>, Record>;

template <class Field>
void each_field(Field& field, Either<record::Cell> auto& cell) {
  field("model", cell.model);
  field("size", cell.size);
  field("workload", cell.workload);
  field("precision", cell.precision);
}

template <class Field>
void each_field(Field& field, Either<record::Contestant> auto& contestant) {
  field("framework", contestant.framework);
  field("variant", contestant.variant);
  field("device", contestant.device);
  field("version", contestant.version);
}

template <class Field>
void each_field(Field& field, Either<record::Launch> auto& launch) {
  field("cold_s", launch.cold_s);
  field("import_s", launch.import_s);
  field("load_s", launch.load_s);
  field("prepare_s", launch.prepare_s);
  field("peak_bytes", launch.peak_bytes);
  field("footprint_bytes", launch.footprint_bytes);
  field("anonymous_bytes", launch.anonymous_bytes);
  field("file_bytes", launch.file_bytes);
  field("dropped_share", launch.dropped_share);
  field("compute_type", launch.compute_type);
  field("footprint", launch.footprint);
}

template <class Field>
void each_field(Field& field, Either<record::WarmStart> auto& start) {
  field("block", start.block);
  field("total_s", start.total_s);
  field("import_s", start.import_s);
  field("load_s", start.load_s);
  field("prepare_s", start.prepare_s);
}

template <class Field>
void each_field(Field& field, Either<record::StepLimit> auto& limit) {
  field("flops", limit.flops);
  field("least_flops", limit.least_flops);
  field("least_bytes", limit.least_bytes);
  field("items", limit.items);
  field("item", limit.item);
  field("compute_ms", limit.compute_ms);
  field("memory_ms", limit.memory_ms);
}

template <class Field>
void each_field(Field& field, Either<record::Provenance> auto& provenance) {
  field("graph", provenance.graph_hash);
  field("weights", provenance.weights_key);
  field("runner", provenance.runner_key);
}

template <class Field>
void each_field(Field& field, Either<record::RunnerDescription> auto& runner) {
  field("framework", runner.framework);
  field("device", runner.device);
  field("threads", runner.threads);
  field("notes", runner.notes);
  field("details", runner.details);
}

template <class Field>
void each_field(Field& field, Either<record::Accuracy> auto& accuracy) {
  field("verdict", accuracy.verdict);
  field("rel_l2", accuracy.rel_l2);
  field("max_rel", accuracy.max_rel);
  field("times_f32", accuracy.times_f32);
  field("worst", accuracy.worst);
  field("reason", accuracy.reason);
}

template <class Field>
void each_field(Field& field, Either<record::TensorError> auto& error) {
  field("tensor", error.tensor);
  field("rel_l2", error.rel_l2);
  field("max_rel", error.max_rel);
  field("times_f32", error.times_f32);
}

template <class Field>
void each_field(Field& field, Either<record::NodeIssue> auto& issue) {
  field("node", issue.node);
  field("op", issue.op);
  field("message", issue.message);
}

template <class Field>
void each_field(Field& field, Either<record::Failure> auto& failure) {
  field("outcome", failure.outcome);
  field("reason_code", failure.reason);
  field("message", failure.message);
  field("nodes", failure.nodes);
  field("stderr", failure.stderr_tail);
}

template <class Field>
void each_field(Field& field, Either<record::Surroundings> auto& surroundings) {
  field("cpu_pressure", surroundings.cpu_pressure);
  field("steal", surroundings.steal);
  field("load", surroundings.load);
  field("energy_j", surroundings.energy_j);
  field("other_cpus", surroundings.other_cpus);
  field("threads", surroundings.threads);
  field("cpus", surroundings.cpus);
  field("throttled", surroundings.throttled);
  field("thermal_events", surroundings.thermal_events);
  field("suspended_s", surroundings.suspended_s);
}

template <class Field>
void each_field(Field& field, Either<record::Visit> auto& visit) {
  field("block", visit.block);
  field("round", visit.round);
  field("position", visit.position);
  field("started_ns", visit.started_ns);
  field("batch_ns", visit.batch_ns);
  field("cpu_ns", visit.cpu_ns);
  field("cpu_window_ns", visit.cpu_window_ns);
  field("samples_ns", visit.samples_ns);
  field("parts_ns", visit.parts_ns);
  field("requests", visit.requests);
  field("sets", visit.sets);
  field("inputs_ns", visit.inputs_ns);
  field("ahead_ns", visit.ahead_ns);
  field("asked_ns", visit.asked_ns);
  each_field(field, visit.surroundings);
}

// Without the visits, which are lines of their own. The outcome is that of the failure.
template <class Field>
void each_field(Field& field, Either<record::ContestantResult> auto& result) {
  each_field(field, result.contestant);
  each_field(field, result.cell);
  field("complete", result.complete);
  field("failure", result.failure);
  field("accuracy", result.accuracy);
  field("launch", result.launch);
  field("warm_starts", result.warm_starts);
  field("limit", result.limit);
  field("provenance", result.provenance);
  field("runner", result.runner);
  field("tensor_errors", result.tensor_errors);
}

template <class Field>
void each_field(Field& field, Either<record::CellFault> auto& fault) {
  each_field(field, fault.cell);
  field("reason", fault.reason);
}

template <class Field>
void each_field(Field& field, Either<record::ClockAnchor> auto& clock) {
  field("monotonic_ns", clock.monotonic_ns);
  field("unix_ns", clock.unix_ns);
}

// Without the results, which are lines of their own.
template <class Field>
void each_field(Field& field, Either<record::Run> auto& run) {
  field("id", run.id);
  field("label", run.label);
  field("started", run.started);
  field("clock", run.clock);
  field("assay", run.assay);
  field("revision", run.revision);
  field("command", run.command);
  field("arguments", run.arguments);
  field("directory", run.directory);
  field("program", run.program);
  field("host", run.host);
  field("threads", run.threads);
  field("cpus", run.cpus);
  field("kept_environment", run.kept_environment);
  field("unset_environment", run.unset_environment);
  field("seed", run.seed);
  field("target", run.target);
  field("complete", run.complete);
  field("hashes", run.hashes);
  field("limits_looks", run.looks);
  field("faults", run.faults);
}

}  // namespace assay::exchange
