#include "stats/random.h"

#include <cmath>
#include <numbers>

#include "base/hash.h"
#include "base/result.h"

namespace assay::stats {

Random::Random(uint64_t seed, std::string_view purpose) : state_(seed) {
  state_ = next() ^ name_key(purpose);
}

uint64_t Random::next() {
  uint64_t z = (state_ += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

uint64_t Random::below(uint64_t limit) {
  ASSAY_CHECK(limit > 0);
  // The largest multiple of limit that fits: numbers from there on would favour the small remainders.
  const uint64_t end = UINT64_MAX - UINT64_MAX % limit;
  uint64_t number = next();
  while (number >= end) number = next();
  return number % limit;
}

double Random::uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

double Random::normal() {
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

}  // namespace assay::stats
