#include "decide/baseline.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

namespace assay::decide {

bool refers_to(std::string_view name, const record::Contestant& contestant) {
  return name == contestant.name() || name == contestant.framework + "/" + contestant.variant ||
         name == contestant.framework;
}

Result<> check_baseline(const record::Run& run, std::string_view name) {
  std::set<std::string> names;
  for (const auto& result : run.results) {
    if (refers_to(name, result.contestant)) return {};
    names.insert(result.contestant.name());
  }
  return fail(ErrorKind::usage, "no contestant '{}' in this run; it has: {}", name, fmt::join(names, ", "));
}

}  // namespace assay::decide
