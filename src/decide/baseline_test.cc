#include "decide/baseline.h"

#include <gtest/gtest.h>

namespace assay::decide {
namespace {

record::Run run_of(std::initializer_list<std::pair<const char*, const char*>> entries) {
  record::Run run;
  for (const auto& [variant, workload] : entries)
    run.entries.push_back({.contestant = {"sample", variant, "cpu", "1"}, .cell = {"m", "tiny", workload}});
  return run;
}

std::string order(const record::Run& run) {
  std::string text;
  for (const auto& entry : run.entries) text += entry.contestant.variant + "/" + entry.cell.workload + " ";
  return text;
}

TEST(Baseline, ComesFirstInEveryCellAndTheOthersKeepTheirOrder) {
  auto run = run_of({{"a", "x"}, {"b", "x"}, {"c", "x"}, {"a", "y"}, {"c", "y"}});
  ASSERT_TRUE(choose_baseline(run, "sample/c"));
  EXPECT_EQ(order(run), "c/x a/x b/x c/y a/y ");
}

TEST(Baseline, MayBeMissingInSomeCells) {
  auto run = run_of({{"a", "x"}, {"b", "x"}, {"a", "y"}});
  ASSERT_TRUE(choose_baseline(run, "sample/b@cpu"));
  EXPECT_EQ(order(run), "b/x a/x a/y ");
}

TEST(Baseline, UnknownOneIsRefusedNamingTheOthers) {
  auto run = run_of({{"a", "x"}, {"b", "x"}});
  const auto chosen = choose_baseline(run, "jax");
  ASSERT_FALSE(chosen);
  EXPECT_EQ(chosen.error().kind, ErrorKind::usage);
  EXPECT_NE(chosen.error().message.find("sample/a@cpu, sample/b@cpu"), std::string::npos);
  EXPECT_EQ(order(run), "a/x b/x ");
}

}  // namespace
}  // namespace assay::decide
