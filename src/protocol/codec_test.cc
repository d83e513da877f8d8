#include "protocol/codec.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace assay::protocol {
namespace {

Request steps_of(int count) { return {7, StepsRequest{count}}; }

std::string without_newline(std::string line) {
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  line.pop_back();
  return line;
}

LoadRequest full_load() {
  return {.graph = "/g.json",
          .weights = "/w.safetensors",
          .state = "/s.safetensors",
          .onnx = std::nullopt,
          .gguf = "/m.gguf",
          .gradients = true,
          .variant = "eager",
          .device = "cpu",
          .precision = "f32",
          .threads = 2,
          .cache = "/cache"};
}

TEST(Codec, RequestsComeBackAsTheyWere) {
  const auto load = decode_request(without_newline(encode(Request{2, full_load()})));
  ASSERT_TRUE(load) << load.error();
  EXPECT_EQ(load->id, 2);
  const auto& got = std::get<LoadRequest>(load->call);
  EXPECT_EQ(got.graph, "/g.json");
  EXPECT_EQ(got.state, "/s.safetensors");
  EXPECT_EQ(got.onnx, std::nullopt);
  EXPECT_EQ(got.gguf, "/m.gguf");
  EXPECT_TRUE(got.gradients);
  EXPECT_EQ(got.threads, 2);

  const auto steps = decode_request(without_newline(encode(Request{3, StepsRequest{3}})));
  ASSERT_TRUE(steps) << steps.error();
  EXPECT_EQ(std::get<StepsRequest>(steps->call).count, 3);

  const auto inputs = decode_request(without_newline(encode(Request{3, InputsRequest{"/i", 40}})));
  ASSERT_TRUE(inputs) << inputs.error();
  EXPECT_EQ(std::get<InputsRequest>(inputs->call).path, "/i");
  EXPECT_EQ(std::get<InputsRequest>(inputs->call).sets, 40);
}

TEST(Codec, TheGraphsOfARequestAreSaidOnlyWhereThereAreSome) {
  EXPECT_EQ(encode(Request{2, full_load()}).find("generation"), std::string::npos);
  LoadRequest load = full_load();
  load.generation = Generation{.prefill = "/p.json",
                               .decode = "/d.json",
                               .prefill_onnx = "/p.onnx",
                               .decode_onnx = std::nullopt,
                               .decodes = 31};
  const auto back = decode_request(without_newline(encode(Request{2, load})));
  ASSERT_TRUE(back) << back.error();
  const auto& parts = std::get<LoadRequest>(back->call).generation;
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->decode, "/d.json");
  EXPECT_EQ(parts->prefill_onnx, "/p.onnx");
  EXPECT_EQ(parts->decode_onnx, std::nullopt);
  EXPECT_EQ(parts->decodes, 31);
}

TEST(Codec, AUsersOwnFileIsSaidOnlyWhereThereIsOne) {
  EXPECT_EQ(encode(Request{2, full_load()}).find("original"), std::string::npos);
  LoadRequest load = full_load();
  load.original = "/own.onnx";
  load.fixed = "/fixed.safetensors";
  const auto back = decode_request(without_newline(encode(Request{2, load})));
  ASSERT_TRUE(back) << back.error();
  EXPECT_EQ(std::get<LoadRequest>(back->call).original, "/own.onnx");
  EXPECT_EQ(std::get<LoadRequest>(back->call).fixed, "/fixed.safetensors");
}

TEST(Codec, EveryMethodHasItsNameAndComesBack) {
  const std::vector<Call> calls = {DescribeRequest{}, full_load(),          InputsRequest{"/i", 1},
                                   StepsRequest{1},   OutputsRequest{"/o"}, CloseRequest{}};
  const std::vector<std::string> names = {"describe", "load", "inputs", "steps", "outputs", "close"};
  for (size_t i = 0; i < calls.size(); ++i) {
    EXPECT_EQ(method(calls[i]), names[i]);
    const auto back = decode_request(without_newline(encode(Request{1, calls[i]})));
    ASSERT_TRUE(back) << back.error();
    EXPECT_EQ(back->call.index(), i);
  }
}

