// What a run and its results say of themselves, in and out of the store.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <limits>

#include "store/store.h"

namespace assay::store {
namespace {

namespace fs = std::filesystem;

class Described : public testing::Test {
 protected:
  Described() : path_(fs::temp_directory_path() / fmt::format("assay_described_test.{}.db", ::getpid())) {
    fs::remove(path_);
    run_.id = "20260101-000000-abcd";
    run_.started = "2026-01-01T00:00:00Z";
  }
  ~Described() override {
    for (const char* ending : {"", "-wal", "-shm"}) fs::remove(path_.string() + ending);
  }
  record::Run stored() { return open_sqlite(path_).value()->load(run_.id).value(); }

  fs::path path_;
  record::Run run_;
  record::Cell cell_{"m", "tiny", "inference", "f32"};
};

TEST_F(Described, ARunHasItsLabelItsRevisionAndItsClock) {
  run_.label = "before the update";
  run_.revision = "0123456789ab";
  run_.clock = record::ClockAnchor{12, 1'767'225'600'000'000'000};
  ASSERT_TRUE(open_sqlite(path_).value()->begin(run_));
  EXPECT_EQ(stored().label, run_.label);
  EXPECT_EQ(stored().revision, run_.revision);
  EXPECT_EQ(stored().clock, run_.clock);
}

TEST_F(Described, WhatARunHasNotIsAbsent) {
  ASSERT_TRUE(open_sqlite(path_).value()->begin(run_));
  EXPECT_FALSE(stored().label || stored().revision || stored().clock);
}

TEST_F(Described, AResultHasWhatItsRunnerSaysAndTheLargestErrorOfEachTensor) {
  auto store = open_sqlite(path_).value();
  ASSERT_TRUE(store->begin(run_));
  const auto key = store->add_result(run_.id, {"sample", "v", "cpu", "1"}, cell_).value();
  const record::RunnerDescription runner{"Sample", "a CPU", 3, "in a hurry", {{"wheel", "1.0+cpu"}}};
  ASSERT_TRUE(store->append(key, runner));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  ASSERT_TRUE(store->append(key, record::TensorErrors{{"b", 1e-7, 2e-7, 1.25}, {"a \"quoted\"", nan, 1, 2}}));
  ASSERT_TRUE(store->append(key, record::TensorErrors{{"b", 0.5e-7, 3e-7, 0.5}}));
  const auto result = stored().results.at(0);
  EXPECT_EQ(result.runner, runner);
  ASSERT_EQ(result.tensor_errors.size(), 2U);
  EXPECT_EQ(result.tensor_errors[0], (record::TensorError{"b", 1e-7, 3e-7, 1.25}));
  EXPECT_EQ(result.tensor_errors[1].tensor, "a \"quoted\"");
  EXPECT_TRUE(std::isnan(result.tensor_errors[1].rel_l2));
}

TEST_F(Described, ACellThatWasLeftOutIsToldUntilItWasMeasured) {
  auto store = open_sqlite(path_).value();
  ASSERT_TRUE(store->begin(run_));
  ASSERT_TRUE(store->append(run_.id, record::CellFault{cell_, "no room"}));
  ASSERT_TRUE(store->append(run_.id, record::CellFault{cell_, "still no room"}));
  ASSERT_EQ(stored().faults.size(), 1U);
  EXPECT_EQ(stored().faults[0].reason, "still no room");
  const auto key = store->add_result(run_.id, {"sample", "v", "cpu", "1"}, cell_).value();
  ASSERT_TRUE(store->append(key, record::Completed{}));
  EXPECT_TRUE(stored().faults.empty());
}

}  // namespace
}  // namespace assay::store
