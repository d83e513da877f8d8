// Whether two runs are equal, field by field, for tests. It takes each record apart into all its fields, so
// that a field that is added does not compile here until it is compared, and exchanged.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <tuple>
#include <vector>

#include "record/measurement.h"

namespace assay::exchange {

// Equal, or both not a number.
inline void expect_number(double a, double b) {
  if (std::isnan(a) || std::isnan(b))
    EXPECT_EQ(std::isnan(a), std::isnan(b));
  else
    EXPECT_EQ(a, b);
}

template <class T, class Expect>
void expect_each(const std::vector<T>& a, const std::vector<T>& b, const Expect& expect) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) expect(a[i], b[i]);
}

template <class T, class Expect>
void expect_if(const std::optional<T>& a, const std::optional<T>& b, const Expect& expect) {
  ASSERT_EQ(a.has_value(), b.has_value());
  if (a) expect(*a, *b);
}

inline void expect_equal(const record::Limits& a, const record::Limits& b) {
  const auto& [measured, threads, disturbed, peaks, levels, bandwidth, large_pages] = a;
  EXPECT_EQ(std::tie(measured, threads, disturbed, large_pages),
            std::tie(b.measured, b.threads, b.disturbed, b.large_pages));
  expect_each(peaks, b.peaks, [](const record::Peak& left, const record::Peak& right) {
    const auto& [precision, flop_per_s, source, products] = left;
    EXPECT_EQ(std::tie(precision, flop_per_s, source),
              std::tie(right.precision, right.flop_per_s, right.source));
    expect_each(products, right.products, [](const record::Product& one, const record::Product& other) {
      const auto& [library, kernel, rate] = one;
      EXPECT_EQ(std::tie(library, kernel, rate), std::tie(other.library, other.source, other.flop_per_s));
    });
  });
  expect_each(levels, b.levels, [](const record::MemoryLevel& left, const record::MemoryLevel& right) {
    const auto& [name, bytes, bytes_per_s, read_bytes] = left;
    EXPECT_EQ(std::tie(name, bytes, bytes_per_s, read_bytes),
              std::tie(right.name, right.bytes, right.bytes_per_s, right.read_bytes));
  });
  expect_each(bandwidth, b.bandwidth, [](const record::Bandwidth& left, const record::Bandwidth& right) {
    const auto& [bytes, bytes_per_s, readings] = left;
    EXPECT_EQ(std::tie(bytes, bytes_per_s), std::tie(right.bytes, right.bytes_per_s));
    expect_each(readings, right.readings, [](const record::Reading& one, const record::Reading& other) {
      const auto& [kernel, count, rate] = one;
      EXPECT_EQ(std::tie(kernel, count, rate), std::tie(other.kernel, other.threads, other.bytes_per_s));
    });
  });
}

inline void expect_equal(const record::Host& a, const record::Host& b) {
  const auto& [name, os, kernel, arch, cpu, cpu_design, cores, cpus, quota_cpus, core_groups, thermal_events,
               memory_bytes, governor, cpu_features, gpus, isolation_gaps, limits] = a;
  EXPECT_EQ(std::tie(name, os, kernel, arch, cpu, cpu_design, cores, cpus),
            std::tie(b.name, b.os, b.kernel, b.arch, b.cpu, b.cpu_design, b.cores, b.cpus));
  EXPECT_EQ(std::tie(quota_cpus, thermal_events, memory_bytes, governor, cpu_features, gpus, isolation_gaps),
            std::tie(b.quota_cpus, b.thermal_events, b.memory_bytes, b.governor, b.cpu_features, b.gpus,
                     b.isolation_gaps));
  expect_each(core_groups, b.core_groups, [](const record::CoreGroup& left, const record::CoreGroup& right) {
    const auto& [kind, node, in_group, mhz, highest_mhz, of_group] = left;
    EXPECT_EQ(std::tie(kind, node, in_group, mhz, highest_mhz, of_group),
              std::tie(right.kind, right.node, right.cpus, right.mhz, right.highest_mhz, right.governor));
  });
  expect_if(limits, b.limits,
            [](const record::Limits& left, const record::Limits& right) { expect_equal(left, right); });
}

