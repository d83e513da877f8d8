// What this machine is: the facts that are stored with every run. A figure that the system does not tell is
// absent (empty, or 0 for counts and sizes), never guessed. Linux reads them in host_linux.cc; another system
// needs a file of its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "record/measurement.h"

namespace assay::host {

// The facts of this machine. `root` is where the system's files are found ("/"); tests give a folder with
// samples.
[[nodiscard]] record::Host facts(const std::filesystem::path& root = "/");

// `count` of the CPUs that this process may run on, one of each core before the second of any; all of them
// when there are no more. Empty when the system does not tell.
[[nodiscard]] std::vector<int> cpus_for(int count, const std::filesystem::path& root = "/");

// Bytes that an unprivileged process may still write below `path` (or its nearest existing parent); absent
// when unknown.
[[nodiscard]] std::optional<int64_t> free_disk_bytes(const std::filesystem::path& path);

// Bytes of memory that processes could still get now, within the cgroup's limit; absent when unknown.
[[nodiscard]] std::optional<int64_t> available_memory_bytes(const std::filesystem::path& root = "/");

// The program that this process runs; empty when unknown.
[[nodiscard]] std::filesystem::path executable_path();

}  // namespace assay::host
