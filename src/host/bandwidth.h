// How fast this machine reads memory, as a function of how much is read again and again: the stream of a step
// that reads its weights. In the spirit of STREAM (J. McCalpin, Memory Bandwidth and Machine Balance in
// Current High Performance Computers, 1995), but reading only, since a step reads far more than it writes.
// No one way of reading is the fastest on every machine, so several are tried, by one thread and by all, and
// the best counts.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "record/limits.h"

namespace assay::host {

// Levels with their rates, and the rates of working sets of doubling sizes, with every kernel's own.
struct MemoryRates {
  std::vector<record::MemoryLevel> levels;
  std::vector<record::Bandwidth> bandwidth;
  std::optional<double> large_pages;  // share of the memory that was read, where the system tells
};

// Measures every size for about `seconds`, those that no cache holds three times as long, and the memory
// behind all caches twelve times as long; at least one batch of each kernel. A cache is read with half its
// capacity in use; the memory behind with four times the last cache (at least 256 MiB) where that is at most
// a quarter of `memory_bytes` (0: not known), and what is that otherwise. Nothing when so much memory cannot
// be had.
[[nodiscard]] std::optional<MemoryRates> measure_memory(int threads, int64_t memory_bytes,
                                                        double seconds = 0.1);

// One way to read one working set.
struct ReadRequest {
  int64_t bytes = 0;
  std::string kernel;  // host/read_kernels.h; one that is unknown is left out of what comes back
  int threads = 1;
};

// What is asked for and no more, the kernels of equal sizes in turns, for about `seconds` each size. Of sizes
// that are no whole stretches for each thread a little less is read. Nothing when there is no memory for it.
[[nodiscard]] std::optional<MemoryRates> measure_readings(std::span<const ReadRequest> wanted,
                                                          double seconds);

}  // namespace assay::host
