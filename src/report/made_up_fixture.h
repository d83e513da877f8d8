// Results and runs that nobody measured, for the tests of tables and sentences.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "decide/across.h"

namespace assay::report::made_up {

// One whose every step takes `ms`, but that rounds scatter by `scatter` around it, each framework in its own
// way.
inline record::ContestantResult timed(std::string framework, double ms, double scatter = 0, int rounds = 12) {
  record::ContestantResult result;
  const auto own = static_cast<int>(framework.front());
  result.contestant = {std::move(framework), "v", "cpu", "1"};
  result.cell = {"m", "full", "inference", "f32"};
  result.accuracy = {record::Verdict::exact, 1e-7, 1e-7, 1.25, "logits", ""};
  result.provenance = record::Provenance{"graph", "weights", "runner"};
  result.launch = record::Launch{.cold_s = 4.2, .peak_bytes = 540'000'000, .footprint_bytes = 3'000'000};
  for (int round = 0; round < rounds; ++round) {
    const double off = scatter * ((round * 7 + own * 5) % 11 - 5) / 5.0;
    const auto ns = static_cast<int64_t>(ms * 1e6 * (1 + off));
    result.visits.push_back({.block = round % 3, .round = round, .samples_ns = {ns, ns, ns}});
  }
  return result;
}

inline record::ContestantResult crashed(std::string framework) {
  record::ContestantResult result = timed(std::move(framework), 1, 0, 0);
  result.outcome = record::Outcome::crashed;
  result.failure = record::Failure{.outcome = record::Outcome::crashed, .message = "signal 11\nmore"};
  return result;
}

inline record::Run run_of(std::string id, std::vector<record::ContestantResult> results) {
  record::Run run;
  run.id = std::move(id);
  run.started = "2026-01-0" + run.id.substr(0, 1) + "T00:00:00Z";
  run.assay = "0.1.0";
  run.threads = 2;
  run.complete = true;
  run.host.name = "host";
  run.host.cpu = "a processor";
  run.host.os = "a system";
  run.results = std::move(results);
  return run;
}

inline decide::Measured measured(const record::Run& run, size_t result = 0) {
  return {&run.results[result], &run};
}

}  // namespace assay::report::made_up
