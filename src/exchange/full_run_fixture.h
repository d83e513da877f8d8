// A run in which every field says something, for tests.
#pragma once

#include <cmath>
#include <limits>
#include <string>

#include "record/measurement.h"

namespace assay::exchange {

inline record::Limits full_limits(const std::string& measured) {
  record::Limits limits{.measured = measured, .threads = 2, .disturbed = true};
  limits.peaks = {{"f32", 3e11, "A", {{"A", "kernel", 3e11}, {"B", "none", std::nullopt}}}};
  limits.levels = {{"L1", 98304, 1e12, 49152}, {"DRAM", std::nullopt, 2.5e10, 1 << 28}};
  limits.bandwidth = {{4096, 1e11, {{"streams-4", 2, 1e11}, {"ascending", 1, 0.1}}}};
  limits.large_pages = 0.75;
  return limits;
}

inline record::Host full_host() {
  record::Host host{.name = "host-0123456789ab",
                    .os = "an OS",
                    .kernel = "Linux 6.1",
                    .arch = "x86_64",
                    .cpu = "A CPU \"with\" quotes"};
  host.cpu_design = "AuthenticAMD family 26 model 2 stepping 1";
  host.cores = 2;
  host.cpus = 4;
  host.quota_cpus = 1.5;
  host.core_groups = {{"performance", 1, {0, 2}, 2400, 3600, "powersave"}};
  host.thermal_events = 7;
  host.memory_bytes = (int64_t{1} << 53) + 1;
  host.governor = "schedutil";
  host.cpu_features = {"avx2", "fma"};
  host.gpus = {"a GPU"};
  host.isolation_gaps = {"the network"};
  host.limits = full_limits("2026-01-01T00:00:00Z");
  return host;
}

inline record::Visit full_visit(int block, int round) {
  record::Visit visit;
  visit.block = block;
  visit.round = round;
  visit.position = 2;
  visit.started_ns = std::numeric_limits<int64_t>::max() - round;
  visit.batch_ns = (int64_t{1} << 53) + 1;
  visit.cpu_ns = 1800;
  visit.cpu_window_ns = 410;
  visit.samples_ns = {300, int64_t{7} * 24 * 3600 * 1'000'000'000, 2};
  visit.parts_ns = {200, 90, 5, 6, 1, 1};
  visit.requests = {{1, 500}, {2, 900}};
  visit.sets = 4;
  visit.inputs_ns = 77;
  visit.ahead_ns = -7;
  visit.asked_ns = 8;
  visit.surroundings = {.cpu_pressure = 0.1,
                        .steal = 1e-310,
                        .load = 0.5,
                        .energy_j = 12.5,
                        .other_cpus = 1.7976931348623157e308,
                        .threads = 3,
                        .cpus = 2,
                        .throttled = 4,
                        .thermal_events = 0,
                        .suspended_s = 1.0 / 3};
  return visit;
}

inline record::Launch full_launch() {
  record::Launch launch{4.5, 3, 1, 0.1, 1'000'000'007, 900, 700, 300, 0.875, "f32", {}};
  launch.footprint = {.build = "venv-0123456789abcdef",
                      .packages = {{"sample", "2.15.0+cpu", "cp311"}},
                      .mapped = {{"lib/libsample.so", record::Origin::framework, 10, 20}},
                      .linkage = "dynamic",
                      .programs = {"g++", "ld"}};
  return launch;
}

inline record::ContestantResult full_result(const std::string& variant) {
  record::ContestantResult result;
  result.contestant = {"sample", variant, "cpu", "2.15"};
  result.cell = {"m", "tiny", "inference", "f32"};
  result.accuracy = {record::Verdict::f32_fast, 1e-7, 2e-7, 1.5, "logits", "nearly"};
  result.launch = full_launch();
  result.warm_starts = {{0, 3.5, 2, 1, 0.5}, {1, 3.25, 2, 1, 0.25}};
  result.limit = record::StepLimit{2e9, 1e9, 5e8, 128, "tokens", 100.5, 0.3};
  result.provenance = record::Provenance{"graph 1", "weights 1", "runner 1"};
  result.runner = record::RunnerDescription{"Sample", "a CPU", 3, "in a hurry", {{"wheel", "1.0+cpu"}}};
  result.tensor_errors = {{"logits", 1e-7, 2e-7, 1.5}, {"loss", 0.1, 0.2, 0.3}};
  result.visits = {full_visit(0, 0), full_visit(0, 1), full_visit(1, 2)};
  result.complete = true;
  return result;
}

// One that failed when it was measured already; figures that are none.
inline record::ContestantResult failed_result(const std::string& variant) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  record::ContestantResult result = full_result(variant);
  result.outcome = record::Outcome::unsupported;
  result.failure = record::Failure{record::Outcome::unsupported,
                                   record::Reason::op,
                                   "two nodes, caf\xC3\xA9",
                                   {{"n1", "Attention", "why"}, {"n2", "X", ""}},
                                   "the last line\n\ta tab"};
  result.accuracy = {
      record::Verdict::wrong, kNan, std::numeric_limits<double>::infinity(), kNan, "logits", "not finite"};
  result.tensor_errors = {{"logits", kNan, 1, 2}};
  result.complete = false;
  return result;
}

// Complete, with both kinds of results.
inline record::Run full_run(const std::string& id = "20260101-000000-abcd") {
  record::Run run;
  run.id = id;
  run.label = "before the update";
  run.started = "2026-01-01T00:00:00Z";
  run.clock = record::ClockAnchor{81234567890, 1'767'225'600'000'000'001};
  run.assay = "0.1.0";
  run.revision = "0123456789ab+changes";
  run.command = "assay run -m x";
  run.arguments = {"run", "-m", "x \"y\"", "/models/caf\xe9"};  // a file name that is not UTF-8
  run.directory = "/home/somebody";
  run.program = "0123";
  run.host = full_host();
  run.threads = 2;
  run.cpus = {0, 2};
  run.kept_environment = {{"OMP_PLACES", "cores"}};
  run.unset_environment = {"MKL_NUM_THREADS"};
  run.seed = std::numeric_limits<uint64_t>::max();
  run.target = 0.03;
  run.complete = true;
  run.hashes = {{"graph m/tiny/inference", "00ff"}, {"weights m/tiny/inference", "ff00"}};
  run.looks = {full_limits("2026-01-01T00:01:00Z"), full_limits("2026-01-01T00:02:00Z")};
  run.results = {full_result("eager"), failed_result("compile")};
  return run;
}

// The same, interrupted: a cell was left out, one result lacks visits and one is not there at all.
inline record::Run partial_run(const std::string& id = "20260101-000000-abcd") {
  record::Run run = full_run(id);
  run.complete = false;
  run.hashes.clear();
  run.looks.pop_back();
  run.results.pop_back();
  run.results[0].visits.pop_back();
  run.results[0].warm_starts.pop_back();
  run.results[0].complete = false;
  run.faults = {{{"m", "tiny", "training", "f32"}, "no room"}};
  return run;
}

}  // namespace assay::exchange
