#include "reference/rounding.h"

#include <bit>
#include <cmath>
#include <limits>

namespace assay::reference {
namespace {

// The lowest `bits` bits rounded away. A carry into the exponent is right: the next number is a power of two.
float without_low_bits(float x, uint32_t bits) {
  if (!std::isfinite(x)) return x;
  const auto pattern = std::bit_cast<uint32_t>(x);
  const uint32_t half = uint32_t{1} << (bits - 1);
  const uint32_t odd = (pattern >> bits) & 1;
  return std::bit_cast<float>((pattern + half - 1 + odd) & ~((half << 1) - 1));
}

constexpr float kLeastNormalF16 = 0x1p-14F;
constexpr float kF16Step = 0x1p-24F;  // between subnormal numbers
constexpr float kMostF16 = 65504;

float to_f16(float x) {
  if (std::abs(x) < kLeastNormalF16) return std::nearbyint(x / kF16Step) * kF16Step;
  const float result = without_low_bits(x, 13);
  return std::abs(result) > kMostF16 ? std::copysign(std::numeric_limits<float>::infinity(), x) : result;
}

// Elements that make a range worth a thread.
constexpr int64_t kLeastElements = 16384;

}  // namespace

float rounded(float x, Operands format) {
  switch (format) {
    case Operands::full:
      return x;
    case Operands::tf32:
      return without_low_bits(x, 13);
    case Operands::f16:
      return to_f16(x);
    case Operands::bf16:
      return without_low_bits(x, 16);
  }
  return x;
}

template <class T>
void round_matrix(Workers& workers, Operands format, const T* from, int64_t rows, int64_t columns,
                  int64_t stride, T* to) {
  const int64_t grain = kLeastElements / (columns + 1) + 1;
  workers.split(rows, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for (int64_t j = 0; j < columns; ++j)
        to[i * columns + j] = static_cast<T>(rounded(static_cast<float>(from[i * stride + j]), format));
  });
}

template void round_matrix(Workers&, Operands, const float*, int64_t, int64_t, int64_t, float*);
template void round_matrix(Workers&, Operands, const double*, int64_t, int64_t, int64_t, double*);

}  // namespace assay::reference
