#include "setup/variables.h"

#include <algorithm>

namespace assay::setup {
namespace {

std::vector<std::string> all_of(std::span<const Framework> frameworks,
                                std::vector<std::string> Framework::* list) {
  std::vector<std::string> all;
  for (const Framework& framework : frameworks)
    all.insert(all.end(), (framework.*list).begin(), (framework.*list).end());
  return all;
}

}  // namespace

host::RunnerEnvironment runner_environment(std::span<const Framework> frameworks,
                                           const host::Variables& given, std::vector<std::string> keep) {
  const auto kept = all_of(frameworks, &Framework::variables_kept);
  keep.insert(keep.end(), kept.begin(), kept.end());
  return host::runner_environment(given, keep, all_of(frameworks, &Framework::variables_unset));
}

bool steers(std::span<const Framework> frameworks, std::string_view variable) {
  const auto kept = all_of(frameworks, &Framework::variables_kept);
  const auto unset = all_of(frameworks, &Framework::variables_unset);
  return host::steering_of(variable) != nullptr || std::ranges::find(kept, variable) != kept.end() ||
         std::ranges::any_of(unset, [&](const auto& beginning) { return variable.starts_with(beginning); });
}

}  // namespace assay::setup
