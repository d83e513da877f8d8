// Making a page of `assay report` of some runs, one run after the other, so that never more than one is held.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "cli/report_plan.h"
#include "cli/stored_results.h"
#include "decide/summary.h"

namespace assay::cli {

// What every page of one call has in common.
struct PageSource {
  store::Store& store;
  FrameworkLanguages languages;
  std::string page_template;
  std::string made;  // UTC, ISO 8601
};
// Fails (data) when the template or a framework's manifest cannot be read.
[[nodiscard]] Result<PageSource> page_source(store::Store& store);

struct MadePage {
  std::string text;
  size_t runs = 0, results = 0;
};

// Told each run as it is read, with its cells.
using RunReader = std::function<void(const record::Run&, std::span<const decide::Summaries>)>;

// `place`: JSON of the page's place in a site; empty: it is in none. `model`: faults of other models are left
// out; empty: all are shown.
[[nodiscard]] Result<MadePage> make_page(const PageSource& source, std::span<const PlannedRun> runs,
                                         const std::string& place = "", const std::string& model = "",
                                         const RunReader& reader = {});

}  // namespace assay::cli
