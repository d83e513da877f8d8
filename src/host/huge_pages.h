// Large pages for large buffers, where a system gives them on request.
#pragma once

#include <cstddef>

namespace assay::host {

// Asks for large pages behind the range, which begins at a page. Without an effect where there are none.
void prefer_huge_pages(void* begin, size_t bytes);

}  // namespace assay::host
