// The options of the commands that answer from what is stored.
#pragma once

#include "cli/arguments.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}  // namespace CLI

namespace assay::cli {

void define_show(CLI::App& app, ShowArguments& show);
void define_advise(CLI::App& app, AdviseArguments& advise);
void define_compare(CLI::App& app, CompareArguments& compare);
void define_history(CLI::App& app, HistoryArguments& history);
void define_gate(CLI::App& app, GateArguments& gate);
void define_claims(CLI::App& app, ClaimsArguments& claims);
void define_report(CLI::App& app, ReportArguments& report);
void define_export(CLI::App& app, ExportArguments& exported);

}  // namespace assay::cli
