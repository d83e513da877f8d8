#include "gguf/rotation.h"

#include <cmath>
#include <numbers>
#include <optional>

namespace assay::gguf {
namespace {

// A table's float32 cosines and sines tell an angle to about 6e-8.
constexpr double kAngleTolerance = 1e-6;
constexpr double kAnyBase = 10000;
constexpr double kTurn = 2 * std::numbers::pi;

// The tables of the first sequence: angles by row and pair.
class Table {
 public:
  Table(const graph::Tensor& cosines, const graph::Tensor& sines, int64_t first)
      : cosines_(cosines.data<float>()),
        sines_(sines.data<float>()),
        rows_(static_cast<size_t>(cosines.shape()[1])),
        pairs_(static_cast<size_t>(cosines.shape()[2])),
        first_(static_cast<double>(first)) {}

  [[nodiscard]] size_t rows() const { return rows_; }
  [[nodiscard]] size_t pairs() const { return pairs_; }
  [[nodiscard]] double position(size_t row) const { return first_ + static_cast<double>(row); }
  [[nodiscard]] double angle(size_t row, size_t pair) const {
    return std::atan2(sine(row, pair), cosine(row, pair));
  }
  [[nodiscard]] double length(size_t row, size_t pair) const {
    return std::hypot(sine(row, pair), cosine(row, pair));
  }

  // Whether the pair turns by so much a position, in all rows.
  [[nodiscard]] bool turns(size_t pair, double frequency) const {
    for (size_t row = 0; row < rows_; ++row) {
      const double error = std::abs(std::remainder(angle(row, pair) - position(row) * frequency, kTurn));
      if (!(error <= kAngleTolerance)) return false;  // nor is a number that is none
    }
    return true;
  }

 private:
  [[nodiscard]] double cosine(size_t row, size_t pair) const {
    return static_cast<double>(cosines_[row * pairs_ + pair]);
  }
  [[nodiscard]] double sine(size_t row, size_t pair) const {
    return static_cast<double>(sines_[row * pairs_ + pair]);
  }

  std::span<const float> cosines_, sines_;
  size_t rows_, pairs_;
  double first_;
};

// Whether all sequences of a batch have the table of the first.
bool repeats(const graph::Tensor& table) {
  const auto values = table.data<float>();
  const size_t each = values.size() / static_cast<size_t>(table.shape()[0]);
  for (size_t i = each; i < values.size(); ++i)
    if (values[i] != values[i - each]) return false;
  return true;
}

// What all cosines and sines are multiplied by; none where they differ.
std::optional<double> scale_of(const Table& table) {
  const double found = table.length(0, 0);
  for (size_t row = 0; row < table.rows(); ++row)
    for (size_t pair = 0; pair < table.pairs(); ++pair)
      if (!(std::abs(table.length(row, pair) / found - 1) <= kAngleTolerance)) return std::nullopt;
  return std::abs(found - 1) <= kAngleTolerance ? 1 : found;
}

bool fits(double base, const Table& table) {
  for (size_t pair = 0; pair < table.pairs(); ++pair) {
    const double exponent = -static_cast<double>(pair) / static_cast<double>(table.pairs());
    if (!table.turns(pair, std::pow(base, exponent))) return false;
  }
  return true;
}

std::optional<double> base_of(const Table& table) {
  // At position 0 nothing turns, whatever the base.
  if (table.position(table.rows() - 1) == 0 && fits(kAnyBase, table)) return kAnyBase;
  // The slowest pair of the last row has the largest angle that tells the base; of a small base it has made
  // whole turns too, at most as many as the position allows.
  const double slowest = table.angle(table.rows() - 1, table.pairs() - 1);
  const double position = table.position(table.rows() - 1);
  const double exponent = static_cast<double>(table.pairs()) / static_cast<double>(table.pairs() - 1);
  for (int turns = 0; kTurn * turns <= position; ++turns) {
    const double turned = slowest + kTurn * turns;
    if (turned <= 0) continue;
    const double base = std::pow(position / turned, exponent);
    for (const double candidate : {std::round(base), base})
      if (fits(candidate, table)) return candidate;
  }
  return std::nullopt;
}

// By how much a pair turns from one position to the next. Rows ever farther apart tell it ever better, and
// leave no doubt of whole turns.
double frequency_of(const Table& table, size_t pair) {
  const size_t last = table.rows() - 1;
  if (last == 0) {
    const double turned = table.angle(0, pair);
    return (turned > 0 ? turned : turned + kTurn) / table.position(0);
  }
  const auto better = [&](double known, size_t row) {
    const double turned = table.angle(row, pair) - table.angle(0, pair);
    const auto distance = static_cast<double>(row);
    return known + std::remainder(turned - known * distance, kTurn) / distance;
  };
  double frequency = 0;
  for (size_t row = 1; row < last; row *= 2) frequency = better(frequency, row);
  frequency = better(frequency, last);
  const double position = table.position(last);
  return frequency + std::remainder(table.angle(last, pair) - frequency * position, kTurn) / position;
}

std::vector<double> read_divisors(const Table& table) {
  std::vector<double> result;
  for (size_t pair = 0; pair < table.pairs(); ++pair) {
    const double frequency = frequency_of(table, pair);
    if (!(frequency > 0) || !table.turns(pair, frequency)) return {};
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
  const Table table(cosines, sines, first);
  if (table.pairs() < 2) return fail(ErrorKind::data, "the rotary table is too small to tell its base");
  if (!repeats(cosines) || !repeats(sines))
    return fail(ErrorKind::data, "the sequences of the batch have other rotary tables");
  const auto scale = scale_of(table);
  if (!scale) return fail(ErrorKind::data, "the rotary table does not scale all pairs alike");
  if (const auto base = base_of(table)) return Rotation{.base = *base, .divisors = {}, .scale = *scale};
  std::vector<double> divisors;
  if (table.position(table.rows() - 1) > 0) divisors = read_divisors(table);
  if (divisors.empty()) return fail(ErrorKind::data, "the rotary table turns by no frequencies");
  return Rotation{.base = 0, .divisors = std::move(divisors), .scale = *scale};
}

}  // namespace assay::gguf
