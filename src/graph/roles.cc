#include "graph/roles.h"

#include <array>

namespace assay::graph {
namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, 5> kNames = {"input", "state", "parameter", "constant", "computed"};

}  // namespace

std::string_view role_name(Role role) { return kNames[static_cast<size_t>(role)]; }

std::optional<Role> role_from_name(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<Role>(i);
  return std::nullopt;
}

}  // namespace assay::graph
