// Looking results up across runs.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/database.h"
#include "store/store.h"

namespace assay::store {

// See Store::all(); of any version, or of one.
[[nodiscard]] Result<std::vector<FoundResult>> find_all(Database& database, const record::Cell& cell,
                                                        std::string_view host, std::string_view version);
// See Store::all() without a cell.
[[nodiscard]] Result<std::vector<FoundResult>> find_everything(Database& database);
// See Store::newest().
[[nodiscard]] Result<std::vector<FoundResult>> find_newest(Database& database, const record::Cell& cell,
                                                           std::string_view host, std::string_view version);

// See Store::cells().
[[nodiscard]] Result<std::vector<record::Cell>> find_cells(Database& database, std::string_view host);

// See Store::cells_of().
[[nodiscard]] Result<std::vector<record::Cell>> find_cells_of(Database& database, std::string_view run);

}  // namespace assay::store
