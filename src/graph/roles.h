// Roles by name, as the graph format writes them.
#pragma once

#include <optional>
#include <string_view>

#include "graph/graph.h"

namespace assay::graph {

// "input", "state", "parameter", "constant", "computed".
[[nodiscard]] std::string_view role_name(Role role);
[[nodiscard]] std::optional<Role> role_from_name(std::string_view name);

}  // namespace assay::graph
