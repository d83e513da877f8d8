// Compute types and devices are closed sets: a runner that names another one is at fault, and what it says
// goes no further.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "protocol/codec.h"

namespace assay::protocol {
namespace {

std::string reply(int id, std::string_view result) {
  return fmt::format(R"({{"assay":{},"id":{},"result":{}}})", kVersion, id, result);
}

Decoded<Reply> described(std::string_view device, std::string_view precision) {
  const std::string result = fmt::format(
      R"({{"framework":"F","version":"1","devices":[{{"name":"{}","description":""}}],"operators":[],)"
      R"("precisions":["{}"],"training":true}})",
      device, precision);
  return decode_reply(reply(1, result), {1, DescribeRequest{}});
}

Decoded<Reply> loaded(std::string_view precision) {
  const std::string result = fmt::format(R"({{"precision":"{}","threads":2}})", precision);
  return decode_reply(reply(2, result), {2, LoadRequest{}});
}

TEST(ClosedSets, ComputeTypesOfALoad) {
  for (const char* known : {"f32", "tf32", "bf16", "f16", "f64"}) EXPECT_TRUE(loaded(known)) << known;
  for (const char* other : {"banana", "int8", "F32", "f8", "f32 "}) {
    const auto refused = loaded(other);
    ASSERT_FALSE(refused) << other;
    EXPECT_NE(refused.error().find(fmt::format("unknown compute type '{}'; known are f32, tf32", other)),
              std::string::npos)
        << refused.error();
  }
}

TEST(ClosedSets, ComputeTypesOfADescription) {
  EXPECT_TRUE(described("cpu", "bf16"));
  EXPECT_FALSE(described("cpu", "q4_0"));
}

TEST(ClosedSets, DevicesOfADescription) {
  for (const char* known : {"cpu", "cuda", "cuda:1", "vulkan"}) EXPECT_TRUE(described(known, "f32")) << known;
  const auto refused = described("npu0", "f32");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().find("unknown device 'npu0'; known are cpu, cuda"), std::string::npos)
      << refused.error();
}

}  // namespace
}  // namespace assay::protocol
