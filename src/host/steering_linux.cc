#ifdef __linux__
#include <cstddef>

#include "host/steering_table.h"

extern char** environ;  // NOLINT: the name is POSIX's

namespace assay::host {
namespace {

// More than anyone sets; what does not fit stays where it is.
constexpr size_t kMostTaken = 64;
char* given_variables[kMostTaken];  // NOLINT: filled before any constructor could run
size_t taken_count = 0;             // NOLINT: likewise

// Nothing of the sanitizers' is there yet when these run.
#define ASSAY_EARLY __attribute__((no_sanitize("address", "undefined")))

ASSAY_EARLY bool begins(const char* text, const char* beginning) {
  while (*beginning != '\0' && *text == *beginning) {
    ++text;
    ++beginning;
  }
  return *beginning == '\0';
}

ASSAY_EARLY bool acts_on_assay(const char* variable) {
  for (size_t i = 0; i < sizeof kSteering / sizeof kSteering[0]; ++i)
    if (begins(variable, kSteering[i].beginning)) return kSteering[i].treatment == Treatment::taken;
  return false;
}

// The loader calls this when every library is mapped and none has started. getenv() looks through the same
// array, so what is moved out of it was never set.
ASSAY_EARLY void take(int /*argc*/, char** /*argv*/, char** variables) {
  char** end = variables;
  for (; *variables != nullptr; ++variables) {
    if (taken_count < kMostTaken && acts_on_assay(*variables))
      given_variables[taken_count++] = *variables;
    else
      *end++ = *variables;
  }
  *end = nullptr;
}

__attribute__((section(".preinit_array"), used)) void (*const kTake)(int, char**, char**) = &take;

void add(const char* entry, Variables& variables) {
  const std::string_view text = entry;
  const size_t equals = text.find('=');
  if (equals != std::string_view::npos)
    variables[std::string(text.substr(0, equals))] = text.substr(equals + 1);
}

}  // namespace

Variables given_environment() {
  Variables variables;
  for (size_t i = 0; i < taken_count; ++i) add(given_variables[i], variables);
  for (char** entry = environ; *entry != nullptr; ++entry) add(*entry, variables);
  return variables;
}

}  // namespace assay::host
#endif
