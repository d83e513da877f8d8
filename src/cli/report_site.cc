#include "cli/report_site.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "base/text.h"
#include "base/version.h"
#include "cli/output.h"
#include "cli/site_folder.h"
#include "report/figures.h"
#include "report/page.h"
#include "report/site.h"
#include "report/site_names.h"

namespace assay::cli {
namespace {

using nlohmann::ordered_json;

// The pages of one kind, each with its runs.
template <class Key>
using Pages = std::map<Key, std::vector<PlannedRun>>;

// Of each run the cells of one model; runs that the store has nothing of have no page.
Pages<std::string> by_model(const std::vector<PlannedRun>& runs) {
  Pages<std::string> pages;
  for (const PlannedRun& run : runs)
    for (const record::Cell& cell : run.cells) {
      auto& those = pages[cell.model];
      if (those.empty() || those.back().id != run.id) those.push_back({run.id, run.started, run.machine, {}});
      those.back().cells.push_back(cell);
    }
  return pages;
}

Pages<PlannedMachine> by_machine(const std::vector<PlannedRun>& runs) {
  Pages<PlannedMachine> pages;
  for (const PlannedRun& run : runs)
    if (!run.cells.empty()) pages[run.machine].push_back(run);
  return pages;
}

// What the runs of a machine tell of a cell with one number of threads, the newest first.
using CellKey = std::tuple<std::string, std::string, std::string, std::string, int>;
struct CellOfMachine {
  record::Cell cell;
  std::vector<decide::ToldCell> runs;
};
using CellsOfMachine = std::map<CellKey, CellOfMachine>;

void note(const record::Run& run, std::span<const decide::Summaries> cells, CellsOfMachine& noted) {
  for (const decide::Summaries& summaries : cells) {
    if (summaries.empty()) continue;
    const record::Cell& cell = summaries.front().result->cell;
    auto& one = noted[{cell.model, cell.size, cell.workload, cell.precision, run.threads}];
    one.cell = cell;
    one.runs.push_back(decide::told(run.started, summaries));
  }
}

struct WrittenFile {
  std::string file;
  size_t bytes = 0, runs = 0, results = 0;
};

// A site that is being written.
class SiteWriter {
 public:
  SiteWriter(const PageSource& source, const std::vector<PlannedRun>& runs)
      : source_(source), models_(by_model(runs)), machines_(by_machine(runs)) {
    site_.made = source.made;
    site_.assay = kVersion;
    report::SiteNames names;
    for (const auto& [model, those] : models_) site_.models.push_back({model, names.model(model)});
    for (const auto& [machine, those] : machines_) {
      const std::string identity = machine.name + '\n' + machine.cpu + '\n' + machine.design;
      record::Host host;
      host.name = machine.name;
      host.cpu = machine.cpu;
      if (!machine.design.empty()) host.cpu_design = machine.design;
      site_.machines.push_back({.host = std::move(host),
                                .file = names.machine(machine.cpu, identity),
                                .newest = those.front().started,
                                .runs = those.size()});
    }
  }

  Result<> write(const std::filesystem::path& path) {
    ASSAY_TRY(auto folder, SiteFolder::open(path, files()));
    size_t at = 0;
    for (const auto& [machine, runs] : machines_) ASSAY_TRY_VOID(write_machine(folder, at++, runs));
    at = 0;
    for (const auto& [model, runs] : models_) ASSAY_TRY_VOID(write_model(folder, at++, runs));
    ASSAY_TRY_VOID(write_index(folder));
    ASSAY_TRY(removed_, folder.finish());
    return {};
  }

  [[nodiscard]] const report::Site& site() const { return site_; }
  [[nodiscard]] const std::vector<WrittenFile>& written() const { return written_; }
  [[nodiscard]] const std::vector<std::string>& removed() const { return removed_; }

 private:
  [[nodiscard]] std::set<std::string> files() const {
    std::set<std::string> files = {std::string(report::kIndexFile)};
    for (const auto& model : site_.models) files.insert(model.file);
    for (const auto& machine : site_.machines) files.insert(machine.file);
    return files;
  }

  Result<> put(SiteFolder& folder, const std::string& file, const MadePage& page) {
    ASSAY_TRY_VOID(folder.write(file, page.text));
    written_.push_back({file, page.text.size(), page.runs, page.results});
    return {};
  }