inline void expect_equal(const record::Footprint& a, const record::Footprint& b) {
  const auto& [build, packages, mapped, linkage, programs] = a;
  EXPECT_EQ(std::tie(build, linkage, programs), std::tie(b.build, b.linkage, b.programs));
  expect_each(packages, b.packages, [](const record::Package& left, const record::Package& right) {
    const auto& [name, version, tag] = left;
    EXPECT_EQ(std::tie(name, version, tag), std::tie(right.name, right.version, right.tag));
  });
  expect_each(mapped, b.mapped, [](const record::MappedFile& left, const record::MappedFile& right) {
    const auto& [path, origin, code_bytes, bytes] = left;
    EXPECT_EQ(std::tie(path, origin, code_bytes, bytes),
              std::tie(right.path, right.origin, right.code_bytes, right.bytes));
  });
}

inline void expect_equal(const record::Launch& a, const record::Launch& b) {
  const auto& [cold_s, import_s, load_s, prepare_s, peak_bytes, footprint_bytes, anonymous_bytes, file_bytes,
               dropped_share, compute_type, footprint] = a;
  EXPECT_EQ(std::tie(cold_s, import_s, load_s, prepare_s, peak_bytes, footprint_bytes),
            std::tie(b.cold_s, b.import_s, b.load_s, b.prepare_s, b.peak_bytes, b.footprint_bytes));
  EXPECT_EQ(std::tie(anonymous_bytes, file_bytes, dropped_share, compute_type),
            std::tie(b.anonymous_bytes, b.file_bytes, b.dropped_share, b.compute_type));
  expect_equal(footprint, b.footprint);
}

inline void expect_equal(const record::Accuracy& a, const record::Accuracy& b) {
  const auto& [verdict, rel_l2, max_rel, times_f32, worst, reason] = a;
  EXPECT_EQ(std::tie(verdict, worst, reason), std::tie(b.verdict, b.worst, b.reason));
  expect_number(rel_l2, b.rel_l2);
  expect_number(max_rel, b.max_rel);
  expect_number(times_f32, b.times_f32);
}

inline void expect_equal(const record::TensorError& a, const record::TensorError& b) {
  const auto& [tensor, rel_l2, max_rel, times_f32] = a;
  EXPECT_EQ(tensor, b.tensor);
  expect_number(rel_l2, b.rel_l2);
  expect_number(max_rel, b.max_rel);
  expect_number(times_f32, b.times_f32);
}

inline void expect_equal(const record::Failure& a, const record::Failure& b) {
  const auto& [outcome, reason, message, nodes, stderr_tail] = a;
  EXPECT_EQ(std::tie(outcome, reason, message, stderr_tail),
            std::tie(b.outcome, b.reason, b.message, b.stderr_tail));
  expect_each(nodes, b.nodes, [](const record::NodeIssue& left, const record::NodeIssue& right) {
    const auto& [node, op, text] = left;
    EXPECT_EQ(std::tie(node, op, text), std::tie(right.node, right.op, right.message));
  });
}

inline void expect_equal(const record::Visit& a, const record::Visit& b) {
  const auto& [block, round, position, started_ns, batch_ns, cpu_ns, cpu_window_ns, samples_ns, parts_ns,
               requests, sets, inputs_ns, ahead_ns, asked_ns, surroundings] = a;
  EXPECT_EQ(
      std::tie(block, round, position, started_ns, batch_ns, cpu_ns, cpu_window_ns, samples_ns, parts_ns),
      std::tie(b.block, b.round, b.position, b.started_ns, b.batch_ns, b.cpu_ns, b.cpu_window_ns,
               b.samples_ns, b.parts_ns));
  EXPECT_EQ(std::tie(sets, inputs_ns, ahead_ns, asked_ns),
            std::tie(b.sets, b.inputs_ns, b.ahead_ns, b.asked_ns));
  expect_each(requests, b.requests, [](const record::StepRequest& left, const record::StepRequest& right) {
    const auto& [steps, ns] = left;
    EXPECT_EQ(std::tie(steps, ns), std::tie(right.steps, right.ns));
  });
  const auto& [cpu_pressure, steal, load, energy_j, other_cpus, threads, cpus, throttled, thermal_events,
               suspended_s] = surroundings;
  const record::Surroundings& others = b.surroundings;
  EXPECT_EQ(std::tie(cpu_pressure, steal, load, energy_j, other_cpus),
            std::tie(others.cpu_pressure, others.steal, others.load, others.energy_j, others.other_cpus));
  EXPECT_EQ(
      std::tie(threads, cpus, throttled, thermal_events, suspended_s),
      std::tie(others.threads, others.cpus, others.throttled, others.thermal_events, others.suspended_s));
}

