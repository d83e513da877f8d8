#include "decide/baseline.h"

#include <gtest/gtest.h>

namespace assay::decide {
namespace {

record::Run run_of(std::initializer_list<std::pair<const char*, const char*>> entries) {
  record::Run run;
  for (const auto& [variant, workload] : entries)
    run.results.push_back({.contestant = {"sample", variant, "cpu", "1"}, .cell = {"m", "tiny", workload}});
  return run;
}

TEST(Baseline, MayBeNamedInPartAndMissingInSomeCells) {
  const auto run = run_of({{"a", "x"}, {"b", "x"}, {"a", "y"}});
  for (const char* name : {"sample", "sample/b", "sample/b@cpu"})
    EXPECT_TRUE(check_baseline(run, name)) << name;
}

TEST(Baseline, UnknownOneIsRefusedNamingTheOthers) {
  const auto run = run_of({{"a", "x"}, {"b", "x"}});
  const auto chosen = check_baseline(run, "nobody");
  ASSERT_FALSE(chosen);
  EXPECT_EQ(chosen.error().kind, ErrorKind::usage);
  EXPECT_NE(chosen.error().message.find("sample/a@cpu, sample/b@cpu"), std::string::npos);
}

}  // namespace
}  // namespace assay::decide
