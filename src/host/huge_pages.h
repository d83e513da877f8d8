// Large pages for large buffers, where a system gives them on request, and whether it did.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace assay::host {

// Asks for large pages behind the range, which begins at a page. Without an effect where there are none.
void prefer_huge_pages(void* begin, size_t bytes);

// Asks for them once more, now that the range has been touched: what small pages lie there are replaced where
// the system can do that at once.
void collapse_to_huge_pages(void* begin, size_t bytes);

// How much of the range surely lies in large pages; absent where the system does not tell. It tells of whole
// mappings, so what a neighbour in the same one may hold is left out.
[[nodiscard]] std::optional<int64_t> bytes_in_huge_pages(const void* begin, size_t bytes);

}  // namespace assay::host
