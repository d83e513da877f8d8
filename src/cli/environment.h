// The environment variables that change what Assay, its set-up and its frameworks do, fit to be shown to
// others.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "setup/framework.h"

namespace assay::cli {

// The variables of Assay's own that a user may set, each with what it says in one line.
struct OwnVariable {
  std::string_view name;
  std::string_view meaning;
};
[[nodiscard]] std::span<const OwnVariable> own_variables();

// Those that matter, sorted: what steers frameworks (setup/variables.h) and what Assay and its set-up read.
// User names and passwords in addresses and the values of what is a secret by its name are replaced by "***".
[[nodiscard]] std::map<std::string, std::string> relevant_variables(
    std::span<const setup::Framework> frameworks, const std::map<std::string, std::string>& environment);

// The text with "***" for what stands before '@' in each address: "http://me:secret@proxy" ->
// "http://***@proxy".
[[nodiscard]] std::string without_credentials(const std::string& text);

}  // namespace assay::cli
