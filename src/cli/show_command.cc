// `assay show`: the stored runs, or one of them.
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/show_files.h"
#include "cli/terminal.h"
#include "decide/baseline.h"
#include "decide/summary.h"
#include "report/json.h"
#include "report/notes.h"
#include "report/table.h"
#include "store/store.h"

namespace assay::cli {
namespace {

void print_list(const std::vector<store::RunSummary>& runs, bool json) {
  if (json) {
    nlohmann::json list = nlohmann::json::array();
    for (const auto& run : runs)
      list.push_back({{"run", run.id},
                      {"started", run.started},
                      {"command", run.command},
                      {"complete", run.complete},
                      {"results", run.results}});
    print_json({{"schema", 2}, {"runs", list}});
    return;
  }
  if (runs.empty()) print("No runs yet. Start with: assay run\n");
  report::Table table;
  table.rows.push_back({"run", "started (UTC)", "results", "", "command"});
  for (const auto& run : runs)
    table.rows.push_back({run.id, run.started, std::to_string(run.results),
                          run.complete ? "complete" : "partial", run.command});
  if (!runs.empty()) print("{}", report::to_text(table, ""));
}

Result<> show(const ShowArguments& arguments) {
  ASSAY_TRY(auto store, store::open_sqlite_to_read(store::default_path()));
  if (arguments.run.empty()) {
    ASSAY_TRY(const auto runs, store->list());
    print_list(runs, arguments.json);
    return {};
  }
  ASSAY_TRY(const auto run, store->load(arguments.run));
  if (!arguments.baseline.empty()) ASSAY_TRY_VOID(decide::check_baseline(run, arguments.baseline));
  const auto cells = decide::summarise(run, arguments.baseline);
  if (arguments.files) return print_files(run, arguments.json);
  if (arguments.json || arguments.samples) {
    print("{}\n", report::to_json(run, cells, arguments.samples));
    return {};
  }
  print("{}{}  {}{}\n{}{}", run.id, run.label ? fmt::format("  ({})", one_line(*run.label)) : "",
        one_line(run.command), run.complete ? "" : "  (partial)",
        report::results_text(cells, colours(STDOUT_FILENO)), report::details_text(cells));
  for (const std::string& note : report::notes(run)) print("Note: {}.\n", note);
  return {};
}

}  // namespace

int run(const ShowArguments& arguments) {
  const auto result = show(arguments);
  return result ? 0 : report_error(result.error());
}

}  // namespace assay::cli
