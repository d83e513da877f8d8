// How sure a median is whose numbers come in blocks: a few launches of a process, each with a few rounds. Two
// intervals are made, and the wider one counts on each side:
//
// - the hierarchical bootstrap (stats/bootstrap.h), which sees how rounds and launches scatter, but with few
//   blocks is too narrow, since it can only draw the launches that happened (Davison and Hinkley, 1997, 3.8);
// - Student's t on the medians of the blocks, the textbook interval for a clustered sample (Cochran, Sampling
//   Techniques, 1977, 9.2), which knows how little five launches tell about the sixth.
//
// Rounds go on until the interval is narrow, so an interval that is too narrow by luck ends the measurement:
// stopping costs coverage (Chow and Robbins, Annals of Mathematical Statistics 36, 1965), most where launches
// differ and few of them decide. kStoppingCharge pays for that; bench/coverage shows that it suffices, and
// docs/method.md has its table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "stats/bootstrap.h"

namespace assay::stats {

struct Bounds {
  double low = 0;
  double high = 0;
};

inline constexpr double kConfidence = 0.95;
// Fewer numbers than this, or fewer blocks, give values but no interval and no verdict.
inline constexpr size_t kLeastPairs = 6;
inline constexpr size_t kLeastBlocks = 2;
// Student's interval is wider by this factor.
inline constexpr double kStoppingCharge = 1.2;

struct Inference {
  Bounds interval;     // of the median, kConfidence
  double p = 1;        // two-sided, of the median being 0 in truth: the smaller, the less likely
  double between = 0;  // standard deviation of the blocks' medians
  double within = 0;   // standard deviation of the numbers within their blocks, pooled
};

// Absent with fewer than kLeastPairs numbers in fewer than kLeastBlocks blocks. Empty blocks are ignored.
// Deterministic for a seed.
[[nodiscard]] std::optional<Inference> infer(std::span<const std::vector<double>> blocks, uint64_t seed,
                                             int resamples = kResamples);

}  // namespace assay::stats
