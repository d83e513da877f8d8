// What a runner may open, and whom it may signal: rules that the kernel keeps for a process and all its
// descendants (Landlock), of whatever the running kernel knows. Files need version 2 of it (Linux 5.19),
// their lengths version 3 (Linux
// 6.2), signals and abstract sockets version 6 (Linux 6.12). landlock_linux.cc.
#pragma once

#include <optional>

#include "runner/descriptor.h"
#include "runner/runner.h"

namespace assay::runner {

// What this system can keep.
[[nodiscard]] bool rules_files();
[[nodiscard]] bool rules_lengths();
[[nodiscard]] bool scopes_signals();

// The rules for a runner, made in the core. Negative: there are none to keep.
[[nodiscard]] Descriptor landlock_rules(const std::optional<Access>& access);

// Puts this process under the rules, for ever; in a child before it executes its program, so only with calls
// that are allowed there. `own_proc`: /proc is not the one that the core saw.
[[nodiscard]] bool restrict_self(int rules, bool own_proc);

}  // namespace assay::runner
