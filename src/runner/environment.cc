#include "runner/environment.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <sstream>
#include <string_view>

#include "runner/spawn.h"

extern char** environ;  // NOLINT: the name is POSIX's

namespace assay::runner {
namespace {

// Where the store, the cache and Assay itself lie is no runner's business. ASSAY_BINARY is not Assay's: it
// tells frameworks/fake with which program it computes.
bool own(std::string_view name) { return name.starts_with("ASSAY_") && name != "ASSAY_BINARY"; }

std::map<std::string, std::string> inherited() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos && !own(text.substr(0, equals)))
      variables[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  return variables;
}

std::string search_path(const RunnerCommand& command) {
  const auto wanted = command.environment.find("PATH");
  if (wanted != command.environment.end() && !wanted->second.empty()) return wanted->second;
  const char* path = std::getenv("PATH");
  return path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
}

}  // namespace

std::vector<std::string> environment_of(const RunnerCommand& command, const std::string& marker) {
  std::map<std::string, std::string> variables = inherited();
  for (const auto& [name, value] : command.environment) {
    if (value.empty())
      variables.erase(name);
    else
      variables[name] = value;
  }
  std::vector<std::string> texts = {fmt::format("{}={}", kMarkerVariable, marker)};
  texts.reserve(variables.size() + 1);
  for (const auto& [name, value] : variables)
    if (name != kMarkerVariable) texts.push_back(fmt::format("{}={}", name, value));
  return texts;
}

std::string executable_of(const RunnerCommand& command) {
  const std::string& name = command.argv.front();
  if (name.find('/') != std::string::npos) return name;
  std::istringstream folders(search_path(command));
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = (folder.empty() ? "." : folder) + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return name;
}

}  // namespace assay::runner
