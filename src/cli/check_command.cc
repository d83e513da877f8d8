// `assay check`: what works here, what is missing, and how to get it.
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"
#include "host/host.h"
#include "host/steering.h"
#include "record/host_json.h"
#include "reference/blas.h"
#include "report/figures.h"
#include "report/notes.h"
#include "report/table.h"
#include "runner/isolation.h"
#include "setup/build.h"
#include "setup/select.h"
#include "setup/variables.h"

namespace assay::cli {
namespace {

// One variant on one device, with what can be said without starting it.
struct Row {
  setup::ContestantSpec contestant;
  std::string
      state;         // "ready", "not set up", "outdated", "cannot run here"; "unknown": it cannot be told now
  std::string hint;  // how to get it, or why not
};

std::string needs_of(const setup::Framework& framework, const setup::Build& build) {
  return fmt::format("assay setup {}  ({} MB to download, {} MB on disk, about {:.0f} min)", framework.name,
                     build.download_mb, build.disk_mb, std::max(1.0, build.minutes));
}

Row row_of(const setup::ContestantSpec& contestant, const record::Host& host) {
  const std::string unmet = setup::unmet(*contestant.variant, contestant.device, host);
  if (!unmet.empty()) return {contestant, "cannot run here", unmet};
  const setup::Build* build = contestant.framework->build(contestant.variant->build);
  if (build == nullptr) return {contestant, "ready", ""};
  const auto state = setup::state(*contestant.framework, *build);
  if (!state) return {contestant, "unknown", state.error().message};
  if (*state == setup::BuildState::ready) return {contestant, "ready", ""};
  std::string hint = needs_of(*contestant.framework, *build);
  if (const auto place = setup::build_dir(*contestant.framework, *build); !place)
    hint = fmt::format("{}; then {}", place.error().message, hint);
  return {contestant, *state == setup::BuildState::stale ? "outdated" : "not set up", std::move(hint)};
}

std::vector<Row> rows(const std::vector<setup::Framework>& frameworks, const record::Host& host) {
  std::vector<Row> result;
  for (const auto& framework : frameworks) {
    if (framework.hidden) continue;
    for (const auto& variant : framework.variants)
      for (const auto& device : variant.devices)
        result.push_back(row_of({&framework, &variant, device}, host));
  }
  return result;
}

std::vector<std::string> notes_of(const record::Host& host, std::span<const setup::Framework> frameworks) {
  auto notes = report::notes(host);
  const auto environment = setup::runner_environment(frameworks, host::given_environment());
  record::Run next{.kept_environment = environment.kept, .unset_environment = environment.unset};
  for (std::string& note : report::notes(next)) notes.push_back(std::move(note));
  return notes;
}

void print_check_json(const record::Host& host, const std::vector<Row>& rows,
                      const std::vector<std::string>& notes) {
  nlohmann::json contestants = nlohmann::json::array();
  for (const Row& row : rows)
    contestants.push_back({{"contestant", row.contestant.name()}, {"state", row.state}, {"hint", row.hint}});
  const nlohmann::json document = {
      {"schema", 1},
      {"host", nlohmann::json::parse(record::host_to_json(host))},
      {"notes", notes},
      {"openblas_core", reference::blas_core()},
      {"openblas_core_generic", reference::blas_core_is_generic(reference::blas_core())},
      {"contestants", contestants}};
  print_json(document);
}

// The machine in lines, and what there is to know of it before measuring.
std::vector<std::string> lines_of(const record::Host& host, const std::vector<std::string>& notes) {
  const std::string core = reference::blas_core();
  std::vector<std::string> lines = {
      fmt::format("{}, {} cores to use, {} of memory", host.cpu, host.cores,
                  host.memory_bytes ? report::bytes(*host.memory_bytes) : "an unknown amount"),
      fmt::format("{}, {}, {}", host.os, host.kernel, host.arch),
      fmt::format("contestants get: {}", report::core_groups_text(host))};
  for (const std::string& note : notes) lines.push_back(fmt::format("note: {}", note));
  lines.push_back(fmt::format("GPUs: {}", host.gpus.empty() ? "none found" : host.gpus.front()));
  lines.push_back(fmt::format("OpenBLAS kernels of the reference: {}{}", core,
                              reference::blas_core_is_generic(core)
                                  ? "  (generic: the truth will be slow on this CPU, but right)"
                                  : ""));
  lines.push_back(fmt::format(
      "Isolation of contestants: {}",
      host.isolation_gaps.empty() ? "complete" : fmt::format("{}", fmt::join(host.isolation_gaps, "; "))));
  return lines;
}

void print_tables(const record::Host& host, const std::vector<Row>& rows,
                  const std::vector<std::string>& notes, const std::string& format) {
  const bool markdown = format == "markdown";
  for (const std::string& line : lines_of(host, notes))
    print_beside_table(format, markdown ? fmt::format("- {}\n", report::markdown_text(line)) : line + "\n");
  print_beside_table(format, "\n");
  report::Table table;
  table.rows.push_back({"contestant", "state", "hint"});
  for (const Row& row : rows) table.rows.push_back({row.contestant.name(), row.state, row.hint});
  print("{}", format == "text" ? report::to_text(table, "") : report::formatted(table, format));
}

}  // namespace

int run(const CheckArguments& arguments) {
  const auto frameworks = setup::scan(source_dir() / "frameworks");
  if (!frameworks) return report_error(frameworks.error());
  record::Host host = host::this_machine();
  host.isolation_gaps = runner::gaps(runner::isolation_here());
  host.core_groups = host::share_for(host.cores).groups;
  const auto notes = notes_of(host, *frameworks);
  if (arguments.json)
    print_check_json(host, rows(*frameworks, host), notes);
  else
    print_tables(host, rows(*frameworks, host), notes, arguments.format);
  return 0;
}

}  // namespace assay::cli
