// The environment variables that change what Assay, its set-up and its frameworks do, fit to be shown to
// others.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace assay::cli {

// Those of `environment` ("NAME=value" texts, ended by null) that matter, sorted. User names and passwords in
// addresses and the values of what is a secret by its name are replaced by "***".
[[nodiscard]] std::vector<std::pair<std::string, std::string>> relevant_variables(
    const char* const* environment);

// The text with "***" for what stands before '@' in each address: "http://me:secret@proxy" ->
// "http://***@proxy".
[[nodiscard]] std::string without_credentials(const std::string& text);

}  // namespace assay::cli
