#include "session/bf16_peak.h"

#include <gtest/gtest.h>

namespace assay::session {
namespace {

TEST(Bf16Peak, IsARateWithItsKernelOrAReason) {
  const record::Peak peak = bf16_peak(0.01);
  EXPECT_EQ(peak.precision, "bf16");
  EXPECT_TRUE(peak.source.starts_with("oneDNN")) << peak.source;
  if (peak.flop_per_s) {
    EXPECT_GT(*peak.flop_per_s, 1e8);
  }
}

}  // namespace
}  // namespace assay::session
