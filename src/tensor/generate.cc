#include "tensor/generate.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>
#include <vector>

#include "base/hash.h"
#include "tensor/split_mix.h"

namespace assay::tensor {
namespace {

// Where the stream of a name and a seed starts.
uint64_t stream(std::string_view name, uint64_t seed) {
  return mixed(name_key(name) ^ mixed(seed + kGolden));
}

uint64_t bits_at(uint64_t start, uint64_t index) { return mixed(start + (index + 1) * kGolden); }

// The sum of four uniform 16-bit integers, less its mean: symmetric in +-131070, of variance (2^32 - 1) / 3.
int32_t centred_sum(uint64_t bits) {
  return static_cast<int32_t>((bits & 0xFFFF) + ((bits >> 16) & 0xFFFF) + ((bits >> 32) & 0xFFFF) +
                              (bits >> 48)) -
         131070;
}
constexpr double kSumStd = 37837.22723720648;  // sqrt((2^32 - 1) / 3)

// Calls work(begin, end) on pieces of [0, size), on as many threads as the process may use. Pieces do not
// depend on the threads.
template <class Work>
void in_parallel(int64_t size, const Work& work) {
  constexpr int64_t kRandomPiece = 1 << 18;
  const int64_t pieces = (size + kRandomPiece - 1) / kRandomPiece;
  std::atomic<int64_t> next = 0;
  const auto loop = [&] {
    for (int64_t piece = next++; piece < pieces; piece = next++)
      work(piece * kRandomPiece, std::min(size, (piece + 1) * kRandomPiece));
  };
  const int64_t helpers = std::min<int64_t>(pieces, std::max(1U, std::thread::hardware_concurrency())) - 1;
  std::vector<std::jthread> threads;
  for (int64_t i = 0; i < helpers; ++i) threads.emplace_back(loop);
  loop();
}

// mean + std * noise for every element.
void fill(std::span<float> target, uint64_t start, double mean, double std) {
  const float scale = static_cast<float>(std / kSumStd);
  const double offset = std::nearbyint(mean / static_cast<double>(scale));
  ASSAY_CHECK(std::abs(offset) < (1 << 23), "mean {} is too many deviations of {} for float32", mean, std);
  const auto shift = static_cast<int32_t>(offset);
  // The integers stay below 2^24, so that they are floats exactly and the multiplication is the only
  // rounding.
  in_parallel(static_cast<int64_t>(target.size()), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      target[i] = static_cast<float>(centred_sum(bits_at(start, static_cast<uint64_t>(i))) + shift) * scale;
  });
}

}  // namespace

Tensor generate_noise(std::string_view name, uint64_t seed, const Shape& shape, double mean, double std) {
  Tensor result(DType::f32, shape);
  const auto target = result.mutable_data<float>();
  if (std == 0)
    std::ranges::fill(target, static_cast<float>(mean));
  else
    fill(target, stream(name, seed), mean, std);
  return result;
}

void fill_noise(std::span<float> target, std::string_view name, uint64_t seed) {
  fill(target, stream(name, seed), 0, 1);
}

Tensor generate_indices(std::string_view name, uint64_t seed, const Shape& shape, int64_t limit) {
  Tensor result(DType::i64, shape);
  fill_indices(result.mutable_data<int64_t>(), name, seed, limit);
  return result;
}

void fill_indices(std::span<int64_t> target, std::string_view name, uint64_t seed, int64_t limit) {
  ASSAY_CHECK(limit > 0 && limit <= (int64_t{1} << 32), "limit {}", limit);
  const uint64_t start = stream(name, seed);
  // The high 32 bits as a fraction, times the limit (Lemire: Fast random integer generation in an interval,
  // 2019, without rejection).
  in_parallel(static_cast<int64_t>(target.size()), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const uint64_t fraction = bits_at(start, static_cast<uint64_t>(i)) >> 32;
      target[i] = static_cast<int64_t>((fraction * static_cast<uint64_t>(limit)) >> 32);
    }
  });
}

}  // namespace assay::tensor
