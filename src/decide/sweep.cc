#include "decide/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

namespace assay::decide {
namespace {

using record::Dimension;
using record::Request;

// One cell with what it was asked.
struct Asked {
  std::span<const Summary> cell;
  record::WorkloadName name;
  Request whole;
};

// What all of a sweep have in common beside their sizes.
using Kind = std::tuple<std::string, std::string, std::string, std::string>;

int64_t size_of(const Asked& asked, Dimension dimension) {
  const auto found = asked.whole.find(dimension);
  return found == asked.whole.end() ? 0 : found->second;
}

// The dimension with most sizes; absent where no two of them differ.
std::optional<Dimension> axis_of(std::span<const Asked> group) {
  std::optional<Dimension> axis;
  size_t most = 1;
  for (const auto& words : record::dimensions()) {
    std::set<int64_t> sizes;
    for (const Asked& asked : group) sizes.insert(size_of(asked, words.dimension));
    if (sizes.size() <= most) continue;
    most = sizes.size();
    axis = words.dimension;
  }
  return axis;
}

// The group's cells along the axis, apart by what else their names say.
void add_sweeps(std::span<const Asked> group, Dimension axis, std::vector<Sweep>& sweeps) {
  std::map<Request, Sweep> by_rest;
  for (const Asked& asked : group) {
    record::WorkloadName rest = asked.name;
    rest.request.erase(axis);
    Sweep& sweep = by_rest[rest.request];
    sweep.axis = axis;
    sweep.cell = asked.cell.front().result->cell;
    sweep.cell.workload = record::to_string(rest);
    sweep.points.emplace_back(size_of(asked, axis), asked.cell);
  }
  for (auto& [rest, sweep] : by_rest) {
    std::ranges::stable_sort(sweep.points, {}, [](const auto& point) { return point.first; });
    if (sweep.points.size() > 1) sweeps.push_back(std::move(sweep));
  }
}

}  // namespace

Request request_of(const record::Run& run, const record::Cell& cell) {
  const auto kept = run.hashes.find(fmt::format("request {}/{}/{}", cell.model, cell.size, cell.workload));
  const auto name = record::parse_workload(kept == run.hashes.end() ? cell.workload : kept->second);
  return name ? name->request : Request();
}

std::vector<Sweep> sweeps(const record::Run& run, std::span<const Summaries> cells) {
  std::vector<Kind> order;
  std::map<Kind, std::vector<Asked>> groups;
  for (const Summaries& cell : cells) {
    if (cell.empty()) continue;
    const record::Cell& what = cell.front().result->cell;
    auto name = record::parse_workload(what.workload);
    if (!name) continue;
    const Kind kind{what.model, what.size, name->kind, what.precision};
    if (!groups.contains(kind)) order.push_back(kind);
    groups[kind].push_back({cell, *std::move(name), request_of(run, what)});
  }
  std::vector<Sweep> found;
  for (const Kind& kind : order)
    if (const auto axis = axis_of(groups.at(kind))) add_sweeps(groups.at(kind), *axis, found);
  return found;
}

}  // namespace assay::decide
