// The operators that a runner has: a table of them in each of its files, put together by their names. An
// operator is what the runner makes it, with a `name`.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace assay_runner {

// All of the tables, sorted by name.
template <class Operator>
[[nodiscard]] std::vector<Operator> joined_by_name(std::initializer_list<std::vector<Operator>> tables) {
  std::vector<Operator> all;
  for (const auto& table : tables) all.insert(all.end(), table.begin(), table.end());
  std::ranges::sort(all, {}, &Operator::name);
  return all;
}

// Null where there is none of that name. `all` is sorted by name.
template <class Operator>
[[nodiscard]] const Operator* find_by_name(const std::vector<Operator>& all, std::string_view name) {
  const auto found = std::ranges::lower_bound(all, name, {}, &Operator::name);
  return found != all.end() && found->name == name ? &*found : nullptr;
}

}  // namespace assay_runner
