// `assay guard` (hidden): the process that cleans up after an assay that was killed.
#include "cli/commands.h"
#include "runner/guard.h"

namespace assay::cli {

int run(const GuardArguments& arguments) { return runner::guard(arguments.origin); }

}  // namespace assay::cli
