#include "setup/footprint.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"

namespace assay::setup {
namespace {

namespace fs = std::filesystem;
using record::Origin;

TEST(Footprint, KnowsWhoseCodeAFileIs) {
  const Ours ours = {{"/c/sample/venv-1", "/c/runs/home"}, {"libbridge"}};
  const std::string packages = "/c/sample/venv-1/venv/lib/python3.11/site-packages/";
  EXPECT_EQ(origin_of(packages + "sample/lib/libsample_cpu.so", ours), Origin::framework);
  EXPECT_EQ(origin_of(packages + "sample/lib/libsample_cuda.so", ours), Origin::framework);
  EXPECT_EQ(origin_of(packages + "nvidia/cu13/lib/libcublas.so.13", ours), Origin::device_runtime);
  EXPECT_EQ(origin_of("/usr/lib/x86_64-linux-gnu/libcudart.so.13", ours), Origin::device_runtime);
  EXPECT_EQ(origin_of(packages + "other/libbridge.so", ours), Origin::device_runtime) << "says its manifest";
  EXPECT_EQ(origin_of("/usr/lib/x86_64-linux-gnu/libcuda.so.1", ours), Origin::driver);
  EXPECT_EQ(origin_of("/usr/lib/x86_64-linux-gnu/dri/iris_dri.so", ours), Origin::driver);
  EXPECT_EQ(origin_of("/usr/bin/python3.11", ours), Origin::interpreter);
  EXPECT_EQ(origin_of("/usr/lib/python3.11/lib-dynload/_ssl.so", ours), Origin::interpreter);
  EXPECT_EQ(origin_of("/usr/lib/x86_64-linux-gnu/libc.so.6", ours), Origin::system);
  EXPECT_EQ(origin_of("/c/runs/home/compiled/ab/kernel.so", ours), Origin::framework) << "what it compiled";
  EXPECT_EQ(origin_of("/c/sample/venv-12/x.so", ours), Origin::system) << "another folder";
}

TEST(Footprint, OfAProgramOfItsOwnSaysHowItIsLinked) {
  const auto fixed = footprint("/c/b", "", {{"/c/b/runner", Origin::system, 5, 6}}, "/c/b/runner");
  EXPECT_EQ(fixed.linkage, "static");
  const auto dynamic = footprint(
      "/c/b", "", {{"/lib/libc.so.6", Origin::system, 5, 6}, {"/c/b/bin/runner", Origin::system, 7, 8}},
      "/c/b/bin/runner");
  EXPECT_EQ(dynamic.linkage, "dynamic");
  EXPECT_EQ(dynamic.mapped.at(0).path, "bin/runner") << "largest first, relative to the build";
  EXPECT_EQ(dynamic.mapped.at(0).origin, Origin::framework);
  EXPECT_EQ(dynamic.size(Origin::system).code_bytes, 5);
  EXPECT_EQ(footprint("/c/b", "", {}, "/usr/bin/python3.11").linkage, "")
      << "an interpreter's is not its own";
}

TEST(Footprint, NamesTheWheels) {
  const fs::path build = fs::path(testing::TempDir()) / fmt::format("footprint-{}", ::getpid());
  const fs::path packages_dir = build / "venv/lib/python3.11/site-packages";
  ASSERT_TRUE(write_file(packages_dir / "sample-2.15.0.dist-info/METADATA",
                         "Metadata-Version: 2.4\nName: sample\nVersion: 2.15.0+cpu\n\nName: not this\n"));
  ASSERT_TRUE(write_file(packages_dir / "sample-2.15.0.dist-info/WHEEL",
                         "Wheel-Version: 1.0\nTag: cp311-cp311-linux_x86_64\n"));
  ASSERT_TRUE(write_file(packages_dir / "pip-23.dist-info/METADATA", "Name: pip\nVersion: 23\n"));
  ASSERT_TRUE(write_file(packages_dir / "sample/inner.dist-info/METADATA", "Name: vendored\nVersion: 1\n"));
  const auto found = packages(build);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].name, "sample");
  EXPECT_EQ(found[0].version, "2.15.0+cpu");
  EXPECT_EQ(found[0].tag, "cp311-cp311-linux_x86_64");
  fs::remove_all(build);
}

TEST(Footprint, GroupsFilesByPackage) {
  EXPECT_EQ(package_of("venv/lib/python3.11/site-packages/sample/lib/a.so"), "sample");
  EXPECT_EQ(package_of("venv/lib/python3.11/site-packages/sample-2.15.0.dist-info/RECORD"), "sample");
  EXPECT_EQ(package_of("venv/lib/python3.11/site-packages/numpy.libs/libgfortran.so"), "numpy");
  EXPECT_EQ(package_of("bin/runner"), "bin");
}

}  // namespace
}  // namespace assay::setup
