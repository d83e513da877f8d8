#include "cli/places.h"

#include <cstdlib>

#include "base/source_tree.h"
#include "host/host.h"

namespace assay::cli {

std::filesystem::path executable() { return host::executable_path(); }

std::filesystem::path source_dir() {
  if (const char* home = std::getenv("ASSAY_HOME"); home != nullptr && *home != '\0') return home;
  return source_tree();
}

}  // namespace assay::cli
