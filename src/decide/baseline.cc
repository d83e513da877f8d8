#include "decide/baseline.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace assay::decide {
bool means(std::string_view name, const record::Contestant& contestant) {
  return name == contestant.name() || name == contestant.framework + "/" + contestant.variant ||
         name == contestant.framework;
}

namespace {

auto place(const record::Cell& cell) {
  return std::tie(cell.model, cell.size, cell.workload, cell.precision);
}

}  // namespace

Result<> choose_baseline(record::Run& run, std::string_view name) {
  bool found = false;
  for (auto first = run.entries.begin(); first != run.entries.end();) {
    const auto end = std::find_if(first, run.entries.end(),
                                  [&](const auto& entry) { return place(entry.cell) != place(first->cell); });
    const auto chosen =
        std::find_if(first, end, [&](const auto& entry) { return means(name, entry.contestant); });
    if (chosen != end) {
      std::rotate(first, chosen, chosen + 1);
      found = true;
    }
    first = end;
  }
  if (found) return {};
  std::set<std::string> names;
  for (const auto& entry : run.entries) names.insert(entry.contestant.name());
  return fail(ErrorKind::usage, "no contestant '{}' in this run; it has: {}", name, fmt::join(names, ", "));
}

}  // namespace assay::decide
