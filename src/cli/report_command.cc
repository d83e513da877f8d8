// `assay report`: results as one self-contained page.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/part_file.h"
#include "base/text.h"
#include "base/utc.h"
#include "base/version.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/stored_results.h"
#include "decide/summary.h"
#include "report/json.h"
#include "report/page.h"
#include "setup/framework.h"
#include "store/store.h"

namespace assay::cli {
namespace {

using nlohmann::ordered_json;

// The runs to show, and of each the cells; none: all.
using Chosen = std::map<std::string, std::vector<record::Cell>>;

Result<Chosen> named(store::Store& store, const std::vector<std::string>& names) {
  Chosen chosen;
  for (const std::string& name : names) {
    ASSAY_TRY(const auto ids, store.find(name));
    for (const std::string& id : ids) chosen[id];
  }
  return chosen;
}

// Every cell of every machine, from the runs that have the newest result of one of its contestants.
Result<Chosen> newest_of_all(store::Store& store) {
  ASSAY_TRY(const auto hosts, machines_of(store));
  Chosen chosen;
  for (const std::string& host : hosts) {
    ASSAY_TRY(const auto cells, store.cells(host));
    for (const record::Cell& cell : cells) {
      ASSAY_TRY(const auto found, store.newest(cell, host));
      for (const store::FoundResult& one : found) {
        auto& wanted = chosen[one.run];
        if (std::ranges::find(wanted, cell) == wanted.end()) wanted.push_back(cell);
      }
    }
  }
  return chosen;
}

// What the page reads of a run: what `assay show --samples --json` prints, and the languages.
Result<ordered_json> document_of(store::Store& store, const std::string& id,
                                 const std::vector<record::Cell>& cells,
                                 const FrameworkLanguages& languages) {
  ASSAY_TRY(auto run, store.load(id));
  if (!cells.empty())
    std::erase_if(run.results, [&](const record::ContestantResult& result) {
      return std::ranges::find(cells, result.cell) == cells.end();
    });
  ordered_json document = ordered_json::parse(report::to_json(run, decide::summarise(run), true));
  for (ordered_json& result : document["results"]) {
    const std::string language = languages.of(result["framework"].get<std::string>());
    if (!language.empty()) result["language"] = language;
  }
  return document;
}

Result<> write_page(const std::filesystem::path& path, const std::string& page) {
  if (path == "-") {
    write_output(page);
    return {};
  }
  ASSAY_TRY_VOID(check_is_not_store(path));
  PartFile file(path);
  ASSAY_TRY_VOID(file.write(page));
  return file.commit();
}

Result<> write_report(const ReportArguments& arguments) {
  ASSAY_TRY(auto store, store::open_sqlite_to_read(store::default_path()));
  ASSAY_TRY(const auto chosen,
            arguments.runs.empty() ? newest_of_all(*store) : named(*store, arguments.runs));
  if (chosen.empty())
    return fail(ErrorKind::usage, "there are no results to report yet. Start with: assay run");
  ASSAY_TRY(const std::string page_template, read_file(source_dir() / "web" / "report.html"));
  ordered_json data = {{"schema", 1}, {"made", utc_now()}, {"assay", std::string(kVersion)}};
  data["runs"] = ordered_json::array();
  ASSAY_TRY(const auto frameworks, setup::scan(source_dir() / "frameworks"));
  const FrameworkLanguages languages(frameworks);
  size_t results = 0;
  for (const auto& [id, cells] : chosen) {
    ASSAY_TRY(auto document, document_of(*store, id, cells, languages));
    results += document["results"].size();
    data["runs"].push_back(std::move(document));
  }
  if (results == 0)
    return fail(ErrorKind::usage,
                "there is no result in what is to be reported; `assay show` lists the runs");
  const std::string json = data.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  ASSAY_TRY(const std::string page, report::filled_page(page_template, json));
  ASSAY_TRY_VOID(write_page(arguments.output, page));
  if (arguments.json)
    print_json({{"schema", 1},
                {"file", arguments.output.string()},
                {"runs", chosen.size()},
                {"results", results},
                {"bytes", page.size()}});
  else if (arguments.output != "-")
    print_error("assay: wrote {} ({} results of {} runs, {} kB): open it in a browser\n",
                one_line(arguments.output.string()), results, chosen.size(), page.size() / 1000);
  return {};
}

}  // namespace

int run(const ReportArguments& arguments) {
  const auto result = write_report(arguments);
  return result ? 0 : report_error(result.error());
}

}  // namespace assay::cli
