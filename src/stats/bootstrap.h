// The hierarchical bootstrap: what else a median could have come out as when its numbers come in blocks whose
// members resemble each other.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace assay::stats {

inline constexpr int kResamples = 4000;

// The medians of `resamples` resamples of `blocks`, sorted. A resample draws as many blocks as there are,
// with replacement, then as many numbers within each as it has (Davison and Hinkley, Bootstrap Methods and
// their Application, 1997, section 3.8). Empty blocks are ignored; at least one number is needed.
// Deterministic for a seed.
[[nodiscard]] std::vector<double> resampled_medians(std::span<const std::vector<double>> blocks,
                                                    uint64_t seed, int resamples = kResamples);

}  // namespace assay::stats
