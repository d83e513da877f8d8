// The watch over fuzzed inputs: one that takes more than ten seconds of the processor, or waits for longer
// than a busy machine explains, ends the test by a signal; one that ends the process is named on standard
// error; and the memory of all is bounded.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace assay::fuzz {

inline constexpr int kMostCpuSeconds = 10;
inline constexpr unsigned kMostSeconds = 100;  // by the clock on the wall: a busy machine is no hang
inline constexpr int64_t kMostBytes = int64_t{1} << 30;

// How many inputs a test takes: $ASSAY_FUZZ_INPUTS, or a short slice.
[[nodiscard]] inline uint64_t inputs() {
  const char* wanted = std::getenv("ASSAY_FUZZ_INPUTS");
  return wanted == nullptr ? 500 : std::strtoull(wanted, nullptr, 10);
}

// The input in hand; its number is its seed. Starts its time.
void begin(uint64_t input);
// The last input is done.
void end();

// The highest memory that this process ever had, bytes.
[[nodiscard]] int64_t peak_bytes();

}  // namespace assay::fuzz
