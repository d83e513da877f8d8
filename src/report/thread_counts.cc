#include "report/thread_counts.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "decide/ranking.h"
#include "record/device.h"
#include "report/figures.h"

namespace assay::report {
namespace {

using decide::Summary;
using nlohmann::ordered_json;
using stats::Comparison;

bool decided(Comparison said) { return said == Comparison::faster || said == Comparison::slower; }

// Whether the two are told apart, as far as their rounds go.
bool told_apart(std::span<const Summary> cell, const Summary* one, const Summary* other) {
  for (const decide::Pair& pair : decide::comparisons(cell)) {
    const Summary *a = &cell[pair.a], *b = &cell[pair.b];
    if ((a == one && b == other) || (a == other && b == one))
      return decided(stats::verdict(pair.ratio, one->margin));
  }
  return false;
}

void find_best(std::span<const Summary> cell, ThreadCounts& counts) {
  const Summary* best = nullptr;
  double least_ms = 0;
  for (const auto& [count, summary] : counts.runs) {
    const auto time_ms = summary->time_ms;
    if (!decide::is_ranked(*summary) || !time_ms) continue;
    if (best != nullptr && least_ms <= time_ms->median) continue;
    best = summary;
    least_ms = time_ms->median;
    counts.best = count;
  }
  if (best == nullptr) return;
  for (const auto& [count, summary] : counts.runs)
    if (summary != best && decide::is_ranked(*summary) && !told_apart(cell, best, summary))
      counts.not_told_apart.push_back(count);
}

std::string best_text(const ThreadCounts& counts) {
  if (counts.best == 0) return "-";
  if (counts.not_told_apart.empty()) return fmt::format("{}", counts.best);
  return fmt::format("{} (not told apart: {})", counts.best, fmt::join(counts.not_told_apart, ", "));
}

std::string time_text(const ThreadCounts& counts, int count) {
  const auto found = std::ranges::find(counts.runs, count, [](const auto& run) { return run.first; });
  if (found == counts.runs.end()) return "-";
  const Summary& summary = *found->second;
  if (!decide::is_ranked(summary) || !summary.time_ms)
    return std::string(summary.result->failure ? record::name(summary.result->outcome)
                                               : record::name(summary.result->accuracy.verdict));
  return milliseconds(summary.time_ms->median);
}

}  // namespace

std::vector<ThreadCounts> thread_counts(std::span<const Summary> cell, int threads) {
  std::vector<ThreadCounts> found;
  for (const Summary& summary : cell) {
    const record::Contestant& who = summary.result->contestant;
    if (record::without_threads(who.device) != "cpu") continue;
    const std::string name = who.framework + "/" + who.variant;
    auto counts = std::ranges::find(found, name, &ThreadCounts::contestant);
    if (counts == found.end()) counts = found.insert(found.end(), {.contestant = name});
    counts->runs.emplace_back(record::threads_of(who.device).value_or(threads), &summary);
  }
  std::erase_if(found, [](const ThreadCounts& counts) { return counts.runs.size() < 2; });
  for (ThreadCounts& counts : found) {
    std::ranges::stable_sort(counts.runs, {}, [](const auto& run) { return run.first; });
    find_best(cell, counts);
  }
  return found;
}

Table thread_table(std::span<const Summary> cell, int threads) {
  const auto all = thread_counts(cell, threads);
  if (all.empty()) return {};
  std::set<int> columns;
  for (const ThreadCounts& counts : all)
    for (const auto& [count, summary] : counts.runs) columns.insert(count);
  Table table{.rows = {{"contestant"}}, .right = {false}};
  for (const int count : columns) {
    table.rows.front().push_back(fmt::format("{} thread{}", count, count == 1 ? "" : "s"));
    table.right.push_back(true);
  }
  table.rows.front().emplace_back("best");
  for (const ThreadCounts& counts : all) {
    std::vector<std::string> row = {counts.contestant};
    for (const int count : columns) row.push_back(time_text(counts, count));
    row.push_back(best_text(counts));
    table.rows.push_back(std::move(row));
  }
  return table;
}

ordered_json thread_json(std::span<const Summary> cell, int threads) {
  ordered_json all = ordered_json::array();
  for (const ThreadCounts& counts : thread_counts(cell, threads)) {
    std::vector<int> tried;
    for (const auto& [count, summary] : counts.runs) tried.push_back(count);
    all.push_back({{"contestant", counts.contestant},
                   {"threads", tried},
                   {"best", counts.best == 0 ? ordered_json(nullptr) : ordered_json(counts.best)},
                   {"not_told_apart", counts.not_told_apart}});
  }
  return all;
}

}  // namespace assay::report
