// Where the program finds itself and the files it was built from: frameworks/ and sdk/.
#pragma once

#include <filesystem>

namespace assay::cli {

// This executable, for child processes of itself.
[[nodiscard]] std::filesystem::path executable();

// The source tree: $ASSAY_HOME, else the folder the program was built from.
[[nodiscard]] std::filesystem::path source_dir();

}  // namespace assay::cli
