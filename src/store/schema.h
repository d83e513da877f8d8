// The store's tables, as migrations: entry i brings a store of version i to version i + 1. Only ever append
// to this list.
#pragma once

#include <span>
#include <string>

namespace assay::store {

[[nodiscard]] std::span<const std::string> migrations();

}  // namespace assay::store