TEST(Codec, RepliesComeBackAsTheyWere) {
  const Description description{.framework = "Sample",
                                .version = "2.15.0",
                                .devices = {{"cpu", "a processor"}},
                                .operators = {"Add"},
                                .precisions = {"f32"},
                                .training = true,
                                .details = {{"wheel", "cpu"}}};
  const auto back = decode_reply(without_newline(encode(Reply{1, description})), {1, DescribeRequest{}});
  ASSERT_TRUE(back) << back.error();
  const auto& got = std::get<Description>(std::get<Result>(back->answer));
  EXPECT_EQ(got.framework, "Sample");
  EXPECT_EQ(got.devices.at(0).description, "a processor");
  EXPECT_EQ(got.details.at("wheel"), "cpu");

  const auto samples = decode_reply(without_newline(encode(Reply{7, Samples{{5, 6}}})), steps_of(2));
  ASSERT_TRUE(samples) << samples.error();
  EXPECT_EQ(std::get<Samples>(std::get<Result>(samples->answer)).samples_ns, (std::vector<int64_t>{5, 6}));
  EXPECT_TRUE(std::get<Samples>(std::get<Result>(samples->answer)).parts_ns.empty());

  const auto parts =
      decode_reply(without_newline(encode(Reply{7, Samples{{5, 6}, {2, 3, 1, 4}}})), steps_of(2));
  ASSERT_TRUE(parts) << parts.error();
  EXPECT_EQ(std::get<Samples>(std::get<Result>(parts->answer)).parts_ns, (std::vector<int64_t>{2, 3, 1, 4}));
}

TEST(Codec, FailureComesBackWithAllNodes) {
  record::Failure failure{record::Outcome::unsupported,
                          record::Reason::op,
                          "no",
                          {{"n1", "Conv", "2d only"}, {"n2", "Gelu", ""}},
                          ""};
  const auto back = decode_reply(without_newline(encode(Reply{2, failure})), {2, full_load()});
  ASSERT_TRUE(back) << back.error();
  const auto& got = std::get<record::Failure>(back->answer);
  EXPECT_EQ(got.outcome, record::Outcome::unsupported);
  EXPECT_EQ(got.reason, record::Reason::op);
  ASSERT_EQ(got.nodes.size(), 2U);
  EXPECT_EQ(got.nodes[1].op, "Gelu");
}

TEST(Codec, FieldsThatMayBeLeftOut) {
  EXPECT_TRUE(
      decode_reply(R"({"assay":2,"id":2,"result":{"precision":"f32","threads":2}})", {2, full_load()}));
  EXPECT_TRUE(
      decode_reply(R"({"assay":2,"id":2,"error":{"outcome":"failed","message":"m"}})", {2, full_load()}));
  EXPECT_TRUE(decode_request(R"({"assay":2,"id":2,"method":"close"})"));
}

TEST(Codec, TextsAreSanitisedAndCut) {
  const std::string line =
      "{\"assay\":2,\"id\":2,\"error\":{\"outcome\":\"failed\",\"message\":\"\\u001b[31mred\\u0000" +
      std::string(9000, 'x') + "\"}}";
  const auto reply = decode_reply(line, {2, full_load()});
  ASSERT_TRUE(reply) << reply.error();
  const std::string& message = std::get<record::Failure>(reply->answer).message;
  EXPECT_EQ(message.substr(0, 9), "?[31mred?");
  EXPECT_LT(message.size(), 4200U);
}

TEST(Codec, TextThatIsNotUtf8IsStillEncoded) {
  const std::string line = encode(Request{1, OutputsRequest{"/tmp/\xff\xfe"}});
  EXPECT_TRUE(decode_request(without_newline(line)));
}

