#include "report/change.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "report/figures.h"

namespace assay::report {
namespace {

using decide::Change;
using nlohmann::ordered_json;

// "a/v@cpu", or "a/v@cpu -> b/v@cpu" where two different ones are compared; versions where they differ.
std::string whom(const Change& change) {
  const record::Contestant &before = change.before.result->contestant,
                           &after = change.after.result->contestant;
  if (before.name() != after.name()) return fmt::format("{} → {}", before.name(), after.name());
  if (before.version == after.version || before.version.empty() || after.version.empty()) return after.name();
  return fmt::format("{} {} → {}", after.name(), before.version, after.version);
}

std::string times(const std::optional<double>& ratio) { return ratio ? fmt::format("{:.2f}", *ratio) : "-"; }

std::string with_word(const std::optional<stats::Estimate>& ratio, double margin) {
  if (!ratio) return "-";
  decide::Summary summary;
  summary.margin = margin;
  summary.comparison = stats::verdict(*ratio, margin);
  summary.half_width = stats::half_width(*ratio);
  return fmt::format("{} {}", report::ratio({ratio->median, ratio->interval}), comparison(summary));
}

std::string classes(const Change& change) {
  const auto before = record::name(change.before.result->accuracy.verdict),
             after = record::name(change.after.result->accuracy.verdict);
  return before == after ? std::string(after) : fmt::format("{} → {}", before, after);
}

ordered_json estimate_json(const std::optional<stats::Estimate>& ratio, double margin) {
  if (!ratio) return nullptr;
  const auto& interval = ratio->interval;
  return {{"ratio", ratio->median},
          {"low", interval ? ordered_json(interval->low) : ordered_json(nullptr)},
          {"high", interval ? ordered_json(interval->high) : ordered_json(nullptr)},
          {"comparison", stats::name(stats::verdict(*ratio, margin))}};
}

ordered_json side_json(const decide::Measured& side) {
  return {{"run", side.run->id},
          {"label", side.run->label ? ordered_json(*side.run->label) : ordered_json(nullptr)},
          {"contestant", side.result->contestant.name()},
          {"version", side.result->contestant.version},
          {"outcome", record::name(side.result->outcome)},
          {"verdict", record::name(side.result->accuracy.verdict)}};
}

ordered_json figure_json(const std::optional<double>& ratio) {
  return ratio ? ordered_json(*ratio) : ordered_json(nullptr);
}

ordered_json one_json(const Change& change, double margin) {
  const record::Cell& cell = change.after.result->cell;
  ordered_json time = estimate_json(change.time ? std::optional(change.time->ratio) : std::nullopt, margin);
  if (change.time) {
    time["paired_by"] = decide::name(change.time->pairing);
    time["control"] =
        change.time->control.empty() ? ordered_json(nullptr) : ordered_json(change.time->control);
  }
  return {{"model", cell.model},
          {"size", cell.size},
          {"workload", cell.workload},
          {"precision", cell.precision},
          {"before", side_json(change.before)},
          {"after", side_json(change.after)},
          {"time", time},
          {"start", estimate_json(change.start, margin)},
          {"memory", figure_json(change.memory)},
          {"footprint", figure_json(change.footprint)},
          {"error", figure_json(change.error)}};
}

}  // namespace

std::string time_or_outcome(const record::ContestantResult& result) {
  const auto time = stats::time_of(decide::samples_ms(result));
  if (time) return milliseconds(time->median);
  return result.failure ? std::string(record::name(result.outcome)) : "-";
}

Table change_table(std::span<const Change> changes, double margin) {
  Table table;
  table.right = {false, false, true, true, false, false, true, true, true, false};
  table.rows.push_back({"cell", "contestant", "before", "after", "time", "warm start", "memory", "installed",
                        "error", "accuracy"});
  for (const Change& change : changes) {
    const record::Cell& cell = change.after.result->cell;
    const auto time = change.time ? std::optional(change.time->ratio) : std::nullopt;
    table.rows.push_back({fmt::format("{} {}", cell.model, cell.workload), whom(change),
                          time_or_outcome(*change.before.result), time_or_outcome(*change.after.result),
                          with_word(time, margin), with_word(change.start, margin), times(change.memory),
                          times(change.footprint), times(change.error), classes(change)});
  }
  return table;
}

std::string change_json(std::span<const Change> changes, double margin) {
  ordered_json list = ordered_json::array();
  for (const Change& change : changes) list.push_back(one_json(change, margin));
  return list.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

std::string pairing_note(std::span<const Change> changes) {
  std::set<std::string> controls;
  int unpaired = 0;
  for (const Change& change : changes) {
    if (!change.time) continue;
    if (change.time->pairing == decide::Pairing::control) controls.insert(change.time->control);
    unpaired += change.time->pairing == decide::Pairing::times;
  }
  std::vector<std::string> parts;
  if (!controls.empty())
    parts.push_back(fmt::format("times of different runs are compared through {}, which both have",
                                fmt::join(controls, ", ")));
  if (unpaired > 0)
    parts.push_back(
        fmt::format("{} ratio{} of runs that have nothing in common, and as wide as such runs differ",
                    unpaired, unpaired == 1 ? " is" : "s are"));
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace assay::report
