#include "report/figures.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace assay::report {
namespace {

// Three significant digits without an exponent.
std::string three_digits(double value) {
  if (value == 0) return "0";
  const int before_point = static_cast<int>(std::floor(std::log10(std::abs(value)))) + 1;
  return fmt::format("{:.{}f}", value, std::max(0, 3 - std::max(before_point, 0)));
}

std::string scaled(double value, const std::array<const char*, 5>& units) {
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{} {}", three_digits(value), units[unit]);
}

std::string first_line(const std::string& text, size_t most) {
  std::string line = text.substr(0, text.find('\n'));
  if (line.size() > most) line = line.substr(0, most) + "…";
  return line;
}

}  // namespace

std::string milliseconds(double ms) {
  if (ms >= 10'000) return fmt::format("{} s", three_digits(ms / 1000));
  if (ms < 1) return fmt::format("{} us", three_digits(ms * 1000));
  return fmt::format("{} ms", three_digits(ms));
}

std::string seconds(double s) {
  if (s < 120) return fmt::format("{:.{}f} s", s, s < 9.95 ? 1 : 0);
  const auto whole = static_cast<int64_t>(std::llround(s));
  return fmt::format("{} min {} s", whole / 60, whole % 60);
}

std::string bytes(int64_t bytes) { return scaled(static_cast<double>(bytes), {"B", "kB", "MB", "GB", "TB"}); }

std::string count(double number) { return scaled(number, {"", "k", "M", "G", "T"}); }

std::string share(std::optional<double> share) {
  return share ? fmt::format("{} %", three_digits(*share * 100)) : "-";
}

std::string percent(double share) { return fmt::format("{:.{}f} %", 100 * share, share < 0.0995 ? 1 : 0); }

std::string comparison(const decide::Summary& summary) {
  switch (summary.comparison) {
    case stats::Comparison::too_few_rounds:
      return "too few rounds";
    case stats::Comparison::equal:
      return fmt::format("equal within {:.2g} %", 100 * summary.margin);
    case stats::Comparison::not_told_apart:
      return fmt::format("not told apart (±{})", percent(summary.half_width.value_or(0)));
    case stats::Comparison::faster:
    case stats::Comparison::slower:
      break;
  }
  return std::string(stats::name(summary.comparison));
}

std::string ratio(const decide::Figure& ratio) {
  if (!ratio.interval) return fmt::format("{:.2f}", ratio.median);
  return fmt::format("{:.2f} [{:.2f}, {:.2f}]", ratio.median, ratio.interval->low, ratio.interval->high);
}

std::string accuracy(const record::Accuracy& accuracy) {
  const auto verdict = record::name(accuracy.verdict);
  if (accuracy.verdict == record::Verdict::unchecked || !std::isfinite(accuracy.times_f32) ||
      accuracy.times_f32 <= 0)
    return std::string(verdict);
  return fmt::format("{} ({:.1f}x)", verdict, accuracy.times_f32);
}

std::string explanation(const record::ContestantResult& entry, size_t most) {
  if (entry.failure)
    return fmt::format("{}: {}", record::name(entry.outcome), first_line(entry.failure->message, most));
  if (entry.accuracy.verdict == record::Verdict::wrong)
    return fmt::format("wrong: {}", first_line(entry.accuracy.reason, most));
  return "";
}

}  // namespace assay::report
