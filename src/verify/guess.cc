#include "verify/guess.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "verify/thresholds.h"

namespace assay::verify {
namespace {

// Whether every element equals the first, bit for bit.
bool all_alike(const tensor::Tensor& tensor) {
  const auto bytes = tensor.bytes();
  const size_t size = tensor::dtype_size(tensor.dtype());
  if (bytes.size() <= size) return false;
  return std::ranges::equal(bytes.first(bytes.size() - size), bytes.subspan(size));
}

// Whether every float32 element has zeros in its lowest `bits` bits: it was rounded to a shorter format,
// whatever it is called.
bool low_bits_are_zero(const tensor::Tensor& tensor, uint32_t bits) {
  if (tensor.dtype() != tensor::DType::f32) return false;
  const uint32_t mask = (uint32_t{1} << bits) - 1;
  return std::ranges::all_of(tensor.data<float>(),
                             [&](float x) { return (std::bit_cast<uint32_t>(x) & mask) == 0; });
}

// What the size of the error alone suggests.
std::string from_size(double times) {
  if (times >= kTooFarForBf16) return "does not resemble any rounding";
  if (times >= kLooksLikeBf16) return "error consistent with bf16";
  if (times >= kLooksLikeTf32) return "error consistent with tf32 or f16";
  return "more than rounding in float32 explains";
}

}  // namespace

std::string guess_cause(const tensor::Tensor& answer, const TensorDifference& comparison,
                        const tensor::Tensor& other, double yardstick, int threads) {
  if (!comparison.finite) return "not finite (NaN or infinity)";
  if (comparison.answer2 == 0) return "all zeros";
  if (all_alike(answer)) return "every element is the same";
  if (low_bits_are_zero(answer, 16)) return "every element is rounded to bf16";
  if (low_bits_are_zero(answer, 13)) return "every element is rounded to tf32 or f16";
  const double rounding = std::max(yardstick, kLeastYardstick);
  const double same = std::max(kExactTimesYardstick * kFastTimesExact * rounding, kExactFloor);
  if (answer.shape() == other.shape() && compare(answer, other, threads).rel_l2() <= same)
    return "equals the answer to the other input set";
  const double cosine = comparison.cosine();
  if (answer.size() > 1 && std::abs(cosine) < kUnrelatedCosine)
    return "unrelated to the truth: other weights, another seed or model?";
  const double factor = comparison.dot / comparison.truth2;
  if (answer.size() > 1 && std::abs(cosine) > 1 - kSameDirection &&
      std::abs(factor - 1) > comparison.rel_l2() / 2)
    return fmt::format("the truth times {:.4g}", factor);
  return from_size(comparison.rel_l2() / rounding);
}

}  // namespace assay::verify
