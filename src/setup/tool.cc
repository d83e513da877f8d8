#include "setup/tool.h"

#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/text.h"
#include "setup/program.h"

namespace assay::setup {
namespace fs = std::filesystem;
namespace {

constexpr const char* kPython = "python3";
// -I: whatever the environment says of Python does not count.
const std::vector<std::string> kAskPython = {
    "-I", "-S", "-c",
    "import os, sys\n"
    "print(os.path.realpath(getattr(sys, '_base_executable', None) or sys.executable))\n"
    "print(sys.implementation.name, sys.version.split()[0], sys.implementation.cache_tag, sys.abiflags)"};

// What a program prints on standard output: warnings of the loader or about the locale come on the other one.
Result<std::string> ask(const std::vector<std::string>& argv, const fs::path& directory) {
  std::string output, errors;
  ASSAY_TRY(const Ending ending,
            run_program(
                {.argv = argv, .environment = {{"LC_ALL", "C"}, {"LANGUAGE", ""}}, .directory = directory},
                [&](std::string_view piece) { output += piece; },
                [&](std::string_view piece) { errors += piece; }));
  if (ending.success()) return output;
  return fail(ErrorKind::environment, "{} {} fails: {}", argv[0], argv[1], one_line(errors + output, 500));
}

// Each question once a process.
Result<std::string> ask_once(const std::vector<std::string>& argv, const fs::path& directory) {
  static std::mutex mutex;
  static std::map<std::pair<std::vector<std::string>, fs::path>, std::string> known;
  const std::lock_guard guard(mutex);
  if (const auto at = known.find({argv, directory}); at != known.end()) return at->second;
  ASSAY_TRY(std::string answer, ask(argv, directory));
  return known.emplace(std::pair(argv, directory), std::move(answer)).first->second;
}

std::string hashed(const std::string& version) { return Hasher().add(version).hex().substr(0, 16); }

// The program at `path`, which the user calls `name`, tells what it is.
Result<Tool> tool_at(const std::string& name, const fs::path& path, const fs::path& directory) {
  std::vector<std::string> argv = {path.string(), "--version"};
  if (name != kPython) {
    ASSAY_TRY(const std::string version, ask_once(argv, directory));
    return Tool{path, hashed(version)};
  }
  argv.pop_back();
  argv.insert(argv.end(), kAskPython.begin(), kAskPython.end());
  ASSAY_TRY(const std::string told, ask_once(argv, directory));
  const size_t line = told.find('\n');
  if (line == std::string::npos)
    return fail(ErrorKind::environment, "{} does not say which Python it is: {}", path.string(),
                one_line(told, 200));
  return Tool{told.substr(0, line), hashed(told.substr(line + 1))};
}

Result<fs::path> located(const std::string& name) {
  auto path = locate_program(name);
  if (!path) return fail(ErrorKind::environment, "{} is not installed (not on the PATH)", name);
  return *std::move(path);
}

}  // namespace

Result<Tool> find_tool(const std::string& name, const fs::path& directory) {
  ASSAY_TRY(const fs::path path, located(name));
  return tool_at(name, path, directory);
}

Result<bool> still_there(const std::string& name, const Tool& tool, const fs::path& directory) {
  if (!locate_program(tool.path.string())) return false;
  ASSAY_TRY(const Tool now, tool_at(name, tool.path, directory));
  return now.path == tool.path && now.version == tool.version;
}

Result<std::string> printed_version(const std::string& tool, const fs::path& directory) {
  ASSAY_TRY(const fs::path path, located(tool));
  return ask_once({path.string(), "--version"}, directory);
}

}  // namespace assay::setup
