#include "session/least_resources.h"

#include <gtest/gtest.h>

#include "models/catalogue.h"

namespace assay::session {
namespace {

LeastResources need(std::string_view model, std::string_view workload) {
  return least_resources(models::find_model(model, "full").value().build(workload).value());
}

constexpr int64_t kGiB = int64_t{1} << 30;

TEST(LeastResources, IsOfWeightsGradientsAndValues) {
  const LeastResources training = need("sd15-unet", "training");
  EXPECT_EQ(training.weights, 4 * 859520964LL);
  EXPECT_EQ(training.gradients, 4 * 859520964LL);
  EXPECT_EQ(need("sd15-unet", "inference").gradients, 0);
  EXPECT_EQ(need("sd15-unet", "inference").values, 4 * (2 * 4 * 64 * 64 + 77 * 768 + 1));
  EXPECT_GE(training.truth, training.weights + 2 * (training.gradients + 4)) << "the loss is the only output";
}

TEST(LeastResources, AStateIsHeldBesideTheWeights) {
  const int64_t past = int64_t{2} * 30 * 3 * 128 * 64 * 4;
  EXPECT_EQ(need("smollm2-135m", "latency").weights, 4 * 134515008LL + past);
}

TEST(LeastResources, LongRequestsNeedWhatTheyHold) {
  constexpr int64_t kLogits = int64_t{4} * 4096 * 49152, kProbabilities = int64_t{4} * 30 * 9 * 4096 * 4096;
  EXPECT_EQ(need("smollm2-135m", "inference[4096]").values, kLogits + 8 * 4096);
  EXPECT_GE(need("smollm2-135m", "inference[4096]").truth, 2 * kLogits);
  EXPECT_LT(need("smollm2-135m", "inference[4096]").truth, 2 * kProbabilities)
      << "those are never held at once";
  EXPECT_GE(need("smollm2-135m", "training[4096]").truth, 2 * kProbabilities) << "gradients need them";
  EXPECT_EQ(memory_shortage(need("smollm2-135m", "inference[4096]"), 24 * kGiB, 20 * kGiB, true), "");
  EXPECT_NE(memory_shortage(need("smollm2-135m", "training[4096]"), 24 * kGiB, 20 * kGiB, true), "");
  const int64_t past = int64_t{2} * 8 * 30 * 3 * 1024 * 64 * 4;
  EXPECT_EQ(need("smollm2-135m", "latency[@1024,x8]").weights, 4 * 134515008LL + past);
}

TEST(LeastResources, WhatFitsIsNotSaid) {
  EXPECT_EQ(memory_shortage(need("sd15-unet", "training"), 24 * kGiB, 20 * kGiB, true), "");
  EXPECT_EQ(memory_shortage(need("sd15-unet", "training"), std::nullopt, std::nullopt, true), "")
      << "size not known";
}

TEST(LeastResources, WhatDoesNotFitIsSaidWithItsSize) {
  const LeastResources training = need("sd15-unet", "training");
  EXPECT_EQ(memory_shortage(training, 24 * kGiB, kGiB, true),
            "needs at least 3.44 GB for gradients, inputs and outputs; the limit is 1.07 GB");
  EXPECT_EQ(memory_shortage(training, 6 * kGiB, std::nullopt, true),
            "needs at least 6.88 GB of memory, weights 3.44 GB, gradients, inputs and outputs 3.44 GB; the "
            "machine has 6.44 GB");
  EXPECT_EQ(memory_shortage(training, 8 * kGiB, std::nullopt, true),
            "its truth in float64 needs at least 10.6 GB of memory; the machine has 8.59 GB");
}

// Another process may have the memory that the machine has.
TEST(LeastResources, ATruthThatDoesNotFitBesideTheOthersIsSaid) {
  const LeastResources training = need("sd15-unet", "training");
  EXPECT_EQ(truth_shortage(training, 8 * kGiB), "") << "weights are read from their file";
  EXPECT_EQ(truth_shortage(training, 6 * kGiB),
            "its truth in float64 needs at least 7.16 GB of memory beside the weights; 6.44 GB are free now");
}

// Weights may be mapped from their file, which a contestant's limit does not count.
TEST(LeastResources, ALimitIsOfMemoryThatIsNoFiles) {
  EXPECT_EQ(memory_shortage(need("sd15-unet", "inference"), 24 * kGiB, kGiB, true), "");
}

TEST(LeastResources, ADeviceHasMemoryOfItsOwn) {
  const LeastResources training = need("sd15-unet", "training");
  EXPECT_EQ(memory_shortage(training, 24 * kGiB, kGiB, false), "");
  EXPECT_NE(memory_shortage(training, 8 * kGiB, kGiB, false), "");
}

TEST(LeastResources, AnswersOfABlockLieOnTheDisk) {
  const LeastResources training = need("smollm2-135m", "training");
  EXPECT_EQ(disk_shortage(training, 5, 7'000'000'000), "");
  EXPECT_EQ(disk_shortage(training, 5, 4'000'000'000),
            "the answers of a block with 5 contestants need 6.46 GB on the disk; 4.00 GB are free");
}

}  // namespace
}  // namespace assay::session
