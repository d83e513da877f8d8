// What a framework's footprint is made of: the packages of its build, whose code a mapped file is, and how a
// program of its own was linked.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "record/footprint.h"

namespace assay::setup {

// The Python packages installed below `build_dir`, by name: from the metadata beside them, the installer pip
// left out. Empty for a build that installs none.
[[nodiscard]] std::vector<record::Package> packages(const std::filesystem::path& build_dir);

// What of a mapped file is the framework's.
struct Ours {
  // Its build, and where its compilers write while it runs.
  std::vector<std::filesystem::path> folders;
  // Beginnings of the names of libraries that its manifest counts to a device's runtime.
  std::vector<std::string> device_runtimes;
};

// Whose code the file is, by where it lies and what it is called.
[[nodiscard]] record::Origin origin_of(const std::filesystem::path& file, const Ours& ours);

// Sorts the mapped files, largest first, and fills packages, linkage and origins. `mapped` has absolute
// paths, of which those below `build_dir` become relative to it, and those below `generated` to that.
// `program` is the file that the runner's process runs. Programs are left to the caller.
[[nodiscard]] record::Footprint footprint(const std::filesystem::path& build_dir,
                                          const std::filesystem::path& generated,
                                          std::vector<record::MappedFile> mapped, const std::string& program,
                                          const std::vector<std::string>& device_runtimes = {});

// What a file of a build belongs to: "numpy" for "venv/lib/python3.11/site-packages/numpy/lib/x.so", else the
// first part of its path.
[[nodiscard]] std::string package_of(const std::string& path);

}  // namespace assay::setup