// A line may be 16 MB long; as a tree of so many empty lists it would take 1.2 GB.
TEST(Codec, MoreListsThanAnyReplyHasAreRefusedBeforeTheyAreBuilt) {
  std::string line = R"({"assay":2,"id":7,"result":[)";
  while (line.size() < kMostLineBytes - 10) line += "[],";
  const auto reply = decode_reply(line + "[]]}", steps_of(2));
  ASSERT_FALSE(reply);
  EXPECT_NE(reply.error().find("more than 1000000 lists and objects"), std::string::npos) << reply.error();
}

struct Malformed {
  const char* line;
  const char* complaint;  // part of the error text
};

// Replies to steps of two sets with id 7.
const Malformed malformed_replies[] = {
    {"", "not JSON"},
    {"hello", "not JSON"},
    {"\x1b[2J", "not JSON: '?[2J'"},
    {R"({"assay":2,"id":7,"result":{"samples_ns":[1,2]})", "not JSON"},
    {R"({"assay":2,"id":7,"result":{"samples_ns":[1,2]}} {})", "not JSON"},
    {R"([1,2])", "reply is [1,2], expected an object"},
    {R"(null)", "reply is null, expected an object"},
    {R"({"id":7,"result":{"samples_ns":[1,2]}})", "'assay' is missing"},
    {R"({"assay":1,"id":7,"result":{"samples_ns":[1,2]}})", "protocol version 1, expected 2"},
    {R"({"assay":"1","id":7,"result":{"samples_ns":[1,2]}})", "'assay' is \"1\", expected an integer"},
    {R"({"assay":2,"result":{"samples_ns":[1,2]}})", "'id' is missing"},
    {R"({"assay":2,"id":8,"result":{"samples_ns":[1,2]}})", "id 8, expected 7"},
    {R"({"assay":2,"id":7.0,"result":{"samples_ns":[1,2]}})", "'id' is 7.0, expected an integer"},
    {R"({"assay":2,"id":-7,"result":{"samples_ns":[1,2]}})", "'id' is -7, expected an integer"},
    {R"({"assay":2,"id":7})", "'result' is missing"},
    {R"({"assay":2,"id":7,"result":null})", "result of steps is null, expected an object"},
    {R"({"assay":2,"id":7,"result":[1,2]})", "result of steps is [1,2], expected an object"},
    {R"({"assay":2,"id":7,"result":{"samples_ns":[1,2]},"extra":1})", "unknown field 'extra'"},
    {R"({"assay":2,"id":7,"result":{"samples_ns":[1,2]},"error":{"outcome":"failed","message":""}})",
     "unknown field 'result'"},
    {R"({"assay":2,"id":7,"id":7,"result":{"samples_ns":[1,2]}})", "\"id\" comes twice"},
    {R"({"assay":2,"id":7,"result":{"samples_ns":[1,2],"samples_ns":[1,2]}})", "\"samples_ns\" comes twice"},
    {R"({"assay":2,"id":7,"result":{}})", "'samples_ns' is missing"},
    {R"({"assay":2,"id":7,"result":{"samples_ns":[1,2],"set":1}})", "unknown field 'set'"},
    {R"({"assay":2,"id":7,"result":{"samples_ns":[1]}})", "1 samples for 2 steps"},
    {R"({"assay":2,"id":7,"result":{"samples_ns":[5,6],"parts_ns":[1,2,3]}})", "'parts_ns' has not as many"},
    {R"({"assay":2,"id":7,"result":{"samples_ns":[5,6],"parts_ns":[]}})", "'parts_ns' has not as many"},
    {R"({"assay":2,"id":7,"result":{"samples_ns":[5,6],"parts_ns":[2,2,3,4]}})", "no longer than the step"},
    {R"({"assay":2,"id":7,"result":{"samples_ns":[1,2,3]}})", "3 samples for 2 steps"},
    {R"({"assay":2,"id":7,"result":{"samples_ns":{"0":1}}})", "'samples_ns' is {\"0\":1}, expected a list"},
    {R"({"assay":2,"id":7,"result":{"samples_ns":[1,"2"]}})", "'samples_ns' holds \"2\", expected integers"},
    {R"({"assay":2,"id":7,"result":{"samples_ns":[1,2.5]}})", "'samples_ns' holds 2.5, expected integers"},
    {R"({"assay":2,"id":7,"result":{"samples_ns":[1,0]}})", "'samples_ns' holds 0, expected integers from 1"},
    {R"({"assay":2,"id":7,"result":{"samples_ns":[1,-5]}})",
     "'samples_ns' holds -5, expected integers from 1"},
    {R"({"assay":2,"id":7,"result":{"samples_ns":[1,18446744073709551615]}})",
     "'samples_ns' holds 18446744073709551615, expected integers"},
    {R"({"assay":2,"id":7,"result":{"samples_ns":[1,9000000000000000000]}})",
     "'samples_ns' holds 9000000000000000000, expected integers"},
    {R"({"assay":2,"id":7,"result":{"samples_ns":[1,null]}})", "'samples_ns' holds null, expected integers"},
    {R"({"assay":2,"id":7,"result":{"samples_ns":[1,NaN]}})", "not JSON"},
    {R"({"assay":2,"id":7,"result":{"samples_ns":[1,Infinity]}})", "not JSON"},
    {R"({"assay":2,"id":7,"result":{"samples_ns":[1,1e999]}})", "not JSON"},
    {R"({"assay":2,"id":7,"error":"broken"})", "error is \"broken\", expected an object"},
    {R"({"assay":2,"id":7,"error":{"message":"m"}})", "'outcome' is missing"},
    {R"({"assay":2,"id":7,"error":{"outcome":"failed"}})", "'message' is missing"},
    {R"({"assay":2,"id":7,"error":{"outcome":"ok","message":"m"}})",
     "'outcome' is \"ok\", expected unsupported or failed"},
    {R"({"assay":2,"id":7,"error":{"outcome":"crashed","message":"m"}})",
     "'outcome' is \"crashed\", expected unsupported or failed"},
    {R"({"assay":2,"id":7,"error":{"outcome":"unsupported","message":"m"}})",
     "'reason' is missing, expected one of"},
    {R"({"assay":2,"id":7,"error":{"outcome":"unsupported","reason":"mood","message":"m"}})",
     "'reason' is \"mood\", expected one of"},
    {R"({"assay":2,"id":7,"error":{"outcome":"failed","reason":"memory","message":"m"}})",
     "'reason' is \"memory\", expected one of"},
    {R"({"assay":2,"id":7,"error":{"outcome":"failed","message":"m","nodes":[{"node":"n"}]}})",
     "error: nodes[0]: 'op' is missing"},
    {R"({"assay":2,"id":7,"error":{"outcome":"failed","message":"m","nodes":[3]}})",
     "error: nodes[0] is 3, expected an object"},
};

