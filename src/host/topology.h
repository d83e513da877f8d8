// The CPUs that this process may use, read from the machine through hwloc, which knows cores, kinds and NUMA
// nodes on every system.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "host/processors.h"

namespace assay::host {

// The CPUs that this process may run on, in the order in which threads get them (processors.h): its affinity
// and the control group's set of CPUs are respected. Where nothing is known of the machine's cores each CPU
// is one of its own; empty when not even the CPUs are known. `root` is where the system's files are found;
// tests give a folder with samples.
[[nodiscard]] std::vector<Processor> usable_processors(const std::filesystem::path& root = "/");

// The parts that each system has of its own (*_linux.cc).

// The CPUs of the affinity mask; absent when the system does not tell.
[[nodiscard]] std::optional<std::vector<int>> allowed_cpus(const std::filesystem::path& root);
// CPUs that the system itself calls the slow kind of a hybrid processor.
[[nodiscard]] std::vector<int> named_efficiency_cpus(const std::filesystem::path& root);
// Fills frequency and governor, where they are told.
void add_frequency(const std::filesystem::path& root, Processor& processor);

}  // namespace assay::host
