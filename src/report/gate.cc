#include "report/gate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "report/change.h"

namespace assay::report {
namespace {

using decide::Gate;
using decide::Gone;
using nlohmann::ordered_json;

std::vector<decide::Change> changes_of(const Gate& gate) {
  std::vector<decide::Change> changes;
  for (const decide::Judged& one : gate.judged) changes.push_back(one.change);
  return changes;
}

std::string where(const record::ContestantResult& result) {
  return fmt::format("{} {} {}", result.contestant.name(), result.cell.model, result.cell.workload);
}

std::string lost(const Gone& gone) { return fmt::format("no result now: {}", gone.why); }

struct Loss {
  std::string where;
  std::vector<std::string> what;
};

std::vector<Loss> losses_of(const Gate& gate) {
  std::vector<Loss> found;
  for (const auto& [change, losses] : gate.judged)
    if (!losses.empty()) found.push_back({where(*change.after.result), losses});
  for (const Gone& one : gate.gone)
    if (one.asked_for) found.push_back({where(*one.before.result), {lost(one)}});
  return found;
}

bool anybody_judged(const Gate& gate, const record::Cell& cell) {
  return std::ranges::any_of(gate.judged,
                             [&](const auto& one) { return one.change.after.result->cell == cell; });
}

// "a/v@cpu, b/v@cpu (m inference)"; of a cell in which nobody was judged "m training".
std::string names_in(const Gate& gate, const record::Cell& cell) {
  const std::string name = fmt::format("{} {}", cell.model, cell.workload);
  if (!anybody_judged(gate, cell)) return name;
  std::vector<std::string> names;
  for (const Gone& one : gate.gone)
    if (!one.asked_for && one.before.result->cell == cell)
      names.push_back(one.before.result->contestant.name());
  return fmt::format("{} ({})", fmt::join(names, ", "), name);
}

ordered_json gone_json(const Gone& gone) {
  const record::ContestantResult& result = *gone.before.result;
  return {{"contestant", result.contestant.name()},
          {"model", result.cell.model},
          {"size", result.cell.size},
          {"workload", result.cell.workload},
          {"precision", result.cell.precision},
          {"asked_for", gone.asked_for},
          {"why", gone.why}};
}

}  // namespace

Table gate_table(const Gate& gate, double margin) {
  Table table = change_table(changes_of(gate), margin);
  const size_t columns = table.rows.front().size();
  table.rows.front().emplace_back("worse");
  for (size_t i = 0; i < gate.judged.size(); ++i)
    table.rows[i + 1].push_back(fmt::format("{}", fmt::join(gate.judged[i].losses, ", ")));
  for (const Gone& one : gate.gone) {
    if (!one.asked_for) continue;
    const record::ContestantResult& before = *one.before.result;
    std::vector<std::string> row(columns, "-");
    row[0] = fmt::format("{} {}", before.cell.model, before.cell.workload);
    row[1] = before.contestant.name();
    row[2] = time_or_outcome(before);
    row.push_back(lost(one));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::vector<std::string> gate_losses(const Gate& gate) {
  std::vector<std::string> lines;
  for (const auto& [where, what] : losses_of(gate))
    lines.push_back(fmt::format("{}: {}", where, fmt::join(what, ", ")));
  return lines;
}

std::string not_asked_note(const Gate& gate) {
  std::vector<std::string> parts;
  for (const Gone& one : gate.gone) {
    if (one.asked_for) continue;
    auto part = names_in(gate, one.before.result->cell);
    if (std::ranges::find(parts, part) == parts.end()) parts.push_back(std::move(part));
  }
  if (parts.empty()) return "";
  return fmt::format("in the baseline and not asked for here: {}", fmt::join(parts, "; "));
}

std::string gate_json(const Gate& gate, double margin) {
  ordered_json losses = ordered_json::array(), gone = ordered_json::array();
  for (const auto& [where, what] : losses_of(gate)) losses.push_back({{"where", where}, {"what", what}});
  for (const Gone& one : gate.gone) gone.push_back(gone_json(one));
  const ordered_json document = {{"schema", 1},
                                 {"passed", decide::passed(gate)},
                                 {"losses", losses},
                                 {"gone", gone},
                                 {"changes", ordered_json::parse(change_json(changes_of(gate), margin))}};
  return document.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace assay::report
