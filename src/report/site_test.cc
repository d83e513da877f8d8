#include "report/site.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace assay::report {
namespace {

using nlohmann::json;

Site site() {
  Site site{.made = "2026-01-02T03:04:05Z", .assay = "1"};
  site.machines = {{.file = "machines/a.html", .newest = "2026", .runs = 2, .results = 5},
                   {.file = "machines/b.html"}};
  site.machines[0].host.name = "host-a";
  site.machines[0].host.limits = record::Limits{};
  site.models = {{"net", "models/net.html"}, {"</script>", "models/x.html"}};
  decide::Leaders first{.ranking = record::Verdict::exact, .names = {"a/v@cpu", "b/v@cpu"}};
  first.said = stats::Comparison::not_told_apart;
  first.median_ms = 1.5;
  first.ranked = 3;
  site.cells = {{1, 0, {"net", "full", "latency", "f32"}, 4, first},
                {0, 1, {"</script>", "tiny", "inference", "f32"}, 2, {.contestants = 2}}};
  return site;
}

TEST(Site, TheIndexSaysWhoComesFirst) {
  const json index = json::parse(index_json(site()));
  EXPECT_EQ(index["machines"][0]["host"]["name"], "host-a");
  EXPECT_FALSE(index["machines"][0]["host"].contains("limits") &&
               !index["machines"][0]["host"]["limits"].is_null())
      << "a hundred readings of each machine";
  EXPECT_EQ(index["models"][1], (json{{"name", "</script>"}, {"file", "models/x.html"}}));
  const json& told = index["cells"][0];
  EXPECT_EQ(told["first"], (json{"a/v@cpu", "b/v@cpu"}));
  EXPECT_EQ(told["said"], "undecided");
  EXPECT_EQ(told["machine"], 1);
  EXPECT_EQ(told["median_ms"], 1.5);
  EXPECT_TRUE(index["cells"][1]["ranking"].is_null() && index["cells"][1]["median_ms"].is_null())
      << "nobody has a time";
  EXPECT_FALSE(index.contains("runs"));
}

TEST(Site, APageKnowsItsPlace) {
  const json place = json::parse(place_json(site(), SitePage::machine, {1}));
  EXPECT_EQ(place["page"], "machine");
  EXPECT_EQ(place["models"].size(), 1U);
  EXPECT_EQ(place["models"][0]["file"], "models/x.html");
  EXPECT_EQ(place["machines"].size(), 2U) << "each is named so that it is told from all";
  EXPECT_TRUE(place["machines"][0]["cpu_design"].is_null());
}

TEST(Site, WhatIsNoUtf8IsReplaced) {
  Site broken = site();
  broken.models[0].name = "caf\xe9";
  EXPECT_TRUE(json::accept(index_json(broken)));
  EXPECT_TRUE(json::accept(place_json(broken, SitePage::model, {0})));
}

}  // namespace
}  // namespace assay::report
