#include "setup/sdk_paths.h"

#include <sstream>

#include "base/file.h"

namespace assay::setup {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kSdk = "sdk:";
constexpr std::string_view kTop = "../../";  // of the tree, from a framework's folder

bool is_sdk(const std::string& source) {
  return source.starts_with(kSdk) && source.find('/') == std::string::npos;
}

// One path a line, from the top of the tree; lines that begin with # are comments.
std::vector<std::string> listed(const std::string& text) {
  std::vector<std::string> paths;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && line.front() != '#') paths.push_back(std::string(kTop) + line);
  return paths;
}

}  // namespace

std::string sdk_path(const std::string& path) {
  if (!path.starts_with(kSdk)) return path;
  return std::string(kTop) + "sdk/" + path.substr(kSdk.size());
}

Result<std::vector<std::string>> with_sdk_sources(const std::vector<std::string>& sources,
                                                  const fs::path& directory) {
  std::vector<std::string> paths;
  for (const std::string& source : sources) {
    if (!is_sdk(source)) {
      paths.push_back(sdk_path(source));
      continue;
    }
    ASSAY_TRY(const std::string text, read_file(directory / sdk_path(source) / "sources"));
    for (std::string& path : listed(text)) paths.push_back(std::move(path));
  }
  return paths;
}

}  // namespace assay::setup
