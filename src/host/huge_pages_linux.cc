#ifdef __linux__
#include <sys/mman.h>

#include "host/huge_pages.h"

namespace assay::host {

void prefer_huge_pages(void* begin, size_t bytes) { (void)::madvise(begin, bytes, MADV_HUGEPAGE); }

}  // namespace assay::host
#endif
