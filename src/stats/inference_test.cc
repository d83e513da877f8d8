#include "stats/inference.h"

#include <gtest/gtest.h>

#include "stats/sign.h"
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

TEST(Sign, KnownAnswers) {
  std::vector<double> numbers;
  for (int i = 1; i <= 60; ++i) numbers.push_back(i);
  // Tables of the sign test: of 60 numbers the 22nd from either end.
  EXPECT_EQ(sign_interval(numbers, 0.95).low, 22);
  EXPECT_EQ(sign_interval(numbers, 0.95).high, 39);
  EXPECT_EQ(sign_interval(std::vector<double>{6, 1, 2, 3, 4, 5}, 0.95).low, 1);
  EXPECT_EQ(sign_interval(std::vector<double>(16, 1.0), 0.95).high, 1);
}

using Blocks = std::vector<std::vector<double>>;

TEST(Inference, IsStudentsOfTheBlocksMedians) {
  const Blocks alike = {{1, 2, 3, 4}, {1, 2, 3, 4}, {1, 2, 3, 4}};
  const Blocks apart = {{1, 1, 1, 90}, {}, {2.5, 2.5, 2.5, 2.5}, {4, 4, 4, -70}};
  const auto narrow = infer(alike), wide = infer(apart);
  // Blocks that agree do not make certain what scatters within them: 3rd to 10th of 12 numbers.
  EXPECT_EQ(narrow->interval.low, 1);
  EXPECT_EQ(narrow->interval.high, 4);
  EXPECT_NEAR(narrow->within, std::sqrt(5.0 / 3), 1e-12);
  EXPECT_EQ(wide->centre, 2.5);
  EXPECT_NEAR(wide->between, 1.5, 1e-12);
  // Three blocks: wider than what was seen, for the next launch may be further off.
  EXPECT_NEAR(wide->interval.low, 2.5 - kStoppingCharge * 4.3027 * 1.5 / std::sqrt(3.0), 1e-3);
  EXPECT_NEAR(wide->interval.high, 2.5 + kStoppingCharge * 4.3027 * 1.5 / std::sqrt(3.0), 1e-3);
}

TEST(Inference, ABlockThatWasCutShortWeighsLittle) {
  const std::vector<double> whole(12, 1.0);
  const auto cut = infer(Blocks{whole, whole, whole, whole, {5.0}});
  EXPECT_NEAR(cut->centre, (48 + 5) / 49.0, 1e-12);
  EXPECT_LT(cut->interval.high, 1.5);
  EXPECT_GT(infer(Blocks{whole, whole, whole, whole, std::vector<double>(12, 5.0)})->interval.high, 4);
}

TEST(Inference, FewerThanSixNumbersOrTwoBlocksGiveNone) {
  EXPECT_FALSE(infer(Blocks{{1, 2, 3}, {1, 2}}));
  EXPECT_FALSE(infer(Blocks{{1, 2, 3, 4, 5, 6, 7}}));
  EXPECT_TRUE(infer(Blocks{{1, 2, 3}, {1, 2, 3}}));
  EXPECT_FALSE(infer(Blocks{std::vector<double>(12, 1.0), {1, 2}})) << "two rounds of a second launch";
}

// The promise under the stopping rule, in a few of the machines that bench/coverage has many of. Its table in
// docs/method.md has the figures of large runs.
TEST(Coverage, EqualContestantsTieAndFivePercentIsFound) {
  const Rounds rounds;
  for (const Machine machine :
       {Machine{.between = 0.01, .within = 0.03}, Machine{.between = 0.02, .within = 0.02}}) {
    const Coverage same = coverage(machine, 1, rounds, 1000, 1);
    EXPECT_LE(same.differs, 0.05) << machine.between;
    EXPECT_GE(same.contains, 0.95) << machine.between;
    EXPECT_LE(same.half_width, rounds.target);
    const Coverage slower = coverage(machine, 1.05, rounds, 1000, 2);
    EXPECT_GE(slower.differs, 0.94) << machine.between;
    EXPECT_GE(slower.reached_target, 0.92);
  }
}

}  // namespace
}  // namespace assay::stats
