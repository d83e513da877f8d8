// `assay report --site DIR`: a page for each model, one for each machine, and an index of both.
#pragma once

#include <vector>

#include "cli/arguments.h"
#include "cli/report_page.h"

namespace assay::cli {

// Writes the pages one after the other, the index last, and says what was written. Fails as SiteFolder does.
[[nodiscard]] Result<> write_site(const PageSource& source, const std::vector<PlannedRun>& runs,
                                  const ReportArguments& arguments);

}  // namespace assay::cli
