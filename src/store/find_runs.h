// Which runs a store has, and which of them a name means.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/database.h"
#include "store/store.h"

namespace assay::store {

// As Store::find has it.
[[nodiscard]] Result<std::vector<std::string>> find_runs(Database& database, std::string_view name);
// As Store::list has it.
[[nodiscard]] Result<std::vector<RunSummary>> list_runs(Database& database);
// Whether there is a run of exactly this id.
[[nodiscard]] Result<bool> has_run(Database& database, std::string_view id);

}  // namespace assay::store
