// Random numbers for measuring: small, seeded, and the same on every machine and compiler, unlike the
// distributions of <random>.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace assay::stats {

// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): a counter with a mixing function; every seed gives the full
// period of 2^64.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  // A stream of its own for each purpose: Random(seed, "order") and Random(seed, "input sets") are unrelated.
  Random(uint64_t seed, std::string_view purpose);

  uint64_t next();
  // Uniform in [0, limit); limit > 0. Exactly uniform, by rejection.
  uint64_t below(uint64_t limit);
  // Uniform in [0, 1), 53 bits.
  double uniform();
  // Standard normal (Box and Muller).
  double normal();

  template <class T>
  void shuffle(std::span<T> items) {
    for (size_t left = items.size(); left > 1; --left) std::swap(items[left - 1], items[below(left)]);
  }

 private:
  uint64_t state_;
};

}  // namespace assay::stats
