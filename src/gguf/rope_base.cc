#include <cmath>
#include <numbers>

#include "gguf/decoder.h"

namespace assay::gguf {
namespace {

// A table's float32 cosines and sines tell an angle to about 6e-8.
constexpr double kAngleTolerance = 1e-6;
constexpr double kAnyBase = 10000;

double angle(const graph::Tensor& cosines, const graph::Tensor& sines, size_t i) {
  return std::atan2(static_cast<double>(sines.data<float>()[i]),
                    static_cast<double>(cosines.data<float>()[i]));
}

// 1 unless the table scales what it turns.
double length(const graph::Tensor& cosines, const graph::Tensor& sines, size_t i) {
  return std::hypot(static_cast<double>(sines.data<float>()[i]),
                    static_cast<double>(cosines.data<float>()[i]));
}

bool fits(double base, const graph::Tensor& cosines, const graph::Tensor& sines, int64_t first) {
  const auto rows = static_cast<size_t>(cosines.shape()[1]), pairs = static_cast<size_t>(cosines.shape()[2]);
  for (size_t row = 0; row < rows; ++row)
    for (size_t i = 0; i < pairs; ++i) {
      const double exponent = -static_cast<double>(i) / static_cast<double>(pairs);
      const double expected =
          static_cast<double>(first + static_cast<int64_t>(row)) * std::pow(base, exponent);
      const double found = angle(cosines, sines, row * pairs + i);
      const double error = std::abs(std::remainder(found - expected, 2 * std::numbers::pi));
      if (!(error <= kAngleTolerance)) return false;  // nor is a number that is none
      if (std::abs(length(cosines, sines, row * pairs + i) - 1) > kAngleTolerance) return false;
    }
  return true;
}

// Whether all sequences of a batch have the table of the first.
bool repeats(const graph::Tensor& table) {
  const auto values = table.data<float>();
  const size_t each = values.size() / static_cast<size_t>(table.shape()[0]);
  for (size_t i = each; i < values.size(); ++i)
    if (values[i] != values[i - each]) return false;
  return true;
}

}  // namespace

Result<double> rope_base(const graph::Tensor& cosines, const graph::Tensor& sines, int64_t first) {
  const auto rows = static_cast<size_t>(cosines.shape()[1]), pairs = static_cast<size_t>(cosines.shape()[2]);
  if (pairs < 2) return fail(ErrorKind::data, "the rotary table is too small to tell its base");
  if (!repeats(cosines) || !repeats(sines))
    return fail(ErrorKind::data, "the sequences of the batch have other rotary tables");
  // At position 0 nothing turns, whatever the base.
  if (rows + static_cast<size_t>(first) < 2 && fits(kAnyBase, cosines, sines, first)) return kAnyBase;
  // The slowest pair of the last row has the largest angle that tells the base; of a small base it has made
  // whole turns too, at most as many as the position allows.
  const double slowest = angle(cosines, sines, rows * pairs - 1);
  const double position = static_cast<double>(first) + static_cast<double>(rows) - 1;
  const double exponent = static_cast<double>(pairs) / static_cast<double>(pairs - 1);
  for (int turns = 0; 2 * std::numbers::pi * turns <= position; ++turns) {
    const double turned = slowest + 2 * std::numbers::pi * turns;
    if (turned <= 0) continue;
    const double base = std::pow(position / turned, exponent);
    for (const double candidate : {std::round(base), base})
      if (fits(candidate, cosines, sines, first)) return candidate;
  }
  return fail(ErrorKind::data, "the rotary table is not that of one base");
}

}  // namespace assay::gguf
