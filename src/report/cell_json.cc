#include "report/cell_json.h"

#include <nlohmann/json.hpp>

#include "report/answer.h"

namespace assay::report {
namespace {

using nlohmann::ordered_json;

ordered_json pair_json(std::span<const decide::Summary> cell, const decide::Pair& pair) {
  const auto& interval = pair.ratio.interval;
  return {{"a", cell[pair.a].result->contestant.name()},
          {"b", cell[pair.b].result->contestant.name()},
          {"ratio", pair.ratio.median},
          {"low", interval ? ordered_json(interval->low) : ordered_json(nullptr)},
          {"high", interval ? ordered_json(interval->high) : ordered_json(nullptr)},
          {"pairs", pair.ratio.count},
          {"comparison", stats::name(stats::verdict(pair.ratio, cell[pair.a].margin))}};
}

}  // namespace

ordered_json cell_json(std::span<const decide::Summary> cell) {
  if (cell.empty()) return nullptr;
  const record::Cell& what = cell.front().result->cell;
  ordered_json pairs = ordered_json::array();
  for (const decide::Pair& pair : decide::comparisons(cell)) pairs.push_back(pair_json(cell, pair));
  return {{"model", what.model},         {"size", what.size},      {"workload", what.workload},
          {"precision", what.precision}, {"answer", answer(cell)}, {"pairs", pairs}};
}

}  // namespace assay::report
