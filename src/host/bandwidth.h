// How fast this machine reads memory, as a function of how much is read again and again: the stream of a step
// that reads its weights. In the spirit of STREAM (J. McCalpin, Memory Bandwidth and Machine Balance in
// Current High Performance Computers, 1995), but reading only, since a step reads far more than it writes,
// and swept to and fro: the order in which a cache can keep most of a working set that is larger than itself.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "record/limits.h"

namespace assay::host {

// Levels with their rates, and the rate of working sets of doubling sizes.
struct MemoryRates {
  std::vector<record::MemoryLevel> levels;
  std::vector<record::Bandwidth> bandwidth;
};

// Measures with `threads` threads, each reading its own part, the best of repeated sweeps over `seconds` a
// size. A cache is read with half its capacity in use; the memory behind with four times the last cache (at
// least 256 MiB) where that is at most a quarter of `memory_bytes`, and what is that otherwise. Nothing when
// so much memory cannot be had.
[[nodiscard]] std::optional<MemoryRates> measure_memory(int threads, int64_t memory_bytes,
                                                        double seconds = 0.1);

// The same for one working set, in bytes/s.
[[nodiscard]] std::optional<double> read_bandwidth(int64_t bytes, int threads, double seconds = 0.1);

}  // namespace assay::host