TEST(Codec, MalformedRepliesAreRefusedWithTheField) {
  const Request request = steps_of(2);
  ASSERT_TRUE(decode_reply(R"({"assay":2,"id":7,"result":{"samples_ns":[1,2]}})", request));
  for (const Malformed& malformed : malformed_replies) {
    const auto reply = decode_reply(malformed.line, request);
    ASSERT_FALSE(reply) << malformed.line;
    EXPECT_NE(reply.error().find(malformed.complaint), std::string::npos)
        << malformed.line << "\n  -> " << reply.error();
  }
}

// What stands in place of `framework`, `devices` and the rest of an otherwise good description.
std::string describe_reply(const std::string& change) {
  return R"({"assay":2,"id":1,"result":{)" + change + "}}";
}

TEST(Codec, MalformedDescriptions) {
  const std::string rest = R"("version":"1","operators":[],"precisions":["f32"],"training":true)";
  const std::string good = R"("framework":"F","devices":[{"name":"cpu","description":""}],)" + rest;
  const std::pair<std::string, const char*> cases[] = {
      {R"("framework":"","devices":[{"name":"cpu","description":""}],)" + rest,
       "'framework' is \"\", expected a text of 1"},
      {R"("framework":")" + std::string(500, 'f') + R"(","devices":[],)" + rest,
       "ffff […], expected a text of 1 to 128 bytes"},
      {R"("framework":"F","devices":[],)" + rest, "'devices' is empty"},
      {R"("framework":"F","devices":["cpu"],)" + rest, "devices[0] is \"cpu\", expected an object"},
      {R"("framework":"F","devices":[{"name":"cpu"}],)" + rest, "devices[0]: 'description' is missing"},
      {good + R"(,"details":{"threads":[2]})",
       "details: 'threads' is [2], expected a text, a number, true or false"},
      {good + R"(,"details":[])", "details is [], expected an object"},
      {good + R"(,"speed":"great")", "unknown field 'speed'"},
  };
  const Request request{1, DescribeRequest{}};
  ASSERT_TRUE(decode_reply(describe_reply(good), request));
  for (const auto& [change, complaint] : cases) {
    const auto reply = decode_reply(describe_reply(change), request);
    ASSERT_FALSE(reply) << change;
    EXPECT_NE(reply.error().find(complaint), std::string::npos) << change << "\n  -> " << reply.error();
  }
}

