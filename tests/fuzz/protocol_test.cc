// Lines from a runner, mutated: each is decoded or refused in words, quickly and in little memory. What is
// decoded reads back as itself.
#include <gtest/gtest.h>

#include "mutator.h"
#include "protocol/codec.h"
#include "samples.h"
#include "watch.h"

namespace assay::fuzz {
namespace {

using protocol::Reply;
using protocol::Request;

std::string line_of(std::string encoded) {
  encoded.pop_back();  // the newline
  return encoded;
}

TEST(FuzzProtocol, RepliesAreDecodedOrRefused) {
  const auto calls = one_of_each<protocol::Call>();
  const auto results = one_of_each<protocol::Result>();
  ASSERT_EQ(calls.size(), results.size());
  size_t decoded = 0;
  for (uint64_t input = 0; input < inputs(); ++input) {
    begin(input);
    Mutator mutator(input);
    const size_t kind = mutator.random().below(calls.size());
    const Request request{7, calls[kind]};
    const bool fails = mutator.random().below(4) == 0;
    const std::string line = mutator(line_of(encode(fails ? Reply{7, failure()} : Reply{7, results[kind]})));
    const auto reply = decode_reply(line, request);
    if (reply) {
      ++decoded;
      EXPECT_EQ(reply->id, 7);
      EXPECT_TRUE(decode_reply(line_of(encode(*reply)), request)) << input;
    } else {
      EXPECT_FALSE(reply.error().empty()) << input;
      EXPECT_LT(reply.error().size(), 10'000U) << input;
    }
    end();
  }
  EXPECT_GT(decoded, 0U) << "every mutant is refused: they do not reach the fields";
  EXPECT_LT(peak_bytes(), kMostBytes);
}

TEST(FuzzProtocol, RequestsAreDecodedOrRefused) {
  const auto calls = one_of_each<protocol::Call>();
  for (uint64_t input = 0; input < inputs(); ++input) {
    begin(input);
    Mutator mutator(input);
    const std::string line =
        mutator(line_of(encode(Request{7, calls[mutator.random().below(calls.size())]})));
    const auto request = protocol::decode_request(line);
    if (request) {
      EXPECT_TRUE(protocol::decode_request(line_of(encode(*request)))) << input;
    } else {
      EXPECT_FALSE(request.error().empty()) << input;
    }
    (void)protocol::request_id(line);
    end();
  }
  EXPECT_LT(peak_bytes(), kMostBytes);
}

}  // namespace
}  // namespace assay::fuzz
