#include "report/site_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

#include "base/hash.h"
#include "base/json.h"

namespace assay::report {
namespace {

constexpr size_t kMostOfAName = 80;  // bytes; file systems take 255, with what stands around it
constexpr std::string_view kEnding = ".html";
constexpr std::string_view kModels = "models/", kMachines = "machines/";

bool is_plain(char letter) { return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9'); }

bool is_kept(char letter) { return is_plain(letter) || letter == '-' || letter == '_' || letter == '.'; }

// Names that Windows keeps for devices, with any ending.
bool is_device(std::string_view name) {
  static constexpr std::array kDevices = {"con", "prn", "aux", "nul"};
  const std::string_view stem = name.substr(0, name.find('.'));
  if (std::ranges::find(kDevices, stem) != kDevices.end()) return true;
  return stem.size() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")) && stem[3] >= '0' &&
         stem[3] <= '9';
}

// Not hidden, no other folder, nothing that a server or a file system changes.
bool is_safe(std::string_view stem) {
  return !stem.empty() && stem.size() <= kMostOfAName + 20 && is_plain(stem.front()) &&
         is_plain(stem.back()) && std::ranges::all_of(stem, is_kept) && !is_device(stem);
}

// "Intel(R) Xeon(R)" -> "intel-r-xeon-r".
std::string readable(std::string_view name) {
  std::string text;
  for (const unsigned char letter : name) {
    const char lower = static_cast<char>(letter < 0x80 ? std::tolower(letter) : '-');
    if (is_plain(lower) || ((lower == '.' || lower == '_') && !text.empty()))
      text += lower;
    else if (!text.empty() && text.back() != '-')
      text += '-';
    if (text.size() == kMostOfAName) break;
  }
  while (!text.empty() && !is_plain(text.back())) text.pop_back();
  if (is_device(text)) std::ranges::replace(text, '.', '-');
  return text;
}

std::string with_hash(std::string_view shown, std::string_view identity) {
  const std::string text = readable(shown);
  return fmt::format("{}{}{:08x}", text, text.empty() ? "" : "-", name_key(identity) & 0xFFFF'FFFFU);
}

}  // namespace

std::string SiteNames::model(std::string_view name) {
  const bool as_it_is = is_safe(name) && name.size() <= kMostOfAName;
  return unique(std::string(kModels) + (as_it_is ? std::string(name) : with_hash(name, name)));
}

std::string SiteNames::machine(std::string_view cpu, std::string_view identity) {
  return unique(std::string(kMachines) + with_hash(cpu, identity));
}

std::string SiteNames::unique(std::string path) {
  std::string found = path;
  for (int number = 2; !taken_.insert(found).second; ++number) found = fmt::format("{}-{}", path, number);
  return found + std::string(kEnding);
}

bool is_site_path(std::string_view path) {
  if (path == kIndexFile) return true;
  for (const std::string_view folder : {kModels, kMachines})
    if (path.starts_with(folder) && path.ends_with(kEnding) && path.size() > folder.size() + kEnding.size())
      return is_safe(path.substr(folder.size(), path.size() - folder.size() - kEnding.size()));
  return false;
}

std::string manifest_text(const std::set<std::string>& files, std::string_view version) {
  const nlohmann::ordered_json manifest = {
      {"schema", 1},
      {"what",
       "the files that `assay report --site` wrote into this folder: it replaces and removes no others"},
      {"assay", version},
      {"files", files}};
  return manifest.dump(2) + "\n";
}

std::optional<std::set<std::string>> read_manifest(std::string_view text) {
  const auto manifest = parse_json(text, kManifestFile);
  if (!manifest || !manifest->is_object()) return std::nullopt;
  const auto schema = manifest->find("schema"), list = manifest->find("files");
  if (schema == manifest->end() || *schema != 1 || list == manifest->end() || !list->is_array())
    return std::nullopt;
  std::set<std::string> files;
  for (const auto& file : *list) {
    if (!file.is_string() || !is_site_path(file.get_ref<const std::string&>())) return std::nullopt;
    files.insert(file.get<std::string>());
  }
  return files;
}

}  // namespace assay::report
