// The cache as a whole: who uses it, and what of it may be removed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/file_lock.h"
#include "base/result.h"
#include "setup/framework.h"

namespace assay::cache {

// Where each run has a folder for its files, locked for as long as it goes on.
[[nodiscard]] std::filesystem::path runs_dir();

// Where what a build of a framework compiled for the gate's trials is kept from one to the next. Measured
// runs begin without any of it. Fails like setup::build_dir.
[[nodiscard]] Result<std::filesystem::path> compiled_dir(const setup::Framework& framework,
                                                         const setup::Variant& variant);

// Says that this process uses the cache, until the lock ends: nothing is removed meanwhile. Fails
// (environment) when the cache cannot be written, or is just being cleaned.
[[nodiscard]] Result<FileLock> use_cache();

// Makes the folder of a run's files and locks it for as long as the run goes on. Fails (usage) when it does
// already, (environment) when the folder cannot be made.
[[nodiscard]] Result<FileLock> lock_run(const std::filesystem::path& scratch);

// Bytes on disk of all below a folder, each file once however many names it has.
[[nodiscard]] int64_t size_on_disk(const std::filesystem::path& folder);

// Something in the cache that can be made again.
struct Removable {
  std::string kind;  // "old build", "build", "models and weights", "truth", "compiled by frameworks", "run
                     // left over", "other"
  std::filesystem::path path;
  int64_t bytes = 0;   // a file that lies in several folders counts in the first one
  std::string in_use;  // why it is not removed; empty: it is
};

// What can go: builds that no framework of `frameworks` needs any more, models and weights in every form,
// truth, and the folders of runs that ended without removing them. all: every other file of the cache too,
// builds in use today included; never the store.
[[nodiscard]] std::vector<Removable> removables(std::span<const setup::Framework> frameworks, bool all,
                                                const std::filesystem::path& store);

// Removes those that nobody uses; what somebody began to use meanwhile gets its `in_use`. Fails (environment)
// with the first path that could not be removed.
[[nodiscard]] Result<> remove(std::span<Removable> things);

}  // namespace assay::cache
