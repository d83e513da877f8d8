#include "setup/variables.h"

#include <gtest/gtest.h>

namespace assay::setup {
namespace {

std::vector<Framework> two_frameworks() {
  std::vector<Framework> frameworks(2);
  frameworks[0].variables_unset = {"SAMPLE_"};
  frameworks[0].variables_kept = {"SAMPLE_VISIBLE_DEVICES"};
  frameworks[1].variables_unset = {"OTHER"};
  return frameworks;
}

TEST(Variables, WhatManifestsNameIsUnsetOrKeptLikeWhatTheTableNames) {
  const host::Variables given = {{"SAMPLE_KERNELS", "1"},
                                 {"SAMPLE_VISIBLE_DEVICES", "0"},
                                 {"OTHERS", "1"},
                                 {"OMP_NUM_THREADS", "1"},
                                 {"AN_OTHER", "1"}};
  const auto result = runner_environment(two_frameworks(), given);
  EXPECT_EQ(result.unset, (std::vector<std::string>{"OMP_NUM_THREADS", "OTHERS", "SAMPLE_KERNELS"}));
  EXPECT_EQ(result.kept, (host::Variables{{"SAMPLE_VISIBLE_DEVICES", "0"}}));
}

TEST(Variables, WhatTheUserMeansIsKept) {
  const auto result = runner_environment(two_frameworks(), {{"OTHERS", "1"}}, {"OTHERS"});
  EXPECT_TRUE(result.unset.empty());
  EXPECT_EQ(result.kept, (host::Variables{{"OTHERS", "1"}}));
}

TEST(Variables, ThoseOfFrameworksSteerToo) {
  for (const char* name : {"SAMPLE_KERNELS", "SAMPLE_VISIBLE_DEVICES", "OTHERS", "OMP_NUM_THREADS"})
    EXPECT_TRUE(steers(two_frameworks(), name)) << name;
  EXPECT_FALSE(steers(two_frameworks(), "AN_OTHER"));
}

}  // namespace
}  // namespace assay::setup
