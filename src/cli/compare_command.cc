// `assay compare`: two runs, labels, contestants, versions or machines held against each other.
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/stored_results.h"
#include "decide/change.h"
#include "host/host.h"
#include "report/change.h"

namespace assay::cli {
namespace {

std::vector<decide::Change> changes_of(const std::vector<Match>& matches) {
  std::vector<decide::Change> changes;
  for (const Match& match : matches) changes.push_back(decide::change_of(match.before, match.after));
  return changes;
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
  print("{}", report::formatted(report::change_table(changes, margin), arguments.format));
  if (const auto note = report::pairing_note(changes); !note.empty())
    print_error("Note: {}.\n", one_line(note));
  return 0;
}

}  // namespace

int run(const CompareArguments& arguments) {
  const auto result = compare(arguments);
  return result ? *result : report_error(result.error());
}

}  // namespace assay::cli
