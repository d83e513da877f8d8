// Ctrl-C: the first one asks the run to end cleanly, the second ends the program.
#pragma once

#include <atomic>

namespace assay::cli {

// Set by SIGINT, SIGTERM or SIGHUP once catch_interrupts() was called.
[[nodiscard]] std::atomic<bool>& interrupted();
void catch_interrupts();

}  // namespace assay::cli
