# Writes the revision of the sources, "0123456789ab" or "0123456789ab+changes", to OUTPUT where it is another one
# now; empty when they are no checkout. Run at every build: -D SOURCE_DIR=... -D OUTPUT=...
execute_process(COMMAND git -C "${SOURCE_DIR}" rev-parse --short=12 HEAD
  OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(revision "")
else()
  execute_process(COMMAND git -C "${SOURCE_DIR}" diff --quiet HEAD -- src sdk frameworks RESULT_VARIABLE changed ERROR_QUIET)
  if(changed)
    string(APPEND revision "+changes")
  endif()
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" @ONLY CONTENT [[
#include "cli/revision.h"

std::optional<std::string> assay::cli::revision() {
  const std::string text = "@revision@";
  return text.empty() ? std::nullopt : std::optional(text);
}
]])
