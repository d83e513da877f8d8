#include "setup/keys.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "base/file.h"
#include "base/hash.h"
#include "host/host.h"
#include "setup/program.h"
#include "setup/tool.h"

namespace assay::setup {
namespace fs = std::filesystem;
namespace {

constexpr size_t kDigits = 16;

Result<> add_file(Hasher& hasher, const fs::path& file, const std::string& name) {
  ASSAY_TRY(const std::string content, read_file(file));
  hasher.add(std::string_view(name)).add(std::string_view(content));
  return {};
}

// What machine code may be made of: a program with instructions that a processor lacks would end at the
// first. Two designs of one name and one list of features here may differ in others.
const std::string& processor() {
  static const std::string text = [] {
    const record::Host host = host::this_machine();
    return fmt::format("{} {} {}", host.cpu, host.cpu_design.value_or(""), fmt::join(host.cpu_features, " "));
  }();
  return text;
}

bool quick_builds_are_wanted() {
  const char* wanted = std::getenv("ASSAY_QUICK_BUILDS");
  return wanted != nullptr && *wanted != '\0';
}

Result<> add_inputs(Hasher& hasher, const Framework& framework, const Build& build) {
  ASSAY_TRY_VOID(add_file(hasher, framework.directory / build.script, build.script));
  for (const std::string& input : build.inputs)
    ASSAY_TRY_VOID(add_file(hasher, framework.directory / input, input));
  if (build.native) hasher.add(std::string_view(processor()));
  if (build.quick && quick_builds_are_wanted()) hasher.add(std::string_view("quick"));
  return {};
}

bool is_generated(const fs::path& path) {
  return path.filename() == "__pycache__" || path.filename() == "target" || path.extension() == ".pyc";
}

// What lies in a framework's folder and is nothing that its runner runs.
bool is_about_the_runner(const fs::path& path) {
  const fs::path name = path.filename();
  return name == "tests" || name == "parity" || name == "unsupported" || name.extension() == ".md";
}

// The files of `source` (a file, or a folder with all below it), sorted.
Result<std::vector<fs::path>> files_of(const fs::path& source) {
  std::error_code ec;
  if (!fs::is_directory(source, ec)) return std::vector<fs::path>{source};
  std::vector<fs::path> files;
  fs::recursive_directory_iterator it(source, ec);
  for (const fs::recursive_directory_iterator end; !ec && it != end; it.increment(ec)) {
    if (is_generated(it->path()) || is_about_the_runner(it->path()))
      it.disable_recursion_pending();
    else if (it->is_regular_file(ec))
      files.push_back(it->path());
  }
  if (ec) return fail(ErrorKind::data, "{}: cannot be listed: {}", source.string(), ec.message());
  std::ranges::sort(files);
  return files;
}

Result<> add_files(Hasher& hasher, const fs::path& top) {
  ASSAY_TRY(const auto files, files_of(top));
  for (const fs::path& file : files)
    ASSAY_TRY_VOID(add_file(hasher, file, file.lexically_relative(top).string()));
  return {};
}

}  // namespace

Result<std::string> inputs_key(const Framework& framework, const Build& build) {
  Hasher hasher;
  ASSAY_TRY_VOID(add_inputs(hasher, framework, build));
  return hasher.hex().substr(0, kDigits);
}

Result<std::string> folder_key(const Framework& framework, const Build& build) {
  Hasher hasher;
  ASSAY_TRY_VOID(add_inputs(hasher, framework, build));
  for (const std::string& tool : build.tools) {
    ASSAY_TRY(const std::string version, printed_version(tool, framework.directory));
    const std::string path = find_program(tool).value_or(tool).string();
    hasher.add(std::string_view(tool)).add(std::string_view(path + "\n" + version));
  }
  return hasher.hex().substr(0, kDigits);
}

Result<std::string> runner_key(const Framework& framework, const Build& build) {
  if (build.compile.empty()) return std::string();
  Hasher hasher;
  ASSAY_TRY_VOID(add_file(hasher, framework.directory / build.compile, build.compile));
  for (const std::string& source : build.sources)
    ASSAY_TRY_VOID(add_files(hasher, framework.directory / source));
  return hasher.hex().substr(0, kDigits);
}

Result<std::string> files_key(std::span<const fs::path> folders) {
  Hasher hasher;
  for (const fs::path& folder : folders) ASSAY_TRY_VOID(add_files(hasher, folder));
  return hasher.hex().substr(0, kDigits);
}

}  // namespace assay::setup
