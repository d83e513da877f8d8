#include "record/machine_words.h"

#include <gtest/gtest.h>

namespace assay::record {
namespace {

std::string words(std::vector<std::string> gpus) {
  Host host;
  host.cpu = "A CPU";
  host.gpus = std::move(gpus);
  return machine_words(host);
}

TEST(MachineWords, GpusAreNamedBehindTheProcessor) {
  EXPECT_EQ(words({}), "A CPU");
  EXPECT_EQ(words({"a GPU"}), "A CPU with a GPU");
  EXPECT_EQ(words({"a GPU", "another", "a GPU"}), "A CPU with a GPU x 2, another");
}

}  // namespace
}  // namespace assay::record
