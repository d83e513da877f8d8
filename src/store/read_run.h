// Reading a run back from its tables.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "record/measurement.h"
#include "store/database.h"

namespace assay::store {

// The run of that id, which must exist, with the results and visits of these cells, or of all when none is
// given; summaries are absent. Fails (environment).
[[nodiscard]] Result<record::Run> read_run(Database& database, const std::string& id,
                                           std::span<const record::Cell> only = {});

}  // namespace assay::store
