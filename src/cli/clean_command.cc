// `assay clean`: removes what the cache need not keep.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "cache/cache.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"
#include "imports/exporter.h"
#include "imports/normal_form.h"
#include "report/figures.h"
#include "report/table.h"
#include "store/store.h"

namespace assay::cli {
namespace {

using cache::Removable;

int64_t removed_bytes(const std::vector<Removable>& things) {
  int64_t bytes = 0;
  for (const Removable& thing : things)
    if (thing.in_use.empty()) bytes += thing.bytes;
  return bytes;
}

void print_clean_json(const std::vector<Removable>& things, bool removed) {
  nlohmann::json list = nlohmann::json::array();
  for (const Removable& thing : things)
    list.push_back({{"kind", thing.kind},
                    {"path", thing.path.string()},
                    {"bytes", thing.bytes},
                    {"removed", removed && thing.in_use.empty()},
                    {"in_use", thing.in_use}});
  print_json({{"schema", 1}, {"bytes", removed_bytes(things)}, {"items", list}});
}

void print_table(const std::vector<Removable>& things, bool removed, const std::string& format) {
  report::Table table;
  table.right = {false, true, false, false};
  table.rows.push_back({"what", "size", "where", "kept"});
  for (const Removable& thing : things)
    table.rows.push_back({thing.kind, report::bytes(thing.bytes), thing.path.string(), thing.in_use});
  if (!things.empty() || format == "csv")
    print("{}", format == "text" ? report::to_text(table, "") : report::formatted(table, format));
  if (format == "markdown" && !things.empty()) print("\n");
  print_beside_table(format, things.empty()
                                 ? fmt::format("There is nothing to remove in {}.\n", cache_dir().string())
                                 : fmt::format("{} {}.\n", report::bytes(removed_bytes(things)),
                                               removed ? "removed" : "would be removed"));
}

Result<> clean(const CleanArguments& arguments) {
  ASSAY_TRY(auto frameworks, setup::scan(source_dir() / "frameworks"));
  frameworks.push_back(imports::importer(source_dir()));  // importers' environments are kept like theirs
  ASSAY_TRY(const auto exporters, imports::exporters(source_dir()));
  for (const auto& exporter : exporters) frameworks.push_back(exporter.own);
  auto things = cache::removables(frameworks, arguments.all, store::default_path());
  std::ranges::stable_sort(things, std::greater(), &Removable::bytes);
  if (!arguments.dry_run) ASSAY_TRY_VOID(cache::remove(things));
  if (arguments.json)
    print_clean_json(things, !arguments.dry_run);
  else
    print_table(things, !arguments.dry_run, arguments.format);
  return {};
}

}  // namespace

int run(const CleanArguments& arguments) {
  const auto result = clean(arguments);
  return result ? 0 : report_error(result.error());
}

}  // namespace assay::cli
