// What the files share in which the command line is defined: words that several commands have, and the
// commands that are not defined in arguments.cc itself.
#pragma once

#include "cli/arguments.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
class Validator;
}  // namespace CLI

namespace assay::cli {

void add_json(CLI::App& app, bool& json);
// Refuses an empty text.
[[nodiscard]] const CLI::Validator& not_empty();

void define_show(CLI::App& app, ShowArguments& show);
void define_export(CLI::App& app, ExportArguments& exported);
void define_import(CLI::App& app, ImportArguments& imported);

}  // namespace assay::cli
