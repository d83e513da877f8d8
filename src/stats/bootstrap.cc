#include "stats/bootstrap.h"

#include <algorithm>

#include "base/result.h"
#include "stats/quantile.h"
#include "stats/random.h"

namespace assay::stats {
namespace {

// One resample's numbers, into `drawn`.
void draw(std::span<const std::vector<double>* const> blocks, Random& random, std::vector<double>& drawn) {
  drawn.clear();
  for (size_t i = 0; i < blocks.size(); ++i) {
    const auto& block = *blocks[random.below(blocks.size())];
    for (size_t j = 0; j < block.size(); ++j) drawn.push_back(block[random.below(block.size())]);
  }
}

}  // namespace

std::vector<double> resampled_medians(std::span<const std::vector<double>> blocks, uint64_t seed,
                                      int resamples) {
  std::vector<const std::vector<double>*> filled;
  for (const auto& block : blocks)
    if (!block.empty()) filled.push_back(&block);
  ASSAY_CHECK(!filled.empty(), "bootstrap of nothing");
  Random random(seed, "bootstrap");
  std::vector<double> drawn, medians;
  medians.reserve(static_cast<size_t>(resamples));
  for (int i = 0; i < resamples; ++i) {
    draw(filled, random, drawn);
    medians.push_back(median(drawn));
  }
  std::ranges::sort(medians);
  return medians;
}

}  // namespace assay::stats
