// Names of the files of a site: from names of models and processors, which may hold anything, to what every
// file system and web server takes as it is.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace assay::report {

inline constexpr std::string_view kIndexFile = "index.html";
// Where a site keeps the list of what was written into it.
inline constexpr std::string_view kManifestFile = "assay-site.json";

// Gives out paths of pages below a site's folder, each once: a name has the same one in every site, whatever
// else is in it, unless somebody made two names that come to one.
class SiteNames {
 public:
  // "models/smollm2-135m.html". A name of lower-case letters, digits, '.', '_' and '-' is taken as it is;
  // another one loses what is none of these, and has a hash to be told from others that lose the same.
  [[nodiscard]] std::string model(std::string_view name);
  // "machines/amd-epyc-9r14-1a2b3c4d.html": the processor for people, and a hash of what tells the machine.
  [[nodiscard]] std::string machine(std::string_view cpu, std::string_view identity);

 private:
  std::string unique(std::string path);
  std::set<std::string> taken_;
};

// Whether it is a path that a site may have: kIndexFile or one that SiteNames gives out. A list that somebody
// else wrote names nothing outside the folder then, and nothing hidden.
[[nodiscard]] bool is_site_path(std::string_view path);

// The text of kManifestFile, and back; nothing where it is no such text.
[[nodiscard]] std::string manifest_text(const std::set<std::string>& files, std::string_view version);
[[nodiscard]] std::optional<std::set<std::string>> read_manifest(std::string_view text);

}  // namespace assay::report
