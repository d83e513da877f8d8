// What a framework brings along and really uses: the packages it was installed from, the code that its
// processes had mapped after a step, how that code was linked, and the programs that they started.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::record {

// Whose code a mapped file is.
enum class Origin { framework, interpreter, device_runtime, driver, system };

// "framework", "interpreter", "device_runtime", "driver", "system".
[[nodiscard]] std::string_view name(Origin origin);
[[nodiscard]] std::optional<Origin> origin_from_name(std::string_view text);

// A file of which processes mapped code; each file counts once, however many map it.
struct MappedFile {
  std::string path;  // relative to the build's folder for what lies in it
  Origin origin = Origin::system;
  int64_t code_bytes = 0;  // mapped executable
  int64_t bytes = 0;       // mapped in all, read-only data (such as kernels for a GPU) included
};

// A package as its installer names it: "sample", "2.15.0+cpu", "cp311-cp311-manylinux_2_28_x86_64".
struct Package {
  std::string name;
  std::string version;
  std::string tag;
};

struct Footprint {
  std::string build;               // the build's folder in the cache: "venv-0123456789abcdef"; empty: none
  std::vector<Package> packages;   // by name
  std::vector<MappedFile> mapped;  // largest first; empty where the system does not tell
  std::string linkage;  // of a runner that is a program of its own: "static", "dynamic"; else empty
  std::vector<std::string> programs;  // started until the first step was done, by name: "g++", "ld"

  struct Size {
    int64_t code_bytes = 0;
    int64_t bytes = 0;
  };
  // What is mapped of one origin.
  [[nodiscard]] Size size(Origin origin) const;
};

[[nodiscard]] std::string footprint_to_json(const Footprint& footprint);
// Absent when the text is not what footprint_to_json writes.
[[nodiscard]] std::optional<Footprint> footprint_from_json(std::string_view text);

}  // namespace assay::record
