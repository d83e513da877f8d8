#include "limits/onednn_product.h"

#include <gtest/gtest.h>

namespace assay::limits {
namespace {

TEST(OnednnProduct, IsARateWithItsKernelOrAReason) {
  for (const char* precision : {"f32", "bf16"}) {
    const record::Product product = onednn_product(precision, 0.01);
    EXPECT_EQ(product.library, "oneDNN");
    EXPECT_TRUE(product.source.starts_with("oneDNN")) << product.source;
    if (product.flop_per_s) {
      EXPECT_GT(*product.flop_per_s, 1e8) << precision;
    }
  }
}

}  // namespace
}  // namespace assay::limits
