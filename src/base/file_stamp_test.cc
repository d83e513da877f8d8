#include "base/file_stamp.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

namespace assay {
namespace {

namespace fs = std::filesystem;

class Stamp : public ::testing::Test {
 protected:
  Stamp() { std::ofstream(path_) << "written"; }
  ~Stamp() override {
    fs::remove(path_);
    fs::remove(other_);
  }
  // Times of change are as coarse as the kernel's tick.
  static void let_time_pass() { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }

  fs::path path_ = fs::temp_directory_path() / ("assay_stamp." + std::to_string(::getpid()));
  fs::path other_ = path_.string() + ".other";
};

TEST_F(Stamp, StaysWhileNobodyWrites) {
  const auto before = stamp_of(path_);
  ASSERT_TRUE(before);
  let_time_pass();
  settle(path_);
  EXPECT_EQ(*before, *stamp_of(path_));
}

TEST_F(Stamp, ChangesWithContentsAndWithAnotherFileInItsPlace) {
  const auto before = stamp_of(path_);
  let_time_pass();
  std::ofstream(path_, std::ios::in | std::ios::out) << "changed";
  const auto changed = stamp_of(path_);
  EXPECT_NE(*before, *changed);
  std::ofstream(other_) << "changed";
  fs::rename(other_, path_);
  EXPECT_NE(*changed, *stamp_of(path_));
}

TEST_F(Stamp, AWriteThroughAMappingIsSeenOnceTheFileIsSettled) {
  const int file = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
  auto* mapped = static_cast<char*>(::mmap(nullptr, 7, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
  ASSERT_NE(mapped, MAP_FAILED);
  mapped[0] = 'x';  // from now on the page can be written without asking the kernel
  settle(path_);
  const auto before = stamp_of(path_);
  let_time_pass();
  mapped[0] = 'y';
  settle(path_);
  EXPECT_NE(*before, *stamp_of(path_));
  ::munmap(mapped, 7);
  ::close(file);
}

TEST_F(Stamp, LinksAreRefused) {
  fs::create_hard_link(path_, other_);
  EXPECT_FALSE(stamp_of(path_));
  fs::remove(other_);
  EXPECT_TRUE(stamp_of(path_));
  fs::create_symlink(path_, other_);
  EXPECT_FALSE(stamp_of(other_));
  EXPECT_FALSE(stamp_of(path_.string() + ".none"));
}

}  // namespace
}  // namespace assay
