#include "gguf/rotation.h"

#include <cmath>
#include <numbers>
#include <optional>

#include "graph/rotary_table.h"

namespace assay::gguf {
namespace {

using graph::RotaryTable;

constexpr double kAnyBase = 10000;
constexpr double kTurn = 2 * std::numbers::pi;

// The position of the last row.
double last_position(const RotaryTable& table, int64_t first) {
  return static_cast<double>(first) + static_cast<double>(table.rows()) - 1;
}

bool fits(double base, const RotaryTable& table, int64_t first) {
  for (size_t pair = 0; pair < table.pairs(); ++pair) {
    const double exponent = -static_cast<double>(pair) / static_cast<double>(table.pairs());
    if (!table.turns(pair, std::pow(base, exponent), first)) return false;
  }
  return true;
}

std::optional<double> base_of(const RotaryTable& table, int64_t first) {
  // At position 0 nothing turns, whatever the base.
  const double position = last_position(table, first);
  if (position == 0 && fits(kAnyBase, table, first)) return kAnyBase;
  // The slowest pair of the last row has the largest angle that tells the base; of a small base it has made
  // whole turns too, at most as many as the position allows.
  const double slowest = table.angle(table.rows() - 1, table.pairs() - 1);
  const double exponent = static_cast<double>(table.pairs()) / static_cast<double>(table.pairs() - 1);
  for (int turns = 0; kTurn * turns <= position; ++turns) {
    const double turned = slowest + kTurn * turns;
    if (turned <= 0) continue;
    const double base = std::pow(position / turned, exponent);
    for (const double candidate : {std::round(base), base})
      if (fits(candidate, table, first)) return candidate;
  }
  return std::nullopt;
}

// By how much a pair turns a position; of one row as slowly as gives its angle.
double frequency_of(const RotaryTable& table, size_t pair, int64_t first) {
  const size_t last = table.rows() - 1;
  const double turned = table.angle(last, pair), position = last_position(table, first);
  if (last == 0) return (turned > 0 ? turned : turned + kTurn) / position;
  const double step = table.step(pair);
  return step + std::remainder(turned - step * position, kTurn) / position;
}

std::vector<double> read_divisors(const RotaryTable& table, int64_t first) {
  std::vector<double> result;
  for (size_t pair = 0; pair < table.pairs(); ++pair) {
    const double frequency = frequency_of(table, pair, first);
    if (!(frequency > 0) || !table.turns(pair, frequency, first)) return {};
    result.push_back(1 / frequency);
  }
  return result;
}

}  // namespace

std::vector<double> Rotation::divisors_of(int64_t pairs) const {
  if (!of_one_base()) return divisors;
  std::vector<double> result;
  for (int64_t i = 0; i < pairs; ++i)
    result.push_back(std::pow(base, static_cast<double>(i) / static_cast<double>(pairs)));
  return result;
}

Result<Rotation> read_rotation(const graph::Tensor& cosines, const graph::Tensor& sines, int64_t first) {
  const RotaryTable table(cosines, sines);
  if (table.pairs() < 2) return fail(ErrorKind::data, "the rotary table is too small to tell its base");
  if (!table.is_shared()) return fail(ErrorKind::data, "the sequences of the batch have other rotary tables");
  const auto scale = table.scale();
  if (!scale) return fail(ErrorKind::data, "the rotary table does not scale all pairs alike");
  if (const auto base = base_of(table, first))
    return Rotation{.base = *base, .divisors = {}, .scale = *scale};
  std::vector<double> divisors;
  if (last_position(table, first) > 0) divisors = read_divisors(table, first);
  if (divisors.empty()) return fail(ErrorKind::data, "the rotary table turns by no frequencies");
  return Rotation{.base = 0, .divisors = std::move(divisors), .scale = *scale};
}

}  // namespace assay::gguf
