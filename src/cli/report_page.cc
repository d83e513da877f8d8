#include "cli/report_page.h"

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/utc.h"
#include "base/version.h"
#include "cli/places.h"
#include "report/json.h"
#include "report/page.h"
#include "setup/framework.h"

namespace assay::cli {
namespace {

using nlohmann::ordered_json;

std::string compact(const ordered_json& document) {
  return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

// All of the page's data up to its runs.
std::string head_of(const PageSource& source, const std::string& place) {
  std::string head = compact({{"schema", 1}, {"made", source.made}, {"assay", std::string(kVersion)}});
  head.pop_back();
  if (!place.empty()) head += R"(,"site":)" + place;
  return head + R"(,"runs":[)";
}

// What the page reads of a run: what `assay show --samples --json` prints, and the languages.
ordered_json document_of(const record::Run& run, std::span<const decide::Summaries> cells,
                         const FrameworkLanguages& languages) {
  ordered_json document = report::document(run, cells, true);
  for (ordered_json& result : document["results"]) {
    const std::string language = languages.of(result["framework"].get<std::string>());
    if (!language.empty()) result["language"] = language;
  }
  return document;
}

}  // namespace

Result<PageSource> page_source(store::Store& store) {
  ASSAY_TRY(std::string page_template, read_file(source_dir() / "web" / "report.html"));
  ASSAY_TRY(const auto frameworks, setup::scan(source_dir() / "frameworks"));
  return PageSource{store, FrameworkLanguages(frameworks), std::move(page_template), utc_now()};
}

Result<MadePage> make_page(const PageSource& source, std::span<const PlannedRun> runs,
                           const std::string& place, const std::string& model, const RunReader& reader) {
  report::PageFiller filler(source.page_template);
  MadePage page;
  ASSAY_TRY_VOID(filler.add(head_of(source, place)));
  for (const PlannedRun& planned : runs) {
    ASSAY_TRY(auto run, source.store.load(planned.id, planned.cells));
    if (!model.empty())
      std::erase_if(run.faults, [&](const record::CellFault& fault) { return fault.cell.model != model; });
    const auto cells = decide::summarise(run);
    if (page.runs > 0) ASSAY_TRY_VOID(filler.add(","));
    ASSAY_TRY_VOID(filler.add(compact(document_of(run, cells, source.languages))));
    if (reader) reader(run, cells);
    ++page.runs;
    page.results += run.results.size();
  }
  ASSAY_TRY_VOID(filler.add("]}"));
  ASSAY_TRY(page.text, filler.finish());
  return page;
}

}  // namespace assay::cli
