#include <cstdio>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace assay::cli {

// All nodes that a framework lacks may be in it.
constexpr size_t kMostMessageBytes = size_t{1} << 20;

int report_error(const Error& error) {
  print_error("assay: {}\n", sanitised(error.message, kMostMessageBytes));
  return error.kind == ErrorKind::usage ? 2 : 4;
}

}  // namespace assay::cli
