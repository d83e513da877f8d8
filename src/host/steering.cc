#include "host/steering.h"

#include <algorithm>

#include "host/steering_table.h"

namespace assay::host {

std::span<const Steering> steering() { return kSteering; }

const Steering* steering_of(std::string_view variable) {
  const auto found = std::ranges::find_if(
      kSteering, [&](const Steering& each) { return variable.starts_with(each.beginning); });
  return found == std::end(kSteering) ? nullptr : found;
}

RunnerEnvironment runner_environment(const Variables& given, const std::vector<std::string>& keep,
                                     const std::vector<std::string>& unset) {
  RunnerEnvironment result;
  for (const auto& [name, value] : given) {
    const bool wanted = std::ranges::find(keep, name) != keep.end();
    const Steering* steers = steering_of(name);
    if (wanted || (steers != nullptr && steers->treatment == Treatment::kept))
      result.kept[name] = value;
    else if (steers != nullptr ||
             std::ranges::any_of(unset, [&](const auto& beginning) { return name.starts_with(beginning); }))
      result.unset.push_back(name);
  }
  return result;
}

}  // namespace assay::host
