#include "record/request.h"

#include <gtest/gtest.h>

namespace assay::record {
namespace {

std::string normal(std::string_view text) {
  const auto parsed = parse_workload(text);
  return parsed ? to_string(*parsed) : parsed.error().message;
}

TEST(Request, AllSizesHaveOneNormalForm) {
  EXPECT_EQ(normal("inference"), "inference");
  EXPECT_EQ(normal("inference[512]"), "inference[512]");
  EXPECT_EQ(normal("latency[x8,@4096]"), "latency[@4096,x8]");
  EXPECT_EQ(normal("inference[x2,224px]"), "inference[224px,x2]");
  EXPECT_EQ(normal("generate[x2,+64,512]"), "generate[512,+64,x2]");
  EXPECT_EQ(normal("inference[64lat]"), "inference[64lat]");
  EXPECT_EQ(normal("inference[x2,10s,7]"), "inference[7,10s,x2]");
}

TEST(Request, ASizeIsReadAsWhatItIs) {
  const auto parsed = parse_workload("latency[@4096,x8]");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->kind, "latency");
  EXPECT_EQ(parsed->request, (Request{{Dimension::context, 4096}, {Dimension::batch, 8}}));
}

TEST(Request, WhatIsNoSizeIsNamed) {
  EXPECT_EQ(normal("inference[5q]"),
            "'inference[5q]': '5q' is no size of a request; sizes look like 4 (tokens), @4 (context), +4 "
            "(new-tokens), 4px (image), 4lat (latent), 4s (seconds), x4 (batch)");
  EXPECT_EQ(normal("inference[512,7]"), "'inference[512,7]': tokens comes twice");
  EXPECT_EQ(normal("inference[512"), "'inference[512': a ']' is missing at its end");
}

TEST(Request, NumbersArePlainAndBounded) {
  for (const char* text :
       {"inference[]", "inference[0]", "inference[-1]", "inference[+0]", "inference[+]", "inference[++1]",
        "inference[007]", "inference[1.5]", "inference[x]", "inference[@]", "inference[1,]",
        "inference[1000000001]", "inference[99999999999999999999]", "inference[ 1]"})
    EXPECT_FALSE(parse_workload(text)) << text;
  EXPECT_TRUE(parse_workload("inference[1000000000]"));
}

TEST(Request, AFilterIsAKindOrOneRequest) {
  EXPECT_TRUE(matches("latency[@4096]", "latency"));
  EXPECT_TRUE(matches("latency", "latency"));
  EXPECT_TRUE(matches("latency[@4096]", "latency[@4096]"));
  EXPECT_FALSE(matches("latency", "latency[@4096]"));
  EXPECT_FALSE(matches("latency[@1024]", "latency[@4096]"));
  EXPECT_FALSE(matches("training", "latency"));
}

}  // namespace
}  // namespace assay::record
