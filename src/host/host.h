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
[[nodiscard]] record::Host this_machine(const std::filesystem::path& root = "/");

// The machine as contestants with so many threads find it: `host.core_groups` has the CPUs that they get.
// Where they get fewer than there are, they are held to these, one of each core first, of the fast kind, one
// NUMA node before the next.
struct Share {
  std::vector<int> cpus;  // to be held to; empty: all that this process may use
  std::vector<record::CoreGroup> groups;
};
[[nodiscard]] Share share_for(int threads, const std::filesystem::path& root = "/");

// Keeps the calling thread, and those that it starts, to these CPUs; none: as it is. Where that cannot be had
// it runs as it did.
void hold_to(const std::vector<int>& cpus);

// Bytes that an unprivileged process may still write below `path` (or its nearest existing parent); absent
// when unknown.
[[nodiscard]] std::optional<int64_t> free_disk_bytes(const std::filesystem::path& path);

// Bytes of memory that processes could still get now, within the cgroup's limit; absent when unknown.
[[nodiscard]] std::optional<int64_t> available_memory_bytes(const std::filesystem::path& root = "/");

// CPUs of the whole machine, at least one.
[[nodiscard]] int online_cpus();

// The program that this process runs; empty when unknown.
[[nodiscard]] std::filesystem::path executable_path();

}  // namespace assay::host
