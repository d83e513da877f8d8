#include "record/footprint.h"

#include <gtest/gtest.h>

namespace assay::record {
namespace {

TEST(Footprint, ReadsBackAsItWas) {
  const Footprint footprint{.build = "venv-01",
                            .packages = {{"sample", "2.15.0", "cp311"}},
                            .mapped = {{"lib/a.so", Origin::device_runtime, 5, 7}},
                            .linkage = "static",
                            .programs = {"g++", "ld"}};
  const std::string text = footprint_to_json(footprint);
  const auto read = footprint_from_json(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(footprint_to_json(*read), text);
  EXPECT_EQ(read->size(Origin::device_runtime).bytes, 7);
  EXPECT_EQ(read->packages.at(0).tag, "cp311");
}

TEST(Footprint, OfAnotherTextIsAbsent) {
  for (const char* other :
       {"", "{}", "[]", R"({"build": "", "linkage": "", "programs": [1], "packages": [], "mapped": []})",
        R"({"build": "", "linkage": "", "programs": [], "packages": [{"name": "a"}], "mapped": []})"})
    EXPECT_FALSE(footprint_from_json(other)) << other;
}

}  // namespace
}  // namespace assay::record
