#include "stats/inference.h"

#include <gtest/gtest.h>

#include "stats/simulated_launches.h"
#include "stats/student.h"

namespace assay::stats {
namespace {

// Tables of any textbook.
TEST(Student, KnownQuantiles) {
  EXPECT_NEAR(student_t(0.95, 1), 12.7062, 1e-4);
  EXPECT_NEAR(student_t(0.95, 4), 2.7764, 1e-4);
  EXPECT_NEAR(student_t(0.99, 10), 3.1693, 1e-4);
  EXPECT_NEAR(student_t(0.95, 1e6), 1.95997, 1e-4);
  EXPECT_NEAR(student_p(2.7764451, 4), 0.05, 1e-7);
  EXPECT_EQ(student_p(0, 3), 1);
}

using Blocks = std::vector<std::vector<double>>;

TEST(Bootstrap, OfOneValueIsThatValue) {
  const auto medians = resampled_medians(Blocks{{3, 3}, {}, {3}}, 1, 50);
  EXPECT_EQ(medians.front(), 3);
  EXPECT_EQ(medians.back(), 3);
}

TEST(Inference, BlocksThatDifferWidenIt) {
  const Blocks alike = {{1, 2, 3, 4}, {1, 2, 3, 4}, {1, 2, 3, 4}};
  const Blocks apart = {{1, 1, 1, 1}, {2.5, 2.5, 2.5, 2.5}, {4, 4, 4, 4}};
  const auto narrow = infer(alike, 1), wide = infer(apart, 1);
  EXPECT_GT(narrow->interval.low, 1.0);
  // Student's t of three blocks is wider than what was seen: the next launch may be further off.
  EXPECT_NEAR(wide->interval.low, 2.5 - kStoppingCharge * 4.3027 * 1.5 / std::sqrt(3.0), 1e-3);
  EXPECT_GT(wide->between, narrow->between);
  EXPECT_GT(narrow->within, wide->within);
}

TEST(Inference, PIsSmallWhenZeroIsFarOff) {
  const Blocks away = {{0.05, 0.06, 0.055}, {0.05, 0.052, 0.06}, {0.049, 0.05, 0.053}, {0.05, 0.051, 0.05}};
  EXPECT_LT(infer(away, 1)->p, 0.002);
  const Blocks around = {{-0.01, 0.01, 0.0}, {0.02, -0.01, 0.01}, {-0.02, 0.0, 0.01}, {0.01, -0.02, 0.0}};
  EXPECT_GT(infer(around, 1)->p, 0.5);
}

TEST(Inference, FewerThanSixNumbersOrTwoBlocksGiveNone) {
  EXPECT_FALSE(infer(Blocks{{1, 2, 3}, {1, 2}}, 1));
  EXPECT_FALSE(infer(Blocks{{1, 2, 3, 4, 5, 6, 7}}, 1));
  EXPECT_TRUE(infer(Blocks{{1, 2, 3}, {1, 2, 3}}, 1));
}

// The promise under the stopping rule, in a few of the machines that bench/coverage has many of. Its table in
// docs/method.md has the figures of large runs.
TEST(Coverage, EqualContestantsTieAndFivePercentIsFound) {
  const Rounds rounds{.resamples = 300};
  for (const Machine machine :
       {Machine{.between = 0.01, .within = 0.03}, Machine{.between = 0.02, .within = 0.02}}) {
    const Coverage same = coverage(machine, 1, rounds, 200, 1);
    EXPECT_LE(same.differs, 0.05) << machine.between;
    EXPECT_GE(same.contains, 0.95) << machine.between;
    EXPECT_LE(same.half_width, rounds.target);
    const Coverage slower = coverage(machine, 1.05, rounds, 200, 2);
    EXPECT_GE(slower.differs, 0.94) << machine.between;
    EXPECT_GE(slower.settled, 0.95);
  }
}

}  // namespace
}  // namespace assay::stats
