// `assay history`: contestants over time, with versions and changes marked.
#include <map>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/stored_results.h"
#include "decide/baseline.h"
#include "host/host.h"
#include "report/history.h"

namespace assay::cli {
namespace {

// The newest runs of each contestant that is asked for, by its name.
using Found = std::map<std::string, std::vector<store::FoundResult>>;

Result<Found> find(store::Store& store, const HistoryArguments& arguments, const record::Cell& cell,
                   const record::Host& host) {
  ASSAY_TRY(const auto all, store.all(cell, host.name));
  Found found;
  for (const store::FoundResult& one : all) {
    if (!decide::refers_to(arguments.contestant, one.contestant)) continue;
    auto& occasions = found[one.contestant.name()];
    // Numbers of threads do not compare: those of the newest count.
    const bool alike = occasions.empty() || occasions.front().threads == one.threads;
    if (alike && occasions.size() < static_cast<size_t>(arguments.last)) occasions.push_back(one);
  }
  return found;
}

Result<decide::History> history_of(store::Store& store, const record::Cell& cell,
                                   const std::string& contestant,
                                   const std::vector<store::FoundResult>& found, LoadedRuns& runs) {
  std::vector<decide::Measured> results;
  for (const store::FoundResult& one : found) {
    ASSAY_TRY(auto run, store.load(one.run, cell));
    runs.push_back(std::move(run));
    for (const auto& result : runs.back().results)
      if (result.contestant.name() == contestant) results.push_back({&result, &runs.back()});
  }
  return decide::history_of(std::move(results));
}

nlohmann::ordered_json document_of(const record::Cell& cell, const std::string& contestant,
                                   const decide::History& history) {
  nlohmann::ordered_json document = {{"contestant", contestant},
                                     {"model", cell.model},
                                     {"size", cell.size},
                                     {"workload", cell.workload},
                                     {"precision", cell.precision}};
  document.update(nlohmann::ordered_json::parse(report::history_json(history)));
  return document;
}

report::Section section_of(const record::Cell& cell, const std::string& contestant,
                           const decide::History& history, const std::string& format) {
  return {fmt::format("{} · {} {} · {}", contestant, cell.model, cell.size, cell.workload),
          {{"contestant", contestant},
           {"model", cell.model},
           {"size", cell.size},
           {"workload", cell.workload},
           {"precision", cell.precision}},
          format == "csv" ? report::history_csv_table(history) : report::history_table(history)};
}

// What is printed of each history; the runs behind one are dropped before the next is read.
struct Told {
  nlohmann::ordered_json documents = nlohmann::ordered_json::array();
  std::vector<report::Section> sections;
  std::vector<std::string> changes;  // in words, and whose
  int histories = 0;
};

void tell(const HistoryArguments& arguments, const record::Cell& cell, const std::string& contestant,
          const decide::History& history, Told& told) {
  ++told.histories;
  if (arguments.json) {
    told.documents.push_back(document_of(cell, contestant, history));
    return;
  }
  told.sections.push_back(section_of(cell, contestant, history, arguments.format));
  for (const auto& sentence : report::history_sentences(history))
    told.changes.push_back(fmt::format("{} {} {}: {}", contestant, cell.model, cell.workload, sentence));
}

Result<Told> tell_all(const HistoryArguments& arguments) {
  ASSAY_TRY(auto store, store::open_sqlite_to_read(store::default_path()));
  const auto host = host::this_machine();
  ASSAY_TRY(const auto cells, store->cells(host.name));
  const WantedCells wanted{arguments.models, arguments.workloads};
  Told told;
  for (const record::Cell& cell : cells) {
    if (!wanted.wants(cell)) continue;
    ASSAY_TRY(const auto found, find(*store, arguments, cell, host));
    for (const auto& [contestant, occasions] : found) {
      LoadedRuns runs;
      ASSAY_TRY(const auto history, history_of(*store, cell, contestant, occasions, runs));
      tell(arguments, cell, contestant, history, told);
    }
  }
  return told;
}

Result<> history(const HistoryArguments& arguments) {
  ASSAY_TRY(const auto told, tell_all(arguments));
  if (told.histories == 0)
    return fail(ErrorKind::usage, "nothing is stored of '{}' here. `assay show` lists the runs",
                one_line(arguments.contestant));
  if (arguments.json)
    print("{}\n", nlohmann::ordered_json{{"schema", 1}, {"histories", told.documents}}.dump(
                      2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  else
    print("{}", report::formatted(told.sections, arguments.format));
  for (const std::string& change : told.changes) print_error("{}\n", one_line(change));
  return {};
}

}  // namespace

int run(const HistoryArguments& arguments) {
  const auto result = history(arguments);
  return result ? 0 : report_error(result.error());
}

}  // namespace assay::cli
