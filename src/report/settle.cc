#include "report/settle.h"

#include <fmt/format.h>

#include <cmath>

#include "base/text.h"
#include "decide/ranking.h"
#include "report/figures.h"
#include "stats/inference.h"

namespace assay::report {
namespace {

using decide::Summary;
using stats::Comparison;

constexpr double kMuch = 10;  // times as long: more than most would wait

struct Undecided {
  int ratios = 0;
  int without_interval = 0;
  const Summary* widest = nullptr;  // and its half-width
  double half_width = 0;
};

bool is_undecided(const Summary& summary) {
  if (!decide::is_ranked(summary) || !summary.ratio) return false;
  if (summary.ratio_to == summary.result->contestant.name()) return false;
  return summary.comparison == Comparison::not_told_apart || summary.comparison == Comparison::too_few_rounds;
}

Undecided undecided_of(std::span<const decide::Summaries> cells) {
  Undecided found;
  for (const auto& cell : cells)
    for (const Summary& summary : cell) {
      if (!is_undecided(summary)) continue;
      ++found.ratios;
      found.without_interval += !summary.half_width;
      const double half_width = summary.half_width.value_or(0);
      if (half_width <= found.half_width) continue;
      found.widest = &summary;
      found.half_width = half_width;
    }
  return found;
}

std::string option(const Effort& effort, double times) {
  if (effort.rounds) {
    const double rounds =
        std::max(std::ceil(*effort.rounds * times), static_cast<double>(stats::kLeastPairs));
    return fmt::format("--rounds {:.0f}", rounds);
  }
  const double minutes = std::ceil(effort.budget_s.value_or(0) * times / 60);
  return fmt::format("--budget {:.0f}m", minutes);
}

std::string where(const Summary& summary) {
  return one_line(fmt::format("{} in {} {}", summary.result->contestant.name(), summary.result->cell.model,
                              summary.result->cell.workload));
}

}  // namespace

std::string settle(std::span<const decide::Summaries> cells, double target, const Effort& effort) {
  const Undecided found = undecided_of(cells);
  if (found.ratios == 0) return "";
  const std::string head =
      fmt::format("{} ratio{} not decided", found.ratios, found.ratios == 1 ? " is" : "s are");
  if (found.widest == nullptr)
    return fmt::format("{}, for want of rounds: {} brings an interval.", head, option(effort, 2));
  const double times = std::pow(found.half_width / (stats::kAim * target), 2);
  const std::string few =
      found.without_interval > 0 ? fmt::format(", {} for want of rounds", found.without_interval) : "";
  const std::string widest =
      fmt::format("the widest is known to ±{} ({})", percent(found.half_width), where(*found.widest));
  if (times > kMuch)
    return fmt::format(
        "{}{}; {}. ±{:.2g} % would take {:.0f} times as long: stop what else runs, and run it again.", head,
        few, widest, 100 * target, times);
  return fmt::format("{}{}; {}. To know all to ±{:.2g} %: {}.", head, few, widest, 100 * target,
                     option(effort, std::max(times, 1.5)));
}

}  // namespace assay::report
