// `assay claims`: published findings, held against everything that is stored, of this machine and of imported
// ones.
#include <fmt/ranges.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "claims/judge.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/stored_results.h"
#include "report/table.h"
#include "setup/framework.h"
#include "store/store.h"

namespace assay::cli {
namespace {

// What claims are judged by, and the runs that it lies in.
struct Known {
  LoadedRuns runs;
  std::vector<claims::Evidence> evidence;
};

// The newest result of every contestant and number of threads of a cell on a machine.
Result<> add_newest(store::Store& store, const record::Cell& cell, const std::string& host,
                    const FrameworkLanguages& languages, Known& known) {
  std::map<std::string, const record::Run*> loaded;
  ASSAY_TRY(const auto found, store.newest(cell, host));
  for (const store::FoundResult& one : found) {
    if (!loaded.contains(one.run)) {
      ASSAY_TRY(auto run, store.load(one.run, cell));
      known.runs.push_back(std::move(run));
      loaded[one.run] = &known.runs.back();
    }
    const record::Run& run = *loaded[one.run];
    for (const auto& result : run.results)
      if (result.contestant.name() == one.contestant.name())
        known.evidence.push_back({{&result, &run}, languages.of(one.contestant.framework)});
  }
  return {};
}

// Of every machine and cell.
Result<> add_all(store::Store& store, Known& known) {
  ASSAY_TRY(const auto frameworks, setup::scan(source_dir() / "frameworks"));
  const FrameworkLanguages languages(frameworks);
  ASSAY_TRY(const auto hosts, machines_of(store));
  for (const std::string& host : hosts) {
    ASSAY_TRY(const auto cells, store.cells(host));
    for (const record::Cell& cell : cells) ASSAY_TRY_VOID(add_newest(store, cell, host, languages, known));
  }
  return {};
}

nlohmann::ordered_json claim_json(const claims::Claim& claim, const claims::Judgement& judgement) {
  nlohmann::ordered_json figures = nlohmann::ordered_json::array();
  for (const auto& [text, says] : judgement.figures)
    figures.push_back({{"text", text}, {"says", claims::name(says)}});
  return {{"name", claim.name},
          {"claim", claim.text},
          {"source", claim.source},
          {"url", claim.url},
          {"status", claims::name(judgement.status)},
          {"figures", figures},
          {"needs", judgement.needs.empty() ? nlohmann::ordered_json(nullptr)
                                            : nlohmann::ordered_json(judgement.needs)}};
}

void print_claim(const claims::Claim& claim, const claims::Judgement& judgement) {
  print("\n{}: {}\n  {}. {}\n", claim.name, claims::name(judgement.status), claim.text, claim.source);
  if (!judgement.needs.empty()) print("  needs {}\n", judgement.needs);
  for (const auto& [text, says] : judgement.figures)
    print("  - {} ({})\n", one_line(text), claims::name(says));
}

std::string figures_text(const claims::Judgement& judgement) {
  std::vector<std::string> figures;
  for (const auto& [text, says] : judgement.figures)
    figures.push_back(fmt::format("{} ({})", text, claims::name(says)));
  return judgement.needs.empty() ? fmt::format("{}", fmt::join(figures, "; ")) : "needs " + judgement.needs;
}

report::Table table_of(const std::vector<claims::Claim>& all,
                       const std::vector<claims::Judgement>& judgements) {
  report::Table table;
  table.rows.push_back({"claim", "status", "what was said", "by whom", "figures, or what it needs"});
  for (size_t i = 0; i < all.size(); ++i)
    table.rows.push_back({all[i].name, std::string(claims::name(judgements[i].status)), all[i].text,
                          all[i].source, figures_text(judgements[i])});
  return table;
}

void print_claims_json(const std::vector<claims::Claim>& all,
                       const std::vector<claims::Judgement>& judgements) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (size_t i = 0; i < all.size(); ++i) list.push_back(claim_json(all[i], judgements[i]));
  print("{}\n", nlohmann::ordered_json{{"schema", 1}, {"claims", list}}.dump(
                    2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

Result<std::vector<claims::Claim>> wanted_claims(const ClaimsArguments& arguments) {
  ASSAY_TRY(auto all, claims::read_claims(source_dir() / "claims"));
  if (arguments.names.empty()) return all;
  std::vector<std::string> known;
  for (const auto& claim : all) known.push_back(claim.name);
  for (const std::string& name : arguments.names)
    if (std::ranges::find(known, name) == known.end())
      return fail(ErrorKind::usage, "no claim '{}'.{} Known: {}", one_line(name), did_you_mean(name, known),
                  fmt::join(known, ", "));
  std::erase_if(all, [&](const auto& claim) {
    return std::ranges::find(arguments.names, claim.name) == arguments.names.end();
  });
  return all;
}

Result<> judge_all(const ClaimsArguments& arguments) {
  ASSAY_TRY(const auto all, wanted_claims(arguments));
  ASSAY_TRY(auto store, store::open_sqlite_to_read(store::default_path()));
  Known known;
  ASSAY_TRY_VOID(add_all(*store, known));
  std::vector<claims::Judgement> judgements;
  for (const auto& claim : all) judgements.push_back(claims::judge(claim, known.evidence));
  if (arguments.json)
    print_claims_json(all, judgements);
  else if (arguments.format != "text")
    print("{}", report::formatted(table_of(all, judgements), arguments.format));
  else
    for (size_t i = 0; i < all.size(); ++i) print_claim(all[i], judgements[i]);
  return {};
}

}  // namespace

int run(const ClaimsArguments& arguments) {
  const auto result = judge_all(arguments);
  return result ? 0 : report_error(result.error());
}

}  // namespace assay::cli
