#include "stats/inference.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "stats/quantile.h"
#include "stats/sign.h"
#include "stats/student.h"

namespace assay::stats {
namespace {

// The median of a block, and its part of all numbers.
struct Median {
  double value;
  double weight;
};

std::vector<Median> medians_of(std::span<const std::vector<double>> blocks, size_t numbers) {
  std::vector<Median> result;
  for (const auto& block : blocks)
    if (!block.empty())
      result.push_back({median(block), static_cast<double>(block.size()) / static_cast<double>(numbers)});
  return result;
}

double squares_around_mean(std::span<const double> numbers) {
  const double mean =
      std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
  double sum = 0;
  for (const double number : numbers) sum += (number - mean) * (number - mean);
  return sum;
}

double pooled_deviation(std::span<const std::vector<double>> blocks) {
  double squares = 0, freedom = 0;
  for (const auto& block : blocks) {
    if (block.empty()) continue;
    squares += squares_around_mean(block);
    freedom += static_cast<double>(block.size()) - 1;
  }
  return freedom > 0 ? std::sqrt(squares / freedom) : 0;
}

std::vector<double> joined(std::span<const std::vector<double>> blocks) {
  std::vector<double> all;
  for (const auto& block : blocks) all.insert(all.end(), block.begin(), block.end());
  return all;
}

}  // namespace

std::optional<Inference> infer(std::span<const std::vector<double>> blocks) {
  size_t numbers = 0;
  for (const auto& block : blocks) numbers += block.size();
  const auto medians = medians_of(blocks, numbers);
  if (numbers < kLeastPairs || medians.size() < kLeastBlocks) return std::nullopt;
  // So many blocks of equal weight would tell as much (Kish, Survey Sampling, 1965, 11.7).
  double weights = 0;
  for (const Median& one : medians) weights += one.weight * one.weight;
  const double count = 1 / weights;
  if (count < kLeastEffectiveBlocks) return std::nullopt;
  Inference result;
  for (const auto& [value, weight] : medians) result.centre += weight * value;
  double spread = 0, error = 0;
  for (const auto& [value, weight] : medians) {
    const double off = value - result.centre;
    spread += weight * off * off;
    error += weight * weight * off * off;
  }
  const double unbiased = count / (count - 1);
  result.between = std::sqrt(unbiased * spread);
  result.within = pooled_deviation(blocks);
  error = kStoppingCharge * std::sqrt(unbiased * error);
  const double reach = student_t(kConfidence, count - 1) * error;
  const auto all = joined(blocks);
  const Bounds by_sign = sign_interval(all, kConfidence);
  result.interval = {std::min(by_sign.low, result.centre - reach),
                     std::max(by_sign.high, result.centre + reach)};
  return result;
}

}  // namespace assay::stats
