// Launches as measured machines show them, drawn at random: for the tests of the intervals and for
// bench/coverage, which hold them to their promise under the stopping rule.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "stats/compare.h"
#include "stats/random.h"
#include "stats/sampling_plan.h"

namespace assay::stats {

struct Machine {
  double between = 0.01;      // standard deviation of a launch's own level: memory layout, threads' places
  double within = 0.04;       // and of a visit around it, in what it contributes to a comparison
  double spike_share = 0.05;  // of the visits are hit by something that adds
  double spike_most = 0.5;    // up to this share of their time
  double drift = 0.05;        // from round to round, the same for all
};

// When measuring stops: as measure/block_loop.h does it, at the end of a block.
struct Rounds {
  double target = kTarget;
  int least_blocks = kFewestBlocks;
  int most_blocks = 15;  // then the budget is spent
  int per_block = kRoundsOfABlock;
};

struct Simulated {
  Estimate ratio;
  bool reached_target = false;
};

// The visits of one block of a contestant that takes `factor` times the baseline's time.
inline void simulate_block(const Machine& machine, double factor, int block, const std::vector<double>& drift,
                           Random& random, std::vector<VisitSamples>& visits) {
  const double level = factor * std::exp(machine.between * random.normal());
  for (size_t round = 0; round < drift.size(); ++round) {
    const double spike = random.uniform() < machine.spike_share ? machine.spike_most * random.uniform() : 0;
    const double time = level * drift[round] * std::exp(machine.within * random.normal()) * (1 + spike);
    visits.push_back({block, static_cast<int>(round), {time}});
  }
}

// A comparison from its first block to its stop.
inline Simulated simulate(const Machine& machine, double factor, const Rounds& rounds, Random& random) {
  std::vector<VisitSamples> ours, theirs;
  Simulated result;
  double now = 1;
  for (int block = 0; block < rounds.most_blocks && !result.reached_target; ++block) {
    std::vector<double> drift;
    for (int i = 0; i < rounds.per_block; ++i)
      drift.push_back(now *= std::exp(machine.drift * random.normal()));
    simulate_block(machine, factor, block, drift, random, ours);
    simulate_block(machine, 1, block, drift, random, theirs);
    if (block + 1 < rounds.least_blocks) continue;
    result.ratio = *ratio_of(ours, theirs);
    result.reached_target = half_width(result.ratio).value_or(1) <= kAim * rounds.target;
  }
  return result;
}

// What many comparisons came to.
struct Coverage {
  double contains = 0;        // share whose interval holds the true ratio
  double differs = 0;         // share called faster or slower
  double reached_target = 0;  // share that reached the target
  double half_width = 0;      // the median one
  double rounds = 0;          // on average
};

inline Coverage coverage(const Machine& machine, double factor, const Rounds& rounds, int trials,
                         uint64_t seed) {
  Random random(seed, "coverage");
  Coverage result;
  std::vector<double> widths;
  for (int trial = 0; trial < trials; ++trial) {
    const Simulated one = simulate(machine, factor, rounds, random);
    const Bounds& interval = *one.ratio.interval;
    result.contains += interval.low <= factor && factor <= interval.high;
    const Comparison said = verdict(one.ratio);
    result.differs += said == Comparison::faster || said == Comparison::slower;
    result.reached_target += one.reached_target;
    result.rounds += static_cast<double>(one.ratio.count);
    widths.push_back(*half_width(one.ratio));
  }
  for (double* share : {&result.contains, &result.differs, &result.reached_target, &result.rounds})
    *share /= trials;
  std::vector<double> sorted = widths;
  result.half_width =
      sorted.empty() ? 0 : (std::sort(sorted.begin(), sorted.end()), sorted[sorted.size() / 2]);
  return result;
}

// A machine on which whole runs differ, all their contestants alike.
struct RunsMachine {
  Machine launches;
  double between_runs = 0.04;  // standard deviation, in logarithms
};

// One run of a contestant that takes `factor` times as long as the control beside it.
struct SimulatedRun {
  Estimate ratio;  // to the control
  Estimate time;
};

inline SimulatedRun simulate_run(const RunsMachine& machine, double factor, Random& random) {
  const double level = std::exp(machine.between_runs * random.normal());
  std::vector<VisitSamples> ours, control;
  const Rounds rounds;
  SimulatedRun result;
  for (int block = 0; block < rounds.most_blocks; ++block) {
    std::vector<double> drift;
    for (int i = 0; i < rounds.per_block; ++i)
      drift.push_back(level * std::exp(machine.launches.drift / 2 * random.normal()));
    simulate_block(machine.launches, factor, block, drift, random, ours);
    simulate_block(machine.launches, 1, block, drift, random, control);
    if (block + 1 < rounds.least_blocks) continue;
    result.ratio = *ratio_of(ours, control);
    if (half_width(result.ratio).value_or(1) <= kAim * rounds.target) break;
  }
  result.time = *time_of(ours);
  return result;
}

}  // namespace assay::stats
