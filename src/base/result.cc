#include "base/result.h"

#include <cstdio>
#include <cstdlib>

namespace assay {

void check_failed(const char* condition, const char* file, int line, const std::string& message) {
  fmt::print(
      stderr,
      "assay: internal error at {}:{}: {} is false. {}\nPlease report this with the command that led here.\n",
      file, line, condition, message);
  std::abort();
}

}  // namespace assay
