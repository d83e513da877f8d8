#include "models/rope.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace assay::models {
namespace {

using Frequencies = std::vector<long double>;

constexpr long double kTurn = 2 * std::numbers::pi_v<long double>;

long double wide(double value) { return static_cast<long double>(value); }
long double wide(int64_t value) { return static_cast<long double>(value); }

Frequencies plain(const Rope& rope, long double theta) {
  Frequencies result;
  for (int64_t i = 0; i < rope.size / 2; ++i)
    result.push_back(std::pow(theta, -2 * wide(i) / wide(rope.size)));
  return result;
}

Frequencies linear(const Rope& rope) {
  Frequencies result = plain(rope, wide(rope.theta));
  for (long double& frequency : result) frequency /= wide(rope.factor);
  return result;
}

// A longer sequence has a larger base.
Frequencies dynamic(const Rope& rope, int64_t total) {
  const long double longest = wide(rope.original_positions), factor = wide(rope.factor);
  const long double length = std::max(wide(total), longest);
  const long double growth = factor * length / longest - (factor - 1);
  const long double exponent = wide(rope.size) / wide(rope.size - 2);
  return plain(rope, wide(rope.theta) * std::pow(growth, exponent));
}

// Fast pairs are left alone, slow ones slowed down by the factor, those between by a share of it.
Frequencies llama3(const Rope& rope) {
  Frequencies result = plain(rope, wide(rope.theta));
  const long double low = wide(rope.low), high = wide(rope.high);
  for (long double& frequency : result) {
    const long double turns = wide(rope.original_positions) * frequency / kTurn;
    const long double share = std::clamp((turns - low) / (high - low), 0.0L, 1.0L);
    frequency *= (1 - share) / wide(rope.factor) + share;
  }
  return result;
}

// The pair, as a real number, that makes so many turns over the original context.
long double pair_of_turns(const Rope& rope, double turns) {
  return wide(rope.size) * std::log(wide(rope.original_positions) / (wide(turns) * kTurn)) /
         (2 * std::log(wide(rope.theta)));
}

Frequencies yarn(const Rope& rope) {
  long double first = pair_of_turns(rope, rope.beta_fast), last = pair_of_turns(rope, rope.beta_slow);
  if (rope.truncate) {
    first = std::floor(first);
    last = std::ceil(last);
  }
  first = std::max(first, 0.0L);
  last = std::min(last, wide(rope.size - 1));
  if (first == last) last += 0.001L;  // as transformers
  Frequencies result = plain(rope, wide(rope.theta));
  for (size_t i = 0; i < result.size(); ++i) {
    const long double slowed = std::clamp((static_cast<long double>(i) - first) / (last - first), 0.0L, 1.0L);
    result[i] *= slowed / wide(rope.factor) + (1 - slowed);
  }
  return result;
}

Frequencies longrope(const Rope& rope, int64_t total) {
  const auto& factors = total > rope.original_positions ? rope.long_factor : rope.short_factor;
  Frequencies result = plain(rope, wide(rope.theta));
  for (size_t i = 0; i < result.size(); ++i) result[i] /= wide(factors.at(i));
  return result;
}

long double angle(int64_t position, long double frequency, bool rounded) {
  if (!rounded) return wide(position) * frequency;
  return static_cast<long double>(static_cast<float>(position) * static_cast<float>(frequency));
}

}  // namespace

std::vector<long double> rope_frequencies(const Rope& rope, int64_t total) {
  switch (rope.scaling) {
    case RopeScaling::linear:
      return linear(rope);
    case RopeScaling::dynamic:
      return dynamic(rope, total);
    case RopeScaling::llama3:
      return llama3(rope);
    case RopeScaling::yarn:
      return yarn(rope);
    case RopeScaling::longrope:
      return longrope(rope, total);
    case RopeScaling::none:
      break;
  }
  return plain(rope, wide(rope.theta));
}

tensor::Tensor rope_table(const Rope& rope, RopePart part, const Span& span, bool float32_angles) {
  const Frequencies frequencies = rope_frequencies(rope, span.total);
  tensor::Tensor table(tensor::DType::f32, {span.batch, span.count, rope.size / 2});
  auto value = table.mutable_data<float>().begin();
  for (int64_t row = 0; row < span.count; ++row)
    for (const long double frequency : frequencies) {
      const long double turned = angle(span.first + row, frequency, float32_angles);
      const long double exact = part == RopePart::cosine ? std::cos(turned) : std::sin(turned);
      *value++ = static_cast<float>(exact * wide(rope.attention_factor));
    }
  // The sequences of a batch lie at the same positions.
  const auto one = table.mutable_data<float>().first(static_cast<size_t>(span.count * (rope.size / 2)));
  while (value != table.mutable_data<float>().end()) value = std::ranges::copy(one, value).out;
  return table;
}

std::string to_string(const Rope& rope) {
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {}", rope.size, rope.theta,
                     static_cast<int>(rope.scaling), rope.factor, rope.original_positions, rope.low,
                     rope.high, rope.beta_fast, rope.beta_slow, rope.truncate, rope.attention_factor,
                     rope.short_factor, rope.long_factor);
}

}  // namespace assay::models
