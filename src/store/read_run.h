// Reading a run back from its tables.
#pragma once

#include <string>

#include "base/result.h"
#include "record/measurement.h"
#include "store/database.h"

namespace assay::store {

// The run of that id, which must exist, with all results and visits, or those of one cell; summaries are
// absent. Fails (environment).
[[nodiscard]] Result<record::Run> read_run(Database& database, const std::string& id,
                                           const record::Cell* only = nullptr);

}  // namespace assay::store
