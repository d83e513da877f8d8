// How sure a median is whose numbers come in blocks: a few launches of a process, each with a few rounds.
//
// Each block has a median; their mean, a block weighing as much as it has numbers, is the estimate. Two
// intervals are made, and the wider one counts on each side:
//
// - Student's t on the blocks' medians, the textbook's for a clustered sample (Cochran, Sampling Techniques,
//   1977, 9.2), which knows how little five launches tell about the sixth;
// - that of the sign test on all numbers (stats/sign.h), as if they did not come in blocks: five medians that
//   happen to be close to each other do not make rounds that scatter certain.
//
// Rounds go on until the interval is narrow, so an interval that is too narrow by luck ends the measurement:
// stopping costs coverage (Chow and Robbins, Annals of Mathematical Statistics 36, 1965), most where launches
// differ and few of them decide. kStoppingCharge pays for that; bench/coverage shows that it suffices, and
// docs/method.md has its table.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "stats/bounds.h"

namespace assay::stats {

inline constexpr double kConfidence = 0.95;
// Fewer numbers than this, or fewer blocks, give values but no interval and no verdict.
inline constexpr size_t kLeastPairs = 6;
inline constexpr size_t kLeastBlocks = 2;
inline constexpr double kLeastEffectiveBlocks =
    1.5;  // a second block of two rounds tells nothing of launches
// Student's interval is wider by this factor.
inline constexpr double kStoppingCharge = 1.2;

struct Inference {
  double centre = 0;   // mean of the blocks' medians
  Bounds interval;     // holds it, kConfidence
  double between = 0;  // standard deviation of the blocks' medians
  double within = 0;   // standard deviation of the numbers within their blocks, pooled
};

// Absent with fewer than kLeastPairs numbers, kLeastBlocks blocks or kLeastEffectiveBlocks. Empty blocks are
// ignored.
[[nodiscard]] std::optional<Inference> infer(std::span<const std::vector<double>> blocks);

}  // namespace assay::stats
