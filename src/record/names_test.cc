// The closed sets of the protocol: compute types and devices.
#include <gtest/gtest.h>

#include "record/compute_type.h"
#include "record/device.h"

namespace assay::record {
namespace {

TEST(ComputeType, HasNamesBothWaysAndNoOthers) {
  for (const auto type :
       {ComputeType::f32, ComputeType::tf32, ComputeType::bf16, ComputeType::f16, ComputeType::f64})
    EXPECT_EQ(compute_type_from_name(name(type)), type);
  for (const char* other : {"", "F32", "f8", "int8", "banana", "f32 "})
    EXPECT_FALSE(compute_type_from_name(other)) << other;
  EXPECT_EQ(compute_type_names(), "f32, tf32, bf16, f16, f64");
}

TEST(ComputeType, OnlyWhatRoundsMoreCoarselyIsReduced) {
  EXPECT_FALSE(is_reduced(ComputeType::f32) || is_reduced(ComputeType::f64));
  EXPECT_TRUE(is_reduced(ComputeType::tf32) && is_reduced(ComputeType::bf16) && is_reduced(ComputeType::f16));
}

TEST(Device, IsAKnownKindPerhapsWithAnIndex) {
  for (const char* known : {"cpu", "cuda", "cuda:0", "rocm:12", "metal", "xpu", "vulkan", "directml"})
    EXPECT_TRUE(is_device(known)) << known;
  for (const char* other : {"", "npu", "npu0", "cuda0", "cuda:", "cuda:-1", "cuda:01", "cuda:1234", "cuda:1x",
                            "CPU", "cpu:0", "cpu ", "vulkan/cpu"})
    EXPECT_FALSE(is_device(other)) << other;
  EXPECT_EQ(device_kind("cuda:1"), "cuda");
  EXPECT_EQ(device_kind("cpu"), "cpu");
}

TEST(Device, MayHaveANumberOfThreadsOfItsOwn) {
  EXPECT_EQ(with_threads("cpu", 2), "cpu-2t");
  EXPECT_EQ(threads_of("cpu-2t"), 2);
  EXPECT_EQ(threads_of("cpu-128t"), 128);
  EXPECT_EQ(without_threads("cpu-2t"), "cpu");
  for (const char* other :
       {"cpu", "cpu-0t", "cpu-02t", "cpu-t", "cpu-2", "cuda-2t", "cpu--1t", "cuda:1", ""}) {
    EXPECT_EQ(threads_of(other), std::nullopt) << other;
    EXPECT_EQ(without_threads(other), other);
  }
  EXPECT_FALSE(is_device("cpu-2t")) << "no framework has it by itself";
}

TEST(Device, ThatIsUnknownIsToldWithTheKnownOnes) {
  EXPECT_EQ(unknown_device("npu0").substr(0, 38), "unknown device 'npu0'; known are cpu, ");
  EXPECT_EQ(unknown_device("\033[2J").find('\033'), std::string::npos);
}

}  // namespace
}  // namespace assay::record
