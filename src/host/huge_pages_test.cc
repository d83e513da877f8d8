#include "host/huge_pages.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <new>
#include <string>

namespace assay::host {
namespace {

constexpr size_t kBytes = size_t{16} << 20;

TEST(HugePages, AreReadBackWhereTheyWereGiven) {
  const std::align_val_t alignment{size_t{2} << 20};
  void* const memory = ::operator new(kBytes, alignment);
  prefer_huge_pages(memory, kBytes);
  std::memset(memory, 1, kBytes);
  collapse_to_huge_pages(memory, kBytes);
  const auto large = bytes_in_huge_pages(memory, kBytes);
  std::string enabled;
  std::getline(std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled"), enabled);
  if (large) {
    EXPECT_LE(*large, static_cast<int64_t>(kBytes));
    if (enabled.find("[madvise]") != std::string::npos || enabled.find("[always]") != std::string::npos) {
      EXPECT_GT(*large, 0);
    }
  }
  ::operator delete(memory, alignment);
}

TEST(HugePages, SmallPagesAreNone) {
  static std::byte small[1 << 14];
  std::memset(small, 1, sizeof small);
  EXPECT_EQ(bytes_in_huge_pages(small, sizeof small).value_or(0), 0);
}

}  // namespace
}  // namespace assay::host