TEST(Codec, DetailsAreKeptAsText) {
  const auto reply = decode_reply(
      describe_reply(R"("framework":"F","version":"1","devices":[{"name":"cpu","description":""}],
      "operators":[],"precisions":[],"training":false,"details":{"a":"x","b":2,"c":true,"d":0.5})"),
      {1, DescribeRequest{}});
  ASSERT_TRUE(reply) << reply.error();
  const std::map<std::string, std::string> expected = {{"a", "x"}, {"b", "2"}, {"c", "true"}, {"d", "0.5"}};
  EXPECT_EQ(std::get<Description>(std::get<Result>(reply->answer)).details, expected);
}

TEST(Codec, MalformedRequestsAreRefused) {
  const Malformed cases[] = {
      {R"({"assay":2,"id":1,"method":"fly","params":{}})", "unknown method 'fly'"},
      {R"({"assay":2,"id":1,"params":{}})", "'method' is missing"},
      {R"({"assay":2,"id":1,"method":"steps","params":{}})", "'count' is missing"},
      {R"({"assay":2,"id":1,"method":"steps","params":{"count":0}})", "'count' is 0, expected an integer"},
      {R"({"assay":2,"id":1,"method":"inputs","params":{"path":"/i","sets":0}})",
       "'sets' is 0, expected an integer"},
      {R"({"assay":2,"id":1,"method":"inputs","params":{"sets":1}})", "'path' is missing"},
      {R"({"assay":2,"id":1,"method":"outputs","params":{"path":""}})", "'path' is \"\", expected a path"},
      {R"({"assay":2,"id":1,"method":"outputs","params":{"path":"a\u0000b"}})",
       "'path' is \"a\\u0000b\", expected a path"},
      {R"({"assay":2,"id":1,"method":"describe","params":{"x":1}})", "unknown field 'x'"},
  };
  for (const Malformed& malformed : cases) {
    const auto request = decode_request(malformed.line);
    ASSERT_FALSE(request) << malformed.line;
    EXPECT_NE(request.error().find(malformed.complaint), std::string::npos) << request.error();
  }
}

TEST(Codec, AbsurdSizesAreRefused) {
  EXPECT_FALSE(decode_reply(std::string(kMostLineBytes + 1, ' '), steps_of(2)));
  EXPECT_FALSE(decode_reply(std::string(200'000, '['), steps_of(2)));
  std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  EXPECT_FALSE(decode_reply(R"({"assay":2,"id":7,"result":)" + deep + "}", steps_of(2)));
}

}  // namespace
}  // namespace assay::protocol
