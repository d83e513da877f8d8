// Requests by what people do: a model, workloads and their sizes under one name. The one place that lists
// them.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace assay::models {

struct Preset {
  std::string_view name;
  std::string_view meaning;
  std::string_view model;                   // where no other is named
  std::vector<std::string_view> workloads;  // with their sizes
};

[[nodiscard]] std::span<const Preset> presets();

// Fails (usage) with the nearest names.
[[nodiscard]] Result<const Preset*> find_preset(std::string_view name);

}  // namespace assay::models
