#include "verify/yardstick.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/json.h"
#include "verify/compare.h"
#include "verify/thresholds.h"

namespace assay::verify {
namespace {

using nlohmann::json;

void raise_one(TensorYardstick& yardstick, const TensorDifference& comparison) {
  yardstick.rel_l2 = std::max(yardstick.rel_l2, comparison.rel_l2());
  yardstick.max_rel = std::max(yardstick.max_rel, comparison.max_rel());
  yardstick.abs_l2 = std::max(yardstick.abs_l2, comparison.abs_l2());
}

json to_json(const TensorYardstick& yardstick) {
  return {yardstick.rel_l2, yardstick.max_rel, yardstick.abs_l2};
}

TensorYardstick from_json(const json& numbers) {
  return {numbers.at(0).get<double>(), numbers.at(1).get<double>(), numbers.at(2).get<double>()};
}

}  // namespace

TensorYardstick Yardsticks::of(const std::string& output) const {
  const auto found = tensors.find(output);
  return found == tensors.end() ? TensorYardstick{} : found->second;
}

TensorYardstick StepsReach::of(const std::string& output) const {
  const TensorYardstick one = spread.of(output), last = ends.of(output);
  return {std::max(kTimesSteps * one.rel_l2, last.rel_l2), std::max(kTimesSteps * one.max_rel, last.max_rel),
          std::max(kTimesSteps * one.abs_l2, last.abs_l2)};
}

Yardsticks doubled(Yardsticks yardsticks) {
  const auto twice = [](TensorYardstick& one) { one = {2 * one.rel_l2, 2 * one.max_rel, 2 * one.abs_l2}; };
  for (auto& [name, yardstick] : yardsticks.tensors) twice(yardstick);
  twice(yardsticks.gradients);
  return yardsticks;
}

bool is_finite(const Yardsticks& yardsticks) {
  const auto finite = [](const TensorYardstick& one) {
    return std::isfinite(one.rel_l2) && std::isfinite(one.max_rel) && std::isfinite(one.abs_l2);
  };
  return finite(yardsticks.gradients) &&
         std::ranges::all_of(yardsticks.tensors, [&](const auto& one) { return finite(one.second); });
}

bool is_gradient(std::string_view output) { return output.starts_with("grad."); }

Result<> raise(Yardsticks& yardsticks, const tensor::TensorMap& evaluated, const tensor::TensorMap& truth,
               int threads) {
  TensorDifference gradients;
  for (const auto& [name, expected] : truth) {
    if (expected.dtype() != tensor::DType::f64) continue;
    const auto found = evaluated.find(name);
    if (found == evaluated.end() || found->second.shape() != expected.shape())
      return fail(ErrorKind::data, "the evaluation of {} for its yardstick is missing or has another shape",
                  name);
    const TensorDifference comparison = compare(found->second, expected, threads);
    raise_one(yardsticks.tensors[name], comparison);
    if (is_gradient(name)) gradients.add(comparison);
  }
  raise_one(yardsticks.gradients, gradients);
  return {};
}

Result<> write_yardsticks(const std::filesystem::path& path, const Yardsticks& yardsticks) {
  json tensors = json::object();
  for (const auto& [name, yardstick] : yardsticks.tensors) tensors[name] = to_json(yardstick);
  return write_file(path, json_text({{"tensors", tensors}, {"gradients", to_json(yardsticks.gradients)}}, 1));
}

Result<Yardsticks> read_yardsticks(const std::filesystem::path& path) {
  ASSAY_TRY(const json document, read_json(path));
  try {
    Yardsticks yardsticks{.gradients = from_json(document.at("gradients"))};
    for (const auto& [name, numbers] : document.at("tensors").items())
      yardsticks.tensors[name] = from_json(numbers);
    return yardsticks;
  } catch (const json::exception& exception) {
    return fail(ErrorKind::data, "{}: {}", path.string(), exception.what());
  }
}

Result<> write_spread(const std::filesystem::path& path, const std::map<std::string, double>& spread) {
  return write_file(path, json_text(spread, 1));
}

Result<std::map<std::string, double>> read_spread(const std::filesystem::path& path) {
  ASSAY_TRY(const json spread, read_json(path));
  try {
    return spread.get<std::map<std::string, double>>();
  } catch (const json::exception& exception) {
    return fail(ErrorKind::data, "{}: {}", path.string(), exception.what());
  }
}

}  // namespace assay::verify
