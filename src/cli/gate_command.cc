// `assay gate`: a run held against a baseline, for a build server: exit code 1 when something became worse.
#include <algorithm>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/stored_results.h"
#include "decide/baseline.h"
#include "decide/gate.h"
#include "exchange/results_file.h"
#include "host/host.h"
#include "record/request.h"
#include "report/change.h"
#include "report/gate.h"

namespace assay::cli {
namespace {

bool looks_like_a_file(std::string_view name) { return name.contains('/') || name.ends_with(".jsonl"); }

// A file that `assay export` wrote, or what is stored under a name.
Result<std::vector<decide::Measured>> baseline_of(store::Store& store, const GateArguments& arguments,
                                                  const WantedCells& wanted, const record::Host& host,
                                                  LoadedRuns& runs) {
  std::error_code ec;
  if (!std::filesystem::is_regular_file(arguments.baseline, ec)) {
    auto results = results_named(store, arguments.baseline, wanted, host, runs);
    if (!results && looks_like_a_file(arguments.baseline))
      return fail(results.error().kind, "{}: there is no such file", one_line(arguments.baseline));
    return results;
  }
  ASSAY_TRY(auto reader, exchange::ResultsReader::open(arguments.baseline));
  for (;;) {
    ASSAY_TRY(auto run, reader.next());
    if (!run) break;
    runs.push_back(*std::move(run));
  }
  ASSAY_TRY_VOID(keep_one_machine(arguments.baseline, host.name, runs));
  auto results = results_of(runs, wanted);
  if (results.empty())
    return fail(ErrorKind::usage, "{}: has no result of what was asked for", one_line(arguments.baseline));
  return results;
}

// The runs to judge, and what of their results tells something: perhaps nothing, when those that were asked
// for could not be set up.
Result<std::vector<decide::Measured>> judged_results(store::Store& store, const GateArguments& arguments,
                                                     const WantedCells& wanted, const record::Host& host,
                                                     LoadedRuns& runs) {
  auto results = results_named(store, arguments.run, wanted, host, runs);
  if (results || results.error().kind != ErrorKind::usage || runs.empty()) return results;
  if (!results_of(runs, wanted).empty()) return results;  // refused for what they are
  return std::vector<decide::Measured>();
}

// Whether the cell has one of the sizes of each dimension that was typed; what is usual stands in no name.
bool has_sizes(const record::Cell& cell, const models::Sweep& typed) {
  const auto name = record::parse_workload(cell.workload);
  return name && std::ranges::all_of(typed, [&](const auto& sizes) {
           const auto own = name->request.find(sizes.first);
           return own != name->request.end() &&
                  std::ranges::find(sizes.second, own->second) != sizes.second.end();
         });
}

// Whether the command line of a run names the contestant and the cell, where it names any. A path is a model
// of whatever name.
bool asks_for(const record::Run& run, const record::ContestantResult& wanted) {
  std::vector<const char*> argv = {"assay"};
  for (const std::string& word : run.arguments) argv.push_back(word.c_str());
  const auto command = parse(static_cast<int>(argv.size()), argv.data());
  const auto* words = command ? std::get_if<RunArguments>(&*command) : nullptr;
  if (words == nullptr) return true;
  const auto named = [](const std::vector<std::string>& names, const auto& is) {
    return names.empty() || std::ranges::any_of(names, is);
  };
  return named(words->contestants,
               [&](const auto& name) { return decide::refers_to(name, wanted.contestant); }) &&
         named(words->models,
               [&](const auto& name) { return name == wanted.cell.model || name.contains('/'); }) &&
         named(words->workloads,
               [&](const auto& name) { return record::matches(wanted.cell.workload, name); }) &&
         has_sizes(wanted.cell, words->sizes);
}

// Who is gone from runs; of a contestant's newest results, whom nobody else was to be beside, nobody is.
std::vector<decide::Gone> gone_from(store::Store& store, const GateArguments& arguments,
                                    const std::vector<decide::Measured>& before,
                                    const std::vector<decide::Measured>& after, const LoadedRuns& runs) {
  if (!store.find(arguments.run)) return {};
  std::vector<const record::Run*> judged;
  for (const record::Run& run : runs) judged.push_back(&run);
  return decide::gone(before, after, judged, asks_for);
}

// Another processor is slower or faster by itself: that is nothing that a gate may stop.
Result<> check_machines(const std::vector<Match>& matches) {
  for (const auto& [before, after] : matches) {
    const record::Host &ours = after.run->host, &theirs = before.run->host;
    if (ours.cpu == theirs.cpu && ours.cpu_design == theirs.cpu_design) continue;
    return fail(ErrorKind::usage,
                "the baseline was measured on another kind of machine ({}, and here {}): `assay compare` "
                "holds machines against each other, a gate does not",
                one_line(theirs.cpu), one_line(ours.cpu));
  }
  return {};
}

// That the two are of machines of one kind, and not of one machine; empty: they are.
std::string machines_note(const std::vector<Match>& matches) {
  const bool one = std::ranges::all_of(matches, [](const Match& match) {
    return decide::same_machine(match.before.run->host, match.after.run->host);
  });
  return one ? ""
             : "the baseline was measured on another machine of this kind, so that only times are compared";
}

decide::Gate gate_of(const std::vector<Match>& matches, std::vector<decide::Gone> gone, double max_percent) {
  decide::Allowed allowed;
  allowed.time = allowed.growth = max_percent / 100;
  decide::Gate gate{{}, std::move(gone)};
  for (const Match& match : matches) {
    const auto change = decide::change_of(match.before, match.after);
    gate.judged.push_back({change, decide::losses(change, allowed)});
  }
  return gate;
}

void say_verdict(const decide::Gate& gate, double max_percent) {
  if (const auto note = report::not_asked_note(gate); !note.empty())
    print_error("Note: {}.\n", one_line(note));
  for (const std::string& line : report::gate_losses(gate))
    print_error("assay: worse than the baseline: {}\n", one_line(line));
  if (decide::passed(gate))
    print_error("Nothing became worse by more than {:.3g} %, as far as {} comparison{} can tell.\n",
                max_percent, gate.judged.size(), gate.judged.size() == 1 ? "" : "s");
}

void print_gate(const decide::Gate& gate, const GateArguments& arguments) {
  if (arguments.json) {
    print("{}\n", report::gate_json(gate));
    return;
  }
  print("{}", report::formatted(report::gate_table(gate), arguments.format));
  std::vector<decide::Change> changes;
  for (const auto& one : gate.judged) changes.push_back(one.change);
  if (const auto note = report::pairing_note(changes); !note.empty())
    print_error("Note: {}.\n", one_line(note));
}

Result<int> judge(const GateArguments& arguments) {
  ASSAY_TRY(auto store, store::open_sqlite_to_read(store::default_path()));
  const auto host = host::this_machine();
  const WantedCells wanted{arguments.models, arguments.workloads};
  LoadedRuns before_runs, after_runs;
  ASSAY_TRY(const auto before, baseline_of(*store, arguments, wanted, host, before_runs));
  ASSAY_TRY(const auto after, judged_results(*store, arguments, wanted, host, after_runs));
  const auto matches = matches_by_name(before, after);
  ASSAY_TRY_VOID(check_machines(matches));
  const auto gate =
      gate_of(matches, gone_from(*store, arguments, before, after, after_runs), arguments.max_percent);
  if (gate.judged.empty() && decide::passed(gate))
    return fail(ErrorKind::usage, "'{}' and the baseline have no contestant, model and workload in common",
                one_line(arguments.run));
  print_gate(gate, arguments);
  if (const auto note = machines_note(matches); !note.empty()) print_error("Note: {}.\n", note);
  say_verdict(gate, arguments.max_percent);
  return decide::passed(gate) ? 0 : 1;
}

}  // namespace

int run(const GateArguments& arguments) {
  const auto result = judge(arguments);
  return result ? *result : report_error(result.error());
}

}  // namespace assay::cli
