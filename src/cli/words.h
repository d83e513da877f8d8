// The words that the command line knows, read off its definition: for "did you mean" and for completion.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
class ParseError;
}  // namespace CLI

namespace assay::cli {

// The error's own text, with the nearest known names where a name is unknown.
[[nodiscard]] std::string explain(const CLI::App& app, const CLI::ParseError& error, int argc,
                                  const char* const* argv);

// Whether nothing but --resume and --json was given to `run`.
[[nodiscard]] bool only_resumes(const CLI::App& app);

// The visible commands with their visible options, each followed by those below it: "import", "import KIND".
[[nodiscard]] std::vector<CommandWords> commands_of(const CLI::App& app);

}  // namespace assay::cli
