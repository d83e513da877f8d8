#include "report/history.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/figures.h"

namespace assay::report {
namespace {

using decide::Occasion;
using nlohmann::ordered_json;

const record::ContestantResult& result_of(const Occasion& occasion) { return *occasion.measured.result; }

std::string with_interval(const std::optional<stats::Estimate>& time_ms) {
  if (!time_ms) return "-";
  if (!time_ms->interval) return milliseconds(time_ms->median);
  return fmt::format("{} [{}, {}]", milliseconds(time_ms->median), milliseconds(time_ms->interval->low),
                     milliseconds(time_ms->interval->high));
}

// "8.1 % slower [5.0, 11.3]"
std::string change_words(const stats::Estimate& change) {
  const bool slower = change.median > 1;
  const double sign = slower ? 100 : -100;
  const auto bounds = change.interval.value_or(stats::Bounds{change.median, change.median});
  const double least = sign * (bounds.low - 1), most = sign * (bounds.high - 1);
  return fmt::format("{:.1f} % {} [{:.1f}, {:.1f}]", sign * (change.median - 1), slower ? "slower" : "faster",
                     std::min(least, most), std::max(least, most));
}

std::string mark(const Occasion& occasion) {
  std::string text = explanation(result_of(occasion));
  const auto add = [&](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  if (occasion.new_version) add("new version");
  if (occasion.change) add("from here on " + change_words(*occasion.change));
  return text;
}

ordered_json figure_of(const std::optional<stats::Estimate>& figure) {
  if (!figure) return nullptr;
  const auto& interval = figure->interval;
  return {{"median", figure->median},
          {"low", interval ? ordered_json(interval->low) : ordered_json(nullptr)},
          {"high", interval ? ordered_json(interval->high) : ordered_json(nullptr)}};
}

}  // namespace

Table history_table(const decide::History& history) {
  Table table;
  table.right = {false, false, false, true, false, false, false};
  const std::string ratio = history.control.empty() ? "ratio" : "ratio to " + history.control;
  table.rows.push_back({"started (UTC)", "run", "version", "time", ratio, "accuracy", "note"});
  for (const Occasion& occasion : history.occasions) {
    const record::Run& run = *occasion.measured.run;
    table.rows.push_back(
        {run.started, run.label ? fmt::format("{} ({})", run.id, *run.label) : run.id,
         result_of(occasion).contestant.version, with_interval(occasion.time_ms),
         occasion.ratio ? report::ratio({occasion.ratio->median, occasion.ratio->interval}) : "-",
         accuracy(result_of(occasion).accuracy), mark(occasion)});
  }
  return table;
}

Table history_csv_table(const decide::History& history) {
  Table table = history_table(history);
  constexpr size_t kRatio = 4;
  for (auto& row : table.rows) row.push_back(row[kRatio] == "-" ? "-" : history.control);
  table.rows.front()[kRatio] = "ratio";
  table.rows.front().back() = "ratio to";
  return table;
}

std::vector<std::string> history_sentences(const decide::History& history) {
  std::vector<std::string> sentences;
  std::string version;
  for (const Occasion& occasion : history.occasions) {
    const std::string& now = result_of(occasion).contestant.version;
    if (occasion.change)
      sentences.push_back(
          fmt::format("{}: {}{}", occasion.measured.run->started, change_words(*occasion.change),
                      occasion.new_version ? fmt::format(", with version {} after {}", now, version)
                                           : ", version " + now));
    if (!now.empty()) version = now;
  }
  return sentences;
}

std::string history_json(const decide::History& history) {
  ordered_json occasions = ordered_json::array();
  for (const Occasion& occasion : history.occasions) {
    const record::Run& run = *occasion.measured.run;
    occasions.push_back({{"run", run.id},
                         {"label", run.label ? ordered_json(*run.label) : ordered_json(nullptr)},
                         {"started", run.started},
                         {"version", result_of(occasion).contestant.version},
                         {"outcome", record::name(result_of(occasion).outcome)},
                         {"verdict", record::name(result_of(occasion).accuracy.verdict)},
                         {"time_ms", figure_of(occasion.time_ms)},
                         {"ratio", figure_of(occasion.ratio)},
                         {"new_version", occasion.new_version},
                         {"change", figure_of(occasion.change)}});
  }
  const ordered_json document = {
      {"control", history.control.empty() ? ordered_json(nullptr) : ordered_json(history.control)},
      {"occasions", occasions}};
  return document.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace assay::report
