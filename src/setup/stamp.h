// The stamp of a build: a small file that is written into its folder last, so that a folder without one is of
// a set-up that was cut off. It says what the build was made of.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "setup/tool.h"

namespace assay::setup {

struct Stamp {
  std::string runner;  // runner_key() of what was compiled
  std::optional<int64_t> footprint_bytes;
  std::string inputs;  // inputs_key(); empty in those of older versions, which have no tools either
  std::map<std::string, Tool> tools;  // by the names in framework.toml
};

[[nodiscard]] std::optional<Stamp> read_stamp(const std::filesystem::path& folder);
[[nodiscard]] Result<> write_stamp(const std::filesystem::path& folder, const Stamp& stamp);

// When the build in the folder was completed; the clock's beginning when it was not.
[[nodiscard]] std::filesystem::file_time_type completed(const std::filesystem::path& folder);

}  // namespace assay::setup
