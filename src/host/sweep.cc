#include "host/sweep.h"

namespace assay::host {
namespace {

// A cache line as one vector: a register of AVX-512, two of AVX2, four of SSE or NEON.
using Line = uint64_t __attribute__((vector_size(64)));
constexpr size_t kLines = kStretchBytes / sizeof(Line);

// Four sums, so that none waits for the other.
[[gnu::always_inline]] inline uint64_t read_all(const std::byte* data, size_t stretches, bool upwards) {
  Line sums[4] = {};
  for (size_t i = 0; i < stretches; ++i) {
    const size_t stretch = upwards ? i : stretches - 1 - i;
    const auto* lines = reinterpret_cast<const Line*>(data + stretch * kStretchBytes);
    for (size_t line = 0; line < kLines; line += 4)
      for (size_t k = 0; k < 4; ++k) sums[k] ^= lines[line + k];
  }
  const Line all = sums[0] ^ sums[1] ^ sums[2] ^ sums[3];
  uint64_t result = 0;
  for (size_t i = 0; i < sizeof(Line) / sizeof(uint64_t); ++i) result ^= all[i];
  return result;
}

using Sweep = uint64_t (*)(const std::byte*, size_t, bool);

uint64_t sweep_plain(const std::byte* data, size_t stretches, bool upwards) {
  return read_all(data, stretches, upwards);
}

#ifdef __x86_64__
[[gnu::target("avx2")]] uint64_t sweep_avx2(const std::byte* data, size_t stretches, bool upwards) {
  return read_all(data, stretches, upwards);
}
[[gnu::target("avx512f")]] uint64_t sweep_avx512(const std::byte* data, size_t stretches, bool upwards) {
  return read_all(data, stretches, upwards);
}
#endif

Sweep widest() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512f")) return sweep_avx512;
  if (__builtin_cpu_supports("avx2")) return sweep_avx2;
#endif
  return sweep_plain;
}

}  // namespace

uint64_t sweep(std::span<const std::byte> data, bool upwards) {
  static const Sweep chosen = widest();
  return chosen(data.data(), data.size() / kStretchBytes, upwards);
}

}  // namespace assay::host
