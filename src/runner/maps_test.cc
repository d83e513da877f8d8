#ifdef __linux__
#include <gtest/gtest.h>

#include <algorithm>

#include "runner/fake_fixture.h"
#include "runner/maps_linux.h"

namespace assay::runner {
namespace {

TEST(Maps, CountsWhatIsMappedOfFilesWithCode) {
  const auto files = code_in(
      "1000-3000 r--p 00000000 fe:01 7                          /lib/lib one.so\n"
      "3000-6000 r-xp 00002000 fe:01 7                          /lib/lib one.so\n"
      "6000-7000 rw-p 00005000 fe:01 7                          /lib/lib one.so\n"
      "8000-9000 r--s 00000000 fe:01 8                          /data/weights\n"
      "9000-a000 r-xp 00000000 00:00 0 \n"
      "a000-c000 r-xp 00000000 fe:01 9                          /lib/old.so (deleted)\n"
      "d000-e000 r-xp 00000000 00:00 0                          [vdso]\n"
      "nonsense");
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files.at("/lib/lib one.so").code_bytes, 0x3000);
  EXPECT_EQ(files.at("/lib/lib one.so").bytes, 0x5000);
  EXPECT_EQ(files.at("/lib/old.so").bytes, 0x2000);
}

TEST_F(FakeFixture, ARunnersCodeIsItsInterpreterAndItsLibraries) {
  const auto runner = start_fake("honest");
  ASSERT_TRUE(runner->describe(30));
  const Code code = runner->code();
  EXPECT_NE(code.program.find("python3"), std::string::npos) << code.program;
  ASSERT_TRUE(code.mapped.contains(code.program));
  EXPECT_GT(code.mapped.at(code.program).code_bytes, 0);
  const auto has_libc = std::ranges::any_of(
      code.mapped, [](const auto& file) { return file.first.find("libc.so") != std::string::npos; });
  EXPECT_TRUE(has_libc);
}

TEST_F(FakeFixture, ProgramsThatARunnerStartsAreSeen) {
  auto runner =
      start({.argv = {"python3", "-c",
                      "import subprocess; p = subprocess.Popen(['sleep', '1']); p.wait(); print('{}', "
                      "flush=True)"}});
  PeakSampler sampler(*runner, 0.002);
  (void)runner->describe(30);
  const auto programs = sampler.stop().programs;
  EXPECT_TRUE(programs.contains("sleep"));
  EXPECT_FALSE(programs.contains("python3")) << "its own";
}

}  // namespace
}  // namespace assay::runner
#endif
