// Keys of a config.json that every family shares.
#pragma once

#include <span>
#include <string_view>

#include "models/checkpoint.h"

namespace assay::models {

// Lists have an entry a layer: a number that no checkpoint has must not ask for them.
inline constexpr int64_t kMostLayers = 10000;

// The keys that any model of transformers may have: fails (data) when one of them asks for another model than
// the plain one, or when a key is neither asked for, nor without effect in general, nor in `without_effect`,
// those of the family. `architectures` are those that the family builds. Call it when the family has asked
// for all of its own keys. Where `program` is given, auto_map may name parts of that repository: it is the
// family's own.
[[nodiscard]] Result<> check_keys(const Config& config, std::span<const std::string_view> architectures,
                                  std::span<const std::string_view> without_effect,
                                  std::string_view program = "");

}  // namespace assay::models
