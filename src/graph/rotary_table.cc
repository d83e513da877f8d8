#include "graph/rotary_table.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace assay::graph {
namespace {

// An angle of float32 cosines and sines is known to about 6e-8; larger angles are sums of many small ones.
constexpr double kTolerance = 1e-6;
constexpr double kTurn = 2 * std::numbers::pi;

bool repeats(const tensor::Tensor& table, size_t each) {
  const auto values = table.data<float>();
  return std::equal(values.begin() + static_cast<std::ptrdiff_t>(each), values.end(), values.begin());
}

}  // namespace

RotaryTable::RotaryTable(tensor::Tensor cosines, tensor::Tensor sines)
    : cosines_(std::move(cosines)),
      sines_(std::move(sines)),
      rows_(static_cast<size_t>(cosines_.shape()[cosines_.shape().size() - 2])),
      pairs_(static_cast<size_t>(cosines_.shape().back())) {}

double RotaryTable::angle(size_t row, size_t pair) const {
  const size_t i = row * pairs_ + pair;
  return std::atan2(static_cast<double>(sines_.data<float>()[i]),
                    static_cast<double>(cosines_.data<float>()[i]));
}

bool RotaryTable::is_shared() const {
  return repeats(cosines_, rows_ * pairs_) && repeats(sines_, rows_ * pairs_);
}

std::optional<double> RotaryTable::scale() const {
  const auto cosine = cosines_.data<float>(), sine = sines_.data<float>();
  const auto length = [&](size_t i) {
    return std::hypot(static_cast<double>(sine[i]), static_cast<double>(cosine[i]));
  };
  const double found = length(0);
  for (size_t i = 0; i < rows_ * pairs_; ++i)
    if (!(std::abs(length(i) / found - 1) <= kTolerance)) return std::nullopt;
  return std::abs(found - 1) <= kTolerance ? 1 : found;
}

double RotaryTable::step(size_t pair) const {
  const size_t last = rows_ - 1;
  const auto better = [&](double known, size_t row) {
    const auto distance = static_cast<double>(row);
    const double turned = angle(row, pair) - angle(0, pair);
    return known + std::remainder(turned - known * distance, kTurn) / distance;
  };
  double known = 0;
  for (size_t row = 1; row < last; row *= 2) known = better(known, row);
  return better(known, last);
}

bool RotaryTable::turns(size_t pair, double frequency, int64_t first) const {
  for (size_t row = 0; row < rows_; ++row)
    if (!turns(row, pair, frequency, first + static_cast<int64_t>(row))) return false;
  return true;
}

bool RotaryTable::turns(size_t row, size_t pair, double frequency, int64_t position) const {
  const double expected = static_cast<double>(position) * frequency;
  return std::abs(std::remainder(angle(row, pair) - expected, kTurn)) <=
         kTolerance;  // not of what is no number
}

}  // namespace assay::graph
