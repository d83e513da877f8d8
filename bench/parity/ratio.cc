// The ratio of two series of visits with its interval, as a run makes it (stats/compare.h), for the scripts
// of bench/parity: so there is one way of making intervals. Reads {"contestant": SERIES, "baseline": SERIES}
// from standard input, a SERIES being a list of blocks, a block a list of visits, a visit a list of steps in
// ns; prints {"median", "low", "high", "rounds"}, `low` and `high` null where there are too few rounds for an
// interval.
#include <cstdio>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>
#include <vector>

#include "stats/compare.h"

namespace assay::stats {
namespace {

using nlohmann::json;

std::vector<VisitSamples> visits(const json& blocks) {
  std::vector<VisitSamples> result;
  for (size_t block = 0; block < blocks.size(); ++block)
    for (size_t round = 0; round < blocks[block].size(); ++round)
      result.push_back({.block = static_cast<int>(block),
                        .round = static_cast<int>(round),
                        .samples = blocks[block][round].get<std::vector<double>>()});
  return result;
}

json document(const Estimate& ratio) {
  const auto& interval = ratio.interval;
  return {{"median", ratio.median},
          {"low", interval ? json(interval->low) : json(nullptr)},
          {"high", interval ? json(interval->high) : json(nullptr)},
          {"rounds", ratio.count}};
}

}  // namespace
}  // namespace assay::stats

int main() try {
  const auto input = nlohmann::json::parse(std::cin);
  const auto ratio = assay::stats::ratio_of(assay::stats::visits(input.at("contestant")),
                                            assay::stats::visits(input.at("baseline")));
  if (!ratio) return std::fputs("paired_ratio: no round has both\n", stderr), 2;
  std::cout << assay::stats::document(*ratio) << '\n';
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "paired_ratio: %s\n", error.what());
  return 2;
}