  [[nodiscard]] size_t position_of_model(const std::string& model) const {
    return static_cast<size_t>(std::distance(models_.begin(), models_.find(model)));
  }

  Result<> write_machine(SiteFolder& folder, size_t at, const std::vector<PlannedRun>& runs) {
    std::set<size_t> models;
    for (const PlannedRun& run : runs)
      for (const record::Cell& cell : run.cells) models.insert(position_of_model(cell.model));
    const auto place = report::place_json(site_, report::SitePage::machine, {models.begin(), models.end()});
    CellsOfMachine noted;
    auto& machine = site_.machines[at];
    bool first = true;  // the newest run says how the machine is now
    ASSAY_TRY(const auto page, make_page(source_, runs, place, "", [&](const auto& run, const auto& cells) {
                if (std::exchange(first, false)) machine.host = run.host;
                note(run, cells, noted);
              }));
    machine.results = page.results;
    for (const auto& [key, one] : noted)
      site_.cells.push_back(
          {at, position_of_model(one.cell.model), one.cell, std::get<int>(key), decide::leaders(one.runs)});
    return put(folder, machine.file, page);
  }

  Result<> write_model(SiteFolder& folder, size_t at, const std::vector<PlannedRun>& runs) {
    const auto place = report::place_json(site_, report::SitePage::model, {at});
    ASSAY_TRY(const auto page, make_page(source_, runs, place, site_.models[at].name));
    return put(folder, site_.models[at].file, page);
  }

  Result<> write_index(SiteFolder& folder) {
    report::PageFiller filler(source_.page_template);
    ASSAY_TRY_VOID(filler.add(report::index_json(site_)));
    MadePage page;
    ASSAY_TRY(page.text, filler.finish());
    for (const auto& machine : site_.machines) page.results += machine.results;
    for (const auto& machine : site_.machines) page.runs += machine.runs;
    return put(folder, std::string(report::kIndexFile), page);
  }

  const PageSource& source_;
  Pages<std::string> models_;
  Pages<PlannedMachine> machines_;
  report::Site site_;
  std::vector<WrittenFile> written_;  // the index last
  std::vector<std::string> removed_;
};

size_t bytes_of(const std::vector<WrittenFile>& files) {
  size_t bytes = 0;
  for (const WrittenFile& file : files) bytes += file.bytes;
  return bytes;
}

void print_site_json(const SiteWriter& writer, const std::filesystem::path& path) {
  ordered_json files = ordered_json::array();
  for (const WrittenFile& file : writer.written())
    files.push_back(
        {{"file", file.file}, {"runs", file.runs}, {"results", file.results}, {"bytes", file.bytes}});
  const WrittenFile& index = writer.written().back();
  print_json({{"schema", 1},
              {"site", path.string()},
              {"index", (path / report::kIndexFile).string()},
              {"machines", writer.site().machines.size()},
              {"models", writer.site().models.size()},
              {"runs", index.runs},
              {"results", index.results},
              {"bytes", bytes_of(writer.written())},
              {"files", files},
              {"removed", writer.removed()}});
}

std::string counted(size_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

void say_written(const SiteWriter& writer, const std::filesystem::path& path) {
  const auto& site = writer.site();
  const std::string gone =
      writer.removed().empty() ? "" : fmt::format(", {} removed", counted(writer.removed().size(), "page"));
  print_error("assay: wrote {} ({}, {}, {}; {} in {}{}): open {} in a browser\n", one_line(path.string()),
              counted(site.machines.size(), "machine"), counted(site.models.size(), "model"),
              counted(writer.written().back().results, "result"),
              report::bytes(static_cast<int64_t>(bytes_of(writer.written()))),
              counted(writer.written().size(), "file"), gone, one_line((path / report::kIndexFile).string()));
}

}  // namespace

Result<> write_site(const PageSource& source, const std::vector<PlannedRun>& runs,
                    const ReportArguments& arguments) {
  SiteWriter writer(source, runs);
  if (writer.site().models.empty()) return fail(ErrorKind::usage, "these runs have no results to report");
  ASSAY_TRY_VOID(writer.write(arguments.site));
  if (arguments.json)
    print_site_json(writer, arguments.site);
  else
    say_written(writer, arguments.site);
  return {};
}

}  // namespace assay::cli
