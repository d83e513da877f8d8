#include "report/notes.h"

#include <gtest/gtest.h>

namespace assay::report {
namespace {

using Notes = std::vector<std::string>;

TEST(Notes, AnUndisturbedMachineNeedsNone) {
  record::Run run;
  run.host.core_groups = {{.kind = "performance", .cpus = {0, 1}, .governor = "performance"}};
  EXPECT_EQ(notes(run), Notes());
  EXPECT_EQ(notes(run.host), Notes());
}

TEST(Notes, WhatMakesClocksVaryIsSaid) {
  record::Run run;
  run.host.quota_cpus = 0.5;
  run.host.thermal_events = 7;
  run.host.core_groups = {{.kind = "performance", .cpus = {0}, .governor = "powersave"},
                          {.kind = "performance", .node = 1, .cpus = {1}, .governor = "powersave"}};
  EXPECT_EQ(notes(run.host),
            (Notes{"the CPUs' frequency governor is powersave, not performance: clocks may vary",
                   "a control group allows 0.5 CPUs' time: beyond it everything stands still",
                   "heat has slowed cores 7 times since the machine was started"}));
  record::ContestantResult entry;
  entry.visits = {{.surroundings = {.throttled = 2, .thermal_events = 0}},
                  {.surroundings = {.throttled = 0, .thermal_events = 1}},
                  {.surroundings = {.throttled = 1}}};
  run.results = {entry};
  EXPECT_EQ(notes(run), (Notes{"the CPUs' frequency governor is powersave, not performance: clocks may vary",
                               "the quota of 0.5 CPUs stopped contestants in 2 of 3 visits",
                               "heat slowed cores in 1 of 3 visits"}));
}

TEST(Notes, WhatReachedTheRunnersIsSaid) {
  record::Run run;
  run.kept_environment = {{"OMP_PLACES", "cores"}};
  run.unset_environment = {"MKL_NUM_THREADS", "OMP_NUM_THREADS"};
  EXPECT_EQ(notes(run),
            (Notes{"runners got OMP_PLACES=cores from the environment",
                   "runners did without MKL_NUM_THREADS, OMP_NUM_THREADS, which steer frameworks; --keep-env "
                   "passes one on"}));
}

TEST(Notes, AnAffinityWiderThanGivenIsSaid) {
  record::Run run;
  run.cpus = {0};
  record::ContestantResult held, wide;
  held.visits = {{.surroundings = {.cpus = 1}}};
  wide.contestant = {.framework = "fake", .variant = "wide", .device = "cpu"};
  wide.cell.workload = "inference";
  wide.visits = {{.surroundings = {.cpus = 1}}, {.surroundings = {.cpus = 2}}};
  run.results = {held, wide};
  EXPECT_EQ(notes(run), Notes{"fake/wide@cpu inference: threads could run on 2 CPUs where 1 was given"});
}

TEST(Notes, CoresInWords) {
  record::Host host;
  host.core_groups = {{.kind = "performance", .node = 0, .cpus = {0, 2}, .mhz = 2400, .highest_mhz = 3700},
                      {.kind = "efficiency", .node = 0, .cpus = {4}}};
  EXPECT_EQ(core_groups_text(host),
            "2 performance CPUs on NUMA node 0, 2.4 GHz now, at most 3.7 GHz; 1 efficiency "
            "CPU on NUMA node 0");
}

}  // namespace
}  // namespace assay::report
