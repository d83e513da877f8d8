#include <cstdio>

#include "cli/commands.h"

namespace assay::cli {

int report_error(const Error& error) {
  fmt::print(stderr, "assay: {}\n", error.message);
  return error.kind == ErrorKind::usage ? 2 : 4;
}

}  // namespace assay::cli
