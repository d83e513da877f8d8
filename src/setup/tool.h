// The tools that decide what a build installs: which one is meant, and whether it is still the same later.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace assay::setup {

// A tool of this machine. Of a Python it is the interpreter that a virtual environment made with it would
// have: not an activated environment, not a manager's shim in front of it.
struct Tool {
  std::filesystem::path path;
  std::string version;  // a hash of what it says of itself; one word
};

// The tool that a script in `directory` gets under this name: managers of versions look into the folder.
// Fails (environment) when it is not on the PATH, cannot be started, or does not tell. Asked once a process.
[[nodiscard]] Result<Tool> find_tool(const std::string& name, const std::filesystem::path& directory);

// Whether the tool that was found earlier is still there and still the same. Fails (environment) when it
// cannot be started just now, so that nobody knows. Asked once a process.
[[nodiscard]] Result<bool> still_there(const std::string& name, const Tool& tool,
                                       const std::filesystem::path& directory);

// What "NAME --version" prints on standard output, in English. Fails like find_tool. Asked once a process.
[[nodiscard]] Result<std::string> printed_version(const std::string& tool,
                                                  const std::filesystem::path& directory = {});

}  // namespace assay::setup
