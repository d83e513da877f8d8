#include "tensor/permutation.h"

#include <algorithm>
#include <bit>

#include "base/hash.h"
#include "base/result.h"
#include "tensor/split_mix.h"

namespace assay::tensor {
namespace {

constexpr int kRounds = 8;

// A Feistel network on 2 * half bits: a permutation whatever the rounds compute.
uint64_t enciphered(uint64_t value, int half, uint64_t key) {
  const uint64_t mask = (uint64_t{1} << half) - 1;
  uint64_t left = value >> half, right = value & mask;
  for (int round = 1; round <= kRounds; ++round) {
    const uint64_t next = left ^ (mixed(key + static_cast<uint64_t>(round) * kGolden + right) >> 32 & mask);
    left = right;
    right = next;
  }
  return left << half | right;
}

}  // namespace

int64_t permuted(std::string_view name, uint64_t seed, uint64_t place, int64_t limit) {
  ASSAY_CHECK(limit > 0 && limit <= (int64_t{1} << 32), "limit {}", limit);
  const auto size = static_cast<uint64_t>(limit);
  const uint64_t key = mixed(name_key(name) ^ mixed(seed + kGolden) ^ mixed(place / size));
  const int half = std::max(1, (static_cast<int>(std::bit_width(size - 1)) + 1) / 2);
  // Walking on until a number is in range keeps it a permutation (Black, Rogaway: Ciphers with arbitrary
  // finite domains, 2002). The network is at most four times as large as the range.
  uint64_t value = enciphered(place % size, half, key);
  while (value >= size) value = enciphered(value, half, key);
  return static_cast<int64_t>(value);
}

}  // namespace assay::tensor
