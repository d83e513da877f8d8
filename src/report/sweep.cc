#include "report/sweep.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/text.h"
#include "decide/derived.h"
#include "decide/ranking.h"
#include "report/figures.h"

namespace assay::report {
namespace {

using decide::Summary;
using decide::Sweep;
using nlohmann::ordered_json;

// In the order in which they first appear.
std::vector<std::string> contestants_of(const Sweep& sweep) {
  std::vector<std::string> names;
  for (const auto& [size, cell] : sweep.points)
    for (const Summary& summary : cell) {
      const std::string name = summary.result->contestant.name();
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  return names;
}

const Summary* summary_of(std::span<const Summary> cell, const std::string& contestant) {
  const auto found = std::ranges::find_if(
      cell, [&](const Summary& summary) { return summary.result->contestant.name() == contestant; });
  return found == cell.end() ? nullptr : &*found;
}

std::string size_text(int64_t size) { return size == 0 ? "usual" : fmt::format("{}", size); }

// What a step counts: "tokens".
std::string item_of(const Sweep& sweep) {
  for (const auto& [size, cell] : sweep.points)
    for (const Summary& summary : cell)
      if (const auto& limit = summary.result->limit) return limit->item;
  return "steps";
}

std::string rate_text(const Summary* summary) {
  if (summary == nullptr) return "-";
  if (!decide::is_ranked(*summary))
    return std::string(summary->result->failure ? record::name(summary->result->outcome)
                                                : record::name(summary->result->accuracy.verdict));
  const auto rate = decide::derived(*summary).items_per_s;
  if (!summary->time_ms) return "-";
  std::string text = count(rate ? *rate : 1e3 / summary->time_ms->median);
  text.erase(text.find_last_not_of(' ') + 1);  // where it has no unit
  return text + (summary->place.fastest ? " *" : "");
}

ordered_json point_json(int64_t size, const Summary& summary) {
  const auto rate = decide::derived(summary).items_per_s;
  const auto& time = summary.time_ms;
  const auto or_null = [](const auto& value) { return value ? ordered_json(*value) : ordered_json(nullptr); };
  ordered_json point = {{"size", size},
                        {"workload", summary.result->cell.workload},
                        {"verdict", record::name(summary.result->accuracy.verdict)},
                        {"outcome", record::name(summary.result->outcome)},
                        {"items_per_s", or_null(rate)},
                        {"time_ms", time ? ordered_json(time->median) : ordered_json(nullptr)},
                        {"low", nullptr},
                        {"high", nullptr}};
  if (time && time->interval) {
    point["low"] = time->interval->low;
    point["high"] = time->interval->high;
  }
  return point;
}

}  // namespace

Table sweep_table(const Sweep& sweep) {
  Table table;
  table.right = {false};
  std::vector<std::string> head = {"contestant"};
  for (const auto& [size, cell] : sweep.points) {
    head.push_back(fmt::format("{} {}", record::words_of(sweep.axis).name, size_text(size)));
    table.right.push_back(true);
  }
  table.rows.push_back(std::move(head));
  for (const std::string& contestant : contestants_of(sweep)) {
    std::vector<std::string> row = {contestant};
    for (const auto& [size, cell] : sweep.points) row.push_back(rate_text(summary_of(cell, contestant)));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string sweeps_text(const record::Run& run, std::span<const decide::Summaries> cells,
                        std::string_view format) {
  std::string text;
  for (const Sweep& sweep : decide::sweeps(run, cells))
    text += fmt::format("\n{} {} · {} by {} · {}/s; *: the fastest there\n{}{}", one_line(sweep.cell.model),
                        sweep.cell.size, one_line(sweep.cell.workload), record::words_of(sweep.axis).name,
                        one_line(item_of(sweep)), format == "markdown" ? "\n" : "",
                        formatted(sweep_table(sweep), format));
  return text;
}

ordered_json sweep_json(const Sweep& sweep) {
  ordered_json series = ordered_json::array();
  for (const std::string& contestant : contestants_of(sweep)) {
    ordered_json points = ordered_json::array();
    for (const auto& [size, cell] : sweep.points)
      if (const Summary* summary = summary_of(cell, contestant)) points.push_back(point_json(size, *summary));
    series.push_back({{"contestant", contestant}, {"points", points}});
  }
  return {{"model", sweep.cell.model},
          {"size", sweep.cell.size},
          {"workload", sweep.cell.workload},
          {"precision", sweep.cell.precision},
          {"axis", record::words_of(sweep.axis).name},
          {"item", item_of(sweep)},
          {"series", series}};
}

ordered_json request_json(const record::Request& request) {
  ordered_json sizes = ordered_json::object();
  for (const auto& [dimension, size] : request) sizes[std::string(record::words_of(dimension).name)] = size;
  return sizes;
}

}  // namespace assay::report
