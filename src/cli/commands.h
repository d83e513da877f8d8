// The commands of the program, one a file. Each prints its result on standard output, speaks on standard
// error, and returns the exit code: 0 done, 1 a contestant is wrong, 2 usage, 3 a contestant failed, 4
// environment, 130 interrupted.
#pragma once

#include "cli/arguments.h"

namespace assay::cli {

int run(const RunArguments& arguments);
int run(const SetupArguments& arguments);
int run(const CheckArguments& arguments);
int run(const LimitsArguments& arguments);
int run(const ListArguments& arguments);
int run(const ShowArguments& arguments);
int run(const AdviseArguments& arguments);
int run(const CompareArguments& arguments);
int run(const HistoryArguments& arguments);
int run(const GateArguments& arguments);
int run(const ClaimsArguments& arguments);
int run(const ReportArguments& arguments);
int run(const GraphArguments& arguments);
int run(const MaterialsArguments& arguments);
int run(const ExportArguments& arguments);
int run(const ImportArguments& arguments);
int run(const ImportModelArguments& arguments);
int run(const ReferenceArguments& arguments);
int run(const JudgeArguments& arguments);
int run(const CleanArguments& arguments);
int run(const EnvArguments& arguments);
int run(const CompletionArguments& arguments);
int run(const CompleteArguments& arguments);
int run(const GuardArguments& arguments);

// Prints "assay: MESSAGE" on standard error and returns the exit code of the error's kind.
int report_error(const Error& error);

}  // namespace assay::cli
