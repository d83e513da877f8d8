#include "cli/show_files.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/output.h"
#include "cli/places.h"
#include "report/figures.h"
#include "report/table.h"
#include "setup/build.h"
#include "setup/footprint.h"

namespace assay::cli {
namespace {

using record::ContestantResult;
using record::Footprint;
using setup::InstalledFile;

constexpr size_t kMostLines = 15;  // of a list, in text
constexpr record::Origin kOrigins[] = {record::Origin::framework, record::Origin::interpreter,
                                       record::Origin::device_runtime, record::Origin::driver,
                                       record::Origin::system};

struct Installed {
  std::string build;  // "sample/venv-0123456789abcdef"
  const Footprint* footprint = nullptr;
  std::vector<InstalledFile> files;  // largest first; empty when the build is gone or another one now
};

// What the cold launch told; nothing where there was none.
Footprint footprint_of(const ContestantResult& entry) {
  return entry.launch ? entry.launch->footprint : Footprint{};
}

// The files of a build as it was in the run.
std::vector<InstalledFile> files_of(const std::vector<setup::Framework>& frameworks,
                                    const ContestantResult& entry) {
  const std::string build_name = footprint_of(entry).build;
  for (const auto& framework : frameworks) {
    if (framework.name != entry.contestant.framework) continue;
    for (const auto& build : framework.builds) {
      const auto folder = setup::build_dir(framework, build);
      if (!folder || folder->filename() != build_name) continue;
      auto files = setup::installed_files(framework, build).value_or(std::vector<InstalledFile>{});
      std::ranges::stable_sort(files, std::ranges::greater(), &InstalledFile::bytes);
      return files;
    }
  }
  return {};
}

// Each build once, in the order of the run.
std::vector<Installed> installed(const record::Run& run, const std::vector<setup::Framework>& frameworks) {
  std::vector<Installed> builds;
  for (const ContestantResult& entry : run.results) {
    if (!entry.launch || entry.launch->footprint.build.empty()) continue;
    const std::string name = entry.contestant.framework + "/" + entry.launch->footprint.build;
    if (std::ranges::find(builds, name, &Installed::build) != builds.end()) continue;
    builds.push_back({name, &entry.launch->footprint, files_of(frameworks, entry)});
  }
  return builds;
}

std::vector<std::pair<std::string, int64_t>> groups(const std::vector<InstalledFile>& files) {
  std::map<std::string, int64_t> sizes;
  for (const auto& file : files) sizes[setup::package_of(file.path)] += file.bytes;
  std::vector<std::pair<std::string, int64_t>> sorted(sizes.begin(), sizes.end());
  std::ranges::stable_sort(sorted, std::ranges::greater(), &std::pair<std::string, int64_t>::second);
  return sorted;
}

nlohmann::json build_json(const Installed& build) {
  nlohmann::json files = nlohmann::json::array(), sizes = nlohmann::json::array(),
                 packages = nlohmann::json::array();
  for (const auto& file : build.files) files.push_back({{"path", file.path}, {"bytes", file.bytes}});
  for (const auto& [group, bytes] : groups(build.files))
    sizes.push_back({{"group", group}, {"bytes", bytes}});
  for (const auto& package : build.footprint->packages)
    packages.push_back({{"name", package.name}, {"version", package.version}, {"tag", package.tag}});
  return {{"build", build.build}, {"packages", packages}, {"groups", sizes}, {"files", files}};
}

nlohmann::json mapped_json(const ContestantResult& entry) {
  const Footprint footprint = footprint_of(entry);
  nlohmann::json mapped = nlohmann::json::array();
  for (const auto& file : footprint.mapped)
    mapped.push_back({{"path", file.path},
                      {"origin", record::name(file.origin)},
                      {"code_bytes", file.code_bytes},
                      {"bytes", file.bytes}});
  return {{"contestant", entry.contestant.name()},
          {"model", entry.cell.model},
          {"workload", entry.cell.workload},
          {"programs", footprint.programs},
          {"mapped", mapped}};
}

void print_files_json(const record::Run& run, const std::vector<Installed>& builds) {
  nlohmann::json installed_builds = nlohmann::json::array(), mapped = nlohmann::json::array();
  for (const Installed& build : builds) installed_builds.push_back(build_json(build));
  for (const ContestantResult& entry : run.results)
    if (entry.launch) mapped.push_back(mapped_json(entry));
  print_json({{"schema", 1}, {"run", run.id}, {"builds", installed_builds}, {"mapped", mapped}});
}

// The rows, and how much is in those that are left out.
void print_sizes(const char* what, const std::vector<std::pair<std::string, int64_t>>& sizes) {
  report::Table table{.rows = {{what, "size"}}, .right = {false, true}};
  int64_t rest = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (i < kMostLines)
      table.rows.push_back({sizes[i].first, report::bytes(sizes[i].second)});
    else
      rest += sizes[i].second;
  }
  if (sizes.size() > kMostLines)
    table.rows.push_back({fmt::format("{} more", sizes.size() - kMostLines), report::bytes(rest)});
  print("{}\n", report::to_text(table));
}

void print_build(const Installed& build) {
  int64_t bytes = 0;
  std::vector<std::pair<std::string, int64_t>> files;
  for (const auto& file : build.files) {
    bytes += file.bytes;
    files.emplace_back(file.path, file.bytes);
  }
  if (build.files.empty()) {
    print("{}: not installed any more, or installed anew since\n\n", one_line(build.build));
  } else {
    print("{}: {} in {} files\n", one_line(build.build), report::bytes(bytes), files.size());
    print_sizes("package", groups(build.files));
    print_sizes("largest files", files);
  }
  report::Table packages{.rows = {{"installed", "version", "wheel"}}, .right = {}};
  for (const auto& package : build.footprint->packages)
    packages.rows.push_back({package.name, package.version, package.tag});
  if (packages.rows.size() > 1) print("{}\n", report::to_text(packages));
}

void print_mapped(const ContestantResult& entry) {
  const Footprint footprint = footprint_of(entry);
  print("{}\n", one_line(fmt::format("{}, {} {}: mapped when the first step was done",
                                     entry.contestant.name(), entry.cell.model, entry.cell.workload)));
  report::Table table{.rows = {{"", "code", "with read-only data"}}, .right = {false, true, true}};
  for (const auto origin : kOrigins)
    if (const auto size = footprint.size(origin); size.bytes > 0)
      table.rows.push_back(
          {std::string(record::name(origin)), report::bytes(size.code_bytes), report::bytes(size.bytes)});
  for (size_t i = 0; i < std::min(kMostLines, footprint.mapped.size()); ++i) {
    const auto& file = footprint.mapped[i];
    table.rows.push_back({"  " + file.path, report::bytes(file.code_bytes), report::bytes(file.bytes)});
  }
  print("{}", report::to_text(table));
  if (!footprint.linkage.empty()) print("  linked: {}\n", one_line(footprint.linkage));
  for (const auto& program : footprint.programs) print("  started: {}\n", one_line(program));
  print("\n");
}

}  // namespace

Result<> print_files(const record::Run& run, bool json) {
  ASSAY_TRY(const auto frameworks, setup::scan(source_dir() / "frameworks"));
  const auto builds = installed(run, frameworks);
  if (json) {
    print_files_json(run, builds);
    return {};
  }
  for (const Installed& build : builds) print_build(build);
  for (const ContestantResult& entry : run.results)
    if (entry.launch) print_mapped(entry);
  return {};
}

}  // namespace assay::cli
