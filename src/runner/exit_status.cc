#include <fmt/format.h>

#include <array>
#include <csignal>
#include <utility>

#include "runner/process.h"

namespace assay::runner {
namespace {

struct SignalName {
  int number;
  const char* meaning;
};

// The signals that end a framework's process, in words for its user.
constexpr std::array<SignalName, 10> kSignalNames = {{
    {SIGSEGV, "segmentation fault"},
    {SIGABRT, "aborted"},
    {SIGILL, "illegal instruction: built for another processor"},
    {SIGFPE, "arithmetic error"},
    {SIGBUS, "bus error: a mapped file was cut short, or a disk or memory is full"},
    {SIGKILL, "killed from outside Assay, or by the system for lack of memory"},
    {SIGTERM, "asked to end from outside Assay"},
    {SIGINT, "interrupted"},
    {SIGSYS, "a system call that is not allowed here"},
    {SIGTRAP, "trap"},
}};

}  // namespace

std::string in_words(ExitStatus status) {
  if (!status.signalled) return fmt::format("exited with code {}", status.number);
  for (const auto& [number, meaning] : kSignalNames)
    if (number == status.number) return fmt::format("killed by signal {} ({})", number, meaning);
  return fmt::format("killed by signal {}", status.number);
}

}  // namespace assay::runner
