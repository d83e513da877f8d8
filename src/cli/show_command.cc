// `assay show`: the stored runs, or one of them.
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "cli/axes.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/show_files.h"
#include "cli/terminal.h"
#include "decide/baseline.h"
#include "decide/summary.h"
#include "report/answer.h"
#include "report/json.h"
#include "report/notes.h"
#include "report/table.h"
#include "store/store.h"

namespace assay::cli {
namespace {

using Runs = std::vector<store::RunSummary>;

void print_list_json(const Runs& runs) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& run : runs)
    list.push_back({{"run", run.id},
                    {"label", run.label ? nlohmann::json(*run.label) : nlohmann::json(nullptr)},
                    {"started", run.started},
                    {"command", run.command},
                    {"complete", run.complete},
                    {"results", run.results},
                    {"host", {{"name", run.host}, {"cpu", run.cpu}}}});
  print_json({{"schema", 2}, {"runs", list}});
}

// Labels where any run has one, and machines where there are several.
void print_list(const Runs& runs, const std::string& format) {
  std::set<std::string> hosts;
  for (const auto& run : runs) hosts.insert(run.host);
  const bool labels = std::ranges::any_of(runs, [](const auto& run) { return run.label.has_value(); });
  const auto row = [&](std::vector<std::string> cells, const std::string& label, const std::string& machine,
                       const std::string& command) {
    if (labels) cells.push_back(label);
    if (hosts.size() > 1) cells.push_back(machine);
    cells.push_back(command);
    return cells;
  };
  report::Table table;
  table.rows.push_back(row({"run", "started (UTC)", "results", "state"}, "label", "machine", "command"));
  for (const auto& run : runs)
    table.rows.push_back(
        row({run.id, run.started, std::to_string(run.results), run.complete ? "complete" : "partial"},
            run.label.value_or(""), fmt::format("{} ({})", run.host, run.cpu), run.command));
  if (runs.empty()) print_beside_table(format, "No runs yet. Start with: assay run\n");
  if (!runs.empty() || format == "csv")
    print("{}", format == "text" ? report::to_text(table, "") : report::formatted(table, format));
}

// The runs of these ids, or all.
Result<> show_list(store::Store& store, const std::vector<std::string>& ids, const ShowArguments& arguments) {
  ASSAY_TRY(auto runs, store.list());
  if (!ids.empty())
    std::erase_if(runs, [&](const auto& run) { return std::ranges::find(ids, run.id) == ids.end(); });
  arguments.json ? print_list_json(runs) : print_list(runs, arguments.format);
  return {};
}

Result<> show(const ShowArguments& arguments) {
  ASSAY_TRY(auto store, store::open_sqlite_to_read(store::default_path()));
  if (arguments.run.empty()) return show_list(*store, {}, arguments);
  ASSAY_TRY(const auto ids, store->find(arguments.run));
  if (ids.size() > 1) return show_list(*store, ids, arguments);  // a label of several
  ASSAY_TRY(const auto run, store->load(ids.front()));
  if (!arguments.baseline.empty()) ASSAY_TRY_VOID(decide::check_baseline(run, arguments.baseline));
  const auto cells = decide::summarise(run, arguments.baseline, arguments.margin_percent / 100);
  if (arguments.files) return print_files(run, arguments.json);
  if (arguments.json || arguments.samples) {
    print("{}\n", report::to_json(run, cells, arguments.samples));
    return {};
  }
  if (arguments.format != "text") {
    print("{}", arguments.format == "csv" ? report::results_csv(cells) : report::results_markdown(cells));
    if (arguments.format == "markdown") print_axes(run, cells, arguments.format);
    return {};
  }
  print("{}{}  {}{}\n{}{}", run.id, run.label ? fmt::format("  ({})", one_line(*run.label)) : "",
        one_line(run.command), run.complete ? "" : "  (partial)",
        report::results_text(cells, colours(STDOUT_FILENO)), report::details_text(cells));
  for (const auto& cell : cells) cli::print("\n{}\n", fmt::join(report::answer(cell), " "));
  print_axes(run, cells, arguments.format);
  for (const std::string& note : report::notes(run)) print("Note: {}.\n", one_line(note));
  return {};
}

}  // namespace

int run(const ShowArguments& arguments) {
  const auto result = show(arguments);
  return result ? 0 : report_error(result.error());
}

}  // namespace assay::cli
