// The page cache: taking files out of it, so that a cold launch reads them from the disk, but for the pages
// that another process maps.
#pragma once

#include <filesystem>
#include <optional>
#include <span>

namespace assay::host {

// Asks the system to drop the files, and the regular files below the folders, from its page cache (links are
// not followed). Returns the share of their bytes that is out of memory afterwards, 0 to 1: pages that are
// dirty, or mapped by another process, stay. Absent where the system cannot drop or cannot tell, and when
// there is nothing to drop. About 10 us a file.
[[nodiscard]] std::optional<double> drop_from_page_cache(std::span<const std::filesystem::path> paths);

}  // namespace assay::host
