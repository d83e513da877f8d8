// What this system gives to keep contestants from the rest of the machine, and in words what it does not.
#pragma once

#include <string>
#include <vector>

#include "runner/runner.h"

namespace assay::runner {

// Tried out, once, with a program that does nothing.
[[nodiscard]] Isolation isolation_here();

// One line for each thing that a contestant is not kept from.
[[nodiscard]] std::vector<std::string> gaps(const Isolation& isolation);

}  // namespace assay::runner