inline void expect_equal(const record::WarmStart& a, const record::WarmStart& b) {
  const auto& [block, total_s, import_s, load_s, prepare_s] = a;
  EXPECT_EQ(std::tie(block, total_s, import_s, load_s, prepare_s),
            std::tie(b.block, b.total_s, b.import_s, b.load_s, b.prepare_s));
}

inline void expect_equal(const record::StepLimit& a, const record::StepLimit& b) {
  const auto& [flops, least_flops, least_bytes, items, item, compute_ms, memory_ms] = a;
  EXPECT_EQ(std::tie(flops, least_flops, least_bytes, items, item, compute_ms, memory_ms),
            std::tie(b.flops, b.least_flops, b.least_bytes, b.items, b.item, b.compute_ms, b.memory_ms));
}

inline void expect_equal(const record::ContestantResult& a, const record::ContestantResult& b) {
  const auto& [contestant, cell, outcome, failure, accuracy, launch, warm_starts, limit, provenance, runner,
               tensor_errors, visits, complete] = a;
  const auto equal = [](const auto& left, const auto& right) { expect_equal(left, right); };
  const auto& [framework, variant, device, version] = contestant;
  EXPECT_EQ(
      std::tie(framework, variant, device, version),
      std::tie(b.contestant.framework, b.contestant.variant, b.contestant.device, b.contestant.version));
  EXPECT_EQ(std::tie(cell, outcome, runner, complete), std::tie(b.cell, b.outcome, b.runner, b.complete));
  expect_if(failure, b.failure, equal);
  expect_equal(accuracy, b.accuracy);
  expect_if(launch, b.launch, equal);
  expect_each(warm_starts, b.warm_starts, equal);
  expect_if(limit, b.limit, equal);
  expect_if(provenance, b.provenance, [](const record::Provenance& left, const record::Provenance& right) {
    const auto& [graph, weights, key] = left;
    EXPECT_EQ(std::tie(graph, weights, key), std::tie(right.graph_hash, right.weights_key, right.runner_key));
  });
  expect_each(tensor_errors, b.tensor_errors, equal);
  expect_each(visits, b.visits, equal);
}

inline void expect_equal(const record::Run& a, const record::Run& b) {
  const auto& [id, label, started, clock, assay, revision, command, arguments, directory, program, host,
               threads, cpus, kept, unset, seed, target, complete, hashes, looks, results, faults] = a;
  const auto equal = [](const auto& left, const auto& right) { expect_equal(left, right); };
  EXPECT_EQ(std::tie(id, label, started, clock, assay, revision, command, arguments),
            std::tie(b.id, b.label, b.started, b.clock, b.assay, b.revision, b.command, b.arguments));
  EXPECT_EQ(std::tie(directory, program, threads, cpus, kept, unset, seed, target, complete, hashes),
            std::tie(b.directory, b.program, b.threads, b.cpus, b.kept_environment, b.unset_environment,
                     b.seed, b.target, b.complete, b.hashes));
  expect_equal(host, b.host);
  expect_each(looks, b.looks, equal);
  expect_each(results, b.results, equal);
  expect_each(faults, b.faults, [](const record::CellFault& left, const record::CellFault& right) {
    const auto& [cell, reason] = left;
    EXPECT_EQ(std::tie(cell, reason), std::tie(right.cell, right.reason));
  });
}

}  // namespace assay::exchange
