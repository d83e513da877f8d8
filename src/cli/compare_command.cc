// `assay compare`: two runs, labels, contestants, versions or machines held against each other. `assay gate`:
// the same for a build server, with an exit code.
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/stored_results.h"
#include "decide/change.h"
#include "exchange/results_file.h"
#include "host/host.h"
#include "report/change.h"

namespace assay::cli {
namespace {

std::vector<decide::Change> changes_of(const std::vector<Match>& matches) {
  std::vector<decide::Change> changes;
  for (const Match& match : matches) changes.push_back(decide::change_of(match.before, match.after));
  return changes;
}

void print_changes(const std::vector<decide::Change>& changes, double margin, const std::string& format) {
  print("{}", report::formatted(report::change_table(changes, margin), format));
  if (const auto note = report::pairing_note(changes); !note.empty())
    print_error("Note: {}.\n", one_line(note));
}

Result<int> compare(const CompareArguments& arguments) {
  ASSAY_TRY(auto store, store::open_sqlite_to_read(store::default_path()));
  const auto host = host::this_machine();
  const WantedCells wanted{arguments.models, arguments.workloads};
  LoadedRuns before_runs, after_runs;
  ASSAY_TRY(const auto before, results_named(*store, arguments.before, wanted, host, before_runs));
  ASSAY_TRY(const auto after, results_named(*store, arguments.after, wanted, host, after_runs));
  const auto changes = changes_of(matches(before, after));
  if (changes.empty())
    return fail(ErrorKind::usage, "'{}' and '{}' have no model and workload in common",
                one_line(arguments.before), one_line(arguments.after));
  const double margin = arguments.margin_percent / 100;
  if (arguments.json) {
    print("{}\n",
          nlohmann::ordered_json{
              {"schema", 1},
              {"before", arguments.before},
              {"after", arguments.after},
              {"changes", nlohmann::ordered_json::parse(report::change_json(changes, margin))}}
              .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    return 0;
  }
  if (arguments.format == "text")
    print("From {} to {}; ratios are after / before\n", one_line(arguments.before),
          one_line(arguments.after));
  print_changes(changes, margin, arguments.format);
  return 0;
}

// A file that `assay export` wrote, or what is stored under a name.
Result<std::vector<decide::Measured>> baseline_of(store::Store& store, const GateArguments& arguments,
                                                  const WantedCells& wanted, const record::Host& host,
                                                  LoadedRuns& runs) {
  std::error_code ec;
  if (!std::filesystem::is_regular_file(arguments.baseline, ec))
    return results_named(store, arguments.baseline, wanted, host, runs);
  ASSAY_TRY(auto reader, exchange::ResultsReader::open(arguments.baseline));
  for (;;) {
    ASSAY_TRY(auto run, reader.next());
    if (!run) break;
    runs.push_back(*std::move(run));
  }
  auto results = results_of(runs, wanted);
  if (results.empty())
    return fail(ErrorKind::usage, "{}: has no result of what was asked for", one_line(arguments.baseline));
  return results;
}

struct Loss {
  std::string where;
  std::vector<std::string> what;
};

std::vector<Loss> losses_of(const std::vector<decide::Change>& changes, const decide::Allowed& allowed) {
  std::vector<Loss> found;
  for (const decide::Change& change : changes) {
    auto what = decide::losses(change, allowed);
    if (what.empty()) continue;
    const record::ContestantResult& result = *change.after.result;
    found.push_back(
        {fmt::format("{} {} {}", result.contestant.name(), result.cell.model, result.cell.workload),
         std::move(what)});
  }
  return found;
}

void print_gate_json(const std::vector<decide::Change>& changes, const std::vector<Loss>& losses,
                     double margin) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const auto& [where, what] : losses) list.push_back({{"where", where}, {"what", what}});
  print("{}\n", nlohmann::ordered_json{{"schema", 1},
                                       {"passed", losses.empty()},
                                       {"losses", list},
                                       {"changes",
                                        nlohmann::ordered_json::parse(report::change_json(changes, margin))}}
                    .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

Result<int> gate(const GateArguments& arguments) {
  ASSAY_TRY(auto store, store::open_sqlite_to_read(store::default_path()));
  const auto host = host::this_machine();
  const WantedCells wanted{arguments.models, arguments.workloads};
  LoadedRuns before_runs, after_runs;
  ASSAY_TRY(const auto before, baseline_of(*store, arguments, wanted, host, before_runs));
  ASSAY_TRY(const auto after, results_named(*store, arguments.run, wanted, host, after_runs));
  const auto changes = changes_of(matches_by_name(before, after));
  if (changes.empty())
    return fail(ErrorKind::usage, "'{}' and the baseline have no contestant, model and workload in common",
                one_line(arguments.run));
  decide::Allowed allowed;
  allowed.time = allowed.growth = arguments.max_percent / 100;
  const auto losses = losses_of(changes, allowed);
  if (arguments.json)
    print_gate_json(changes, losses, stats::kMargin);
  else
    print_changes(changes, stats::kMargin, arguments.format);
  for (const auto& [where, what] : losses)
    print_error("assay: worse than the baseline: {}: {}\n", one_line(where),
                one_line(fmt::format("{}", fmt::join(what, ", "))));
  if (losses.empty())
    print_error("Nothing became worse by more than {:.3g} %, as far as {} comparison{} can tell.\n",
                arguments.max_percent, changes.size(), changes.size() == 1 ? "" : "s");
  return losses.empty() ? 0 : 1;
}

}  // namespace

int run(const CompareArguments& arguments) {
  const auto result = compare(arguments);
  return result ? *result : report_error(result.error());
}

int run(const GateArguments& arguments) {
  const auto result = gate(arguments);
  return result ? *result : report_error(result.error());
}

}  // namespace assay::cli
