// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014): a counter in
// steps of the golden ratio, and a mix of its bits.
#pragma once

#include <cstdint>

namespace assay::tensor {

inline constexpr uint64_t kGolden = 0x9E3779B97F4A7C15;

// A permutation of all 64-bit integers.
[[nodiscard]] constexpr uint64_t mixed(uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
  return bits ^ (bits >> 31);
}

}  // namespace assay::tensor
