// `assay advise`: which contestant to take on this machine, from everything that is stored.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/stored_results.h"
#include "decide/advice.h"
#include "host/host.h"
#include "models/catalogue.h"
#include "record/machine_words.h"
#include "record/request.h"
#include "report/advice.h"
#include "setup/framework.h"
#include "store/store.h"

namespace assay::cli {
namespace {

using decide::Goal;

// Runs with the results of one cell, by id: candidates point into them.
using Runs = std::map<std::string, record::Run>;

// Frameworks that are not hidden and that nothing is stored of.
std::vector<std::string> untried(const std::vector<setup::Framework>& frameworks,
                                 const std::vector<decide::Candidate>& candidates) {
  std::set<std::string> tried;
  for (const auto& candidate : candidates) tried.insert(candidate.measured.result->contestant.framework);
  std::vector<std::string> names;
  for (const auto& framework : frameworks)
    if (!framework.hidden && !tried.contains(framework.name)) names.push_back(framework.name);
  return names;
}

// The newest of every contestant, with so many threads; 0: with as many as the newest of all.
std::vector<store::FoundResult> with_threads(std::vector<store::FoundResult> found, int threads) {
  if (found.empty()) return found;
  const int wanted = threads > 0 ? threads : found.front().threads;
  std::erase_if(found, [&](const store::FoundResult& result) { return result.threads != wanted; });
  return found;
}

decide::Constraints constraints_of(const AdviseArguments& arguments) {
  decide::Constraints constraints;
  if (arguments.latency_s) constraints.latency_ms = *arguments.latency_s * 1e3;
  constraints.memory_bytes = arguments.memory_bytes;
  constraints.footprint_bytes = arguments.footprint_bytes;
  constraints.start_s = arguments.start_s;
  if (!arguments.language.empty()) constraints.language = arguments.language;
  constraints.exact = arguments.exact;
  return constraints;
}

std::vector<Goal> goals_of(const AdviseArguments& arguments) {
  if (const auto goal = decide::goal_from_name(arguments.goal)) return {*goal};
  return {Goal::latency, Goal::throughput, Goal::training, Goal::chat};
}

struct Asked {
  store::Store& store;
  const AdviseArguments& arguments;
  record::Host host;
  std::vector<setup::Framework> frameworks;
  nlohmann::ordered_json documents = nlohmann::ordered_json::array();
  std::vector<report::Section> sections;  // of CSV, which is one table
  int answered = 0;                       // questions with results
  bool somebody = false;                  // somebody could be taken in one of them
};

Result<std::vector<decide::Candidate>> candidates_of(const Asked& asked, const record::Cell& cell,
                                                     Runs& runs) {
  ASSAY_TRY(auto found, asked.store.newest(cell, asked.host.name));
  const FrameworkLanguages languages(asked.frameworks);
  std::vector<decide::Candidate> candidates;
  for (const store::FoundResult& one : with_threads(std::move(found), asked.arguments.threads)) {
    if (!runs.contains(one.run)) {
      ASSAY_TRY(auto run, asked.store.load(one.run, cell));
      runs.emplace(one.run, std::move(run));
    }
    const record::Run& run = runs.at(one.run);
    if (!decide::same_machine(run.host, asked.host)) continue;
    const auto result = std::ranges::find_if(run.results, [&](const auto& candidate) {
      return candidate.contestant.name() == one.contestant.name();
    });
    if (result == run.results.end()) continue;
    candidates.push_back({{&*result, &run}, languages.of(one.contestant.framework), {}});
  }
  return candidates;
}

// What was asked, by the name that its results are stored under: a model of the catalogue knows what it
// leaves out as usual, any other's name is taken as it is.
std::string stored_name(const AdviseArguments& arguments, const std::string& model, std::string_view kind) {
  record::WorkloadName name{.kind = std::string(kind), .request = {}};
  for (const auto& [dimension, sizes] : arguments.sizes) name.request[dimension] = sizes.front();
  const auto known = models::is_in_catalogue(model) ? models::find_model(model, arguments.size)
                                                    : Result<models::Model>(std::unexpect, Error{});
  const auto normal = known ? models::normal_name(*known, record::to_string(name)) : name;
  return record::to_string(normal ? *normal : name);
}

// The cells that answer a goal: of every size that is stored, or of the one asked for.
Result<std::vector<record::Cell>> cells_of(const Asked& asked, const std::string& model, Goal goal) {
  const auto kind = decide::workload_of(goal);
  const record::Cell one{model, asked.arguments.size, stored_name(asked.arguments, model, kind)};
  if (!asked.arguments.sizes.empty()) return std::vector{one};
  ASSAY_TRY(auto cells, asked.store.cells(asked.host.name));
  std::erase_if(cells, [&](const record::Cell& cell) {
    return cell.model != model || cell.size != one.size || cell.precision != one.precision ||
           record::kind_of(cell.workload) != kind;
  });
  if (cells.empty()) cells.push_back(one);
  return cells;
}

Result<> advise_on(Asked& asked, const record::Cell& cell, Goal goal) {
  const AdviseArguments& arguments = asked.arguments;
  Runs runs;
  ASSAY_TRY(auto candidates, candidates_of(asked, cell, runs));
  if (candidates.empty()) {
    const int threads = arguments.threads;
    print_error("assay: nothing is stored of {} {}{}: assay run -m {} -w {}{}\n", one_line(cell.model),
                cell.workload, threads > 0 ? fmt::format(" with {} threads", threads) : "",
                one_line(cell.model), shell_word(cell.workload),
                threads > 0 ? fmt::format(" --threads {}", threads) : "");
    return {};
  }
  const auto others = untried(asked.frameworks, candidates);
  const double margin = arguments.margin_percent / 100;
  const auto advice = decide::advise(std::move(candidates), goal, constraints_of(arguments), margin);
  ++asked.answered;
  asked.somebody = asked.somebody || !advice.eligible.empty();
  const report::AdviceQuestion question{cell, goal, margin};
  if (arguments.json) {
    asked.documents.push_back(nlohmann::ordered_json::parse(report::advice_json(advice, question)));
    asked.documents.back()["not_tested"] = others;
    return {};
  }
  if (arguments.format == "csv")
    asked.sections.push_back(report::advice_section(advice, question));
  else
    print("\n{}", report::advice_text(advice, question, others, arguments.format));
  return {};
}

void print_all(const Asked& asked) {
  if (asked.arguments.json)
    print("{}\n", nlohmann::ordered_json{{"schema", 1}, {"advice", asked.documents}}.dump(2));
  else if (asked.arguments.format == "csv")
    print("{}", report::to_csv(asked.sections));
}

// The models to advise on: those that were asked for, which must be stored, or all.
Result<std::vector<std::string>> models_of(store::Store& store, const AdviseArguments& arguments,
                                           const record::Host& host) {
  ASSAY_TRY(const auto cells, store.cells(host.name));
  std::vector<std::string> stored;
  for (const record::Cell& cell : cells)
    if (cell.size == arguments.size && std::ranges::find(stored, cell.model) == stored.end())
      stored.push_back(cell.model);
  if (stored.empty())
    return fail(ErrorKind::usage, "nothing is stored for this machine yet. Start with: assay run");
  if (arguments.models.empty()) return stored;
  for (const std::string& model : arguments.models)
    if (std::ranges::find(stored, model) == stored.end())
      return fail(ErrorKind::usage,
                  "nothing is stored of '{}' on this machine.{} Measure it: assay run -m {}", one_line(model),
                  did_you_mean(model, stored), one_line(model));
  return arguments.models;
}

Result<int> advise(const AdviseArguments& arguments) {
  ASSAY_TRY(auto store, store::open_sqlite_to_read(store::default_path()));
  ASSAY_TRY(auto frameworks, setup::scan(source_dir() / "frameworks"));
  Asked asked{*store, arguments, host::this_machine(), std::move(frameworks)};
  ASSAY_TRY(const auto models, models_of(*store, arguments, asked.host));
  if (!arguments.json)
    print_beside_table(
        arguments.format,
        fmt::format("On {}, {}\n", one_line(record::machine_words(asked.host)), one_line(asked.host.os)));
  for (const std::string& model : models)
    for (const Goal goal : goals_of(arguments)) {
      ASSAY_TRY(const auto cells, cells_of(asked, model, goal));
      for (const record::Cell& cell : cells) ASSAY_TRY_VOID(advise_on(asked, cell, goal));
    }
  print_all(asked);
  if (asked.answered == 0) return 2;
  return asked.somebody ? 0 : 1;
}

}  // namespace

int run(const AdviseArguments& arguments) {
  const auto result = advise(arguments);
  return result ? *result : report_error(result.error());
}

}  // namespace assay::cli
