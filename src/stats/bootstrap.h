// The hierarchical bootstrap: how sure a median is when its numbers come in blocks whose members resemble
// each other.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace assay::stats {

struct Bounds {
  double low = 0;
  double high = 0;
};

inline constexpr int kResamples = 4000;
inline constexpr double kConfidence = 0.95;

// Percentile interval of the median over `blocks`, each with the numbers of its rounds: a resample draws as
// many blocks as there are, with replacement, then as many rounds within each (Davison and Hinkley, Bootstrap
// Methods and their Application, 1997, section 3.8). Empty blocks are ignored; at least one number is needed.
// Deterministic for a seed.
[[nodiscard]] Bounds bootstrap_median(std::span<const std::vector<double>> blocks, uint64_t seed,
                                      double confidence = kConfidence, int resamples = kResamples);

}  // namespace assay::stats
