// docs/protocol.md is true: its listing of a whole runner works, and the messages it shows are messages.
#include <fmt/format.h>

#include <vector>

#include "base/source_tree.h"
#include "protocol/codec.h"
#include "runner/fake_fixture.h"

namespace assay::runner {
namespace {

// The blocks of the page that are fenced as ```language.
std::vector<std::string> blocks(const std::string& page, const std::string& language) {
  std::vector<std::string> found;
  const std::string fence = "\n```" + language + "\n";
  for (size_t at = page.find(fence); at != std::string::npos; at = page.find(fence, at + 1)) {
    const size_t start = at + fence.size();
    found.push_back(page.substr(start, page.find("\n```", start) - start + 1));
  }
  return found;
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> result;
  for (size_t start = 0, end = 0; (end = text.find('\n', start)) != std::string::npos; start = end + 1)
    result.push_back(text.substr(start, end - start));
  return result;
}

class ProtocolDocument : public FakeFixture {
 protected:
  void SetUp() override {
    FakeFixture::SetUp();
    const auto page = read_file(std::string(source_tree()) + "/docs/protocol.md");
    ASSERT_TRUE(page);
    page_ = *page;
  }
  std::unique_ptr<Runner> start_listing() {
    const auto listing = blocks(page_, "python");
    EXPECT_EQ(listing.size(), 1U);
    EXPECT_TRUE(write_file(folder_ / "listing.py", listing.at(0)));
    return start({.argv = {"python3", folder_ / "listing.py"}});
  }
  // A graph of a [2] input `x` and a [2] parameter `w`, with one node of the operator.
  void write_graph(const std::string& op) {
    const std::string value = R"({{"name": "{}", "dtype": "F32", "shape": [2], "role": "{}"}})";
    const std::string node = fmt::format(
        R"({{"name": "sum", "op": "{}", "inputs": ["x", "w"], "outputs": ["y"], "attributes": {{}}}})", op);
    const std::string graph = fmt::format(
        R"({{"assay_graph": 1, "name": "add", "values": [{}, {}, {}], "nodes": [{}], "outputs": ["y"]}})",
        fmt::format(fmt::runtime(value), "x", "input"), fmt::format(fmt::runtime(value), "w", "parameter"),
        fmt::format(fmt::runtime(value), "y", "computed"), node);
    ASSERT_TRUE(write_file(folder_ / "graph.json", graph));
    write("weights.safetensors", {"w", tensor::Tensor::of<float>({2}, {0.5F, 0.25F})});
    write("sets.safetensors", {"x", tensor::Tensor::of<float>({3, 2}, {1, 2, 10, 20, 100, 200})});
  }
  std::string page_;

 private:
  void write(const std::string& file, const std::pair<std::string, tensor::Tensor>& tensor) {
    ASSERT_TRUE(tensor::write_safetensors(folder_ / file, tensor::TensorMap{tensor}));
  }
};

TEST_F(ProtocolDocument, TheListingIsARunner) {
  write_graph("Add");
  auto runner = start_listing();
  const auto description = runner->describe(kPatientSeconds);
  ASSERT_TRUE(description) << description.error().message << description.error().stderr_tail;
  EXPECT_EQ(description->framework, "Array");
  const auto loaded = runner->load(load_request(), kPatientSeconds);
  ASSERT_TRUE(loaded) << loaded.error().message;
  ASSERT_TRUE(runner->inputs(folder_ / "sets.safetensors", 3, kPatientSeconds));
  ASSERT_TRUE(runner->steps(1, kPatientSeconds));
  ASSERT_TRUE(runner->steps(1, kPatientSeconds));
  const auto written = runner->outputs(folder_ / "out.safetensors", kPatientSeconds);
  ASSERT_TRUE(written) << written.error().message;
  const auto tensors = tensor::read_safetensors(folder_ / "out.safetensors");
  ASSERT_TRUE(tensors) << tensors.error().message;
  EXPECT_EQ(tensors->at("y").data<float>()[0], 10.5F);
  EXPECT_EQ(tensors->at("y").data<float>()[1], 20.25F);
  EXPECT_TRUE(runner->close(kPatientSeconds));
}

TEST_F(ProtocolDocument, TheListingSaysWhatItCannotDoAndGoesOn) {
  write_graph("Mul");
  auto runner = start_listing();
  ASSERT_TRUE(runner->describe(kPatientSeconds));
  const auto refused = runner->load(load_request(), kPatientSeconds);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, record::Reason::op) << refused.error().message;
  ASSERT_EQ(refused.error().nodes.size(), 1U);
  EXPECT_EQ(refused.error().nodes[0].op, "Mul");
  const auto failed = step(*runner);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().outcome, record::Outcome::failed);
  write_graph("Add");
  EXPECT_TRUE(runner->load(load_request(), kPatientSeconds));
  EXPECT_TRUE(runner->close(kPatientSeconds));
}

// The listing runs every step as a whole.
TEST_F(ProtocolDocument, WhoDoesNotSayThePartsOfARequestFails) {
  write_graph("Add");
  auto runner = start_listing();
  ASSERT_TRUE(runner->describe(kPatientSeconds));
  LoadRequest request = load_request();
  request.generation = protocol::Generation{.prefill = request.graph,
                                            .decode = request.graph,
                                            .prefill_onnx = std::nullopt,
                                            .decode_onnx = std::nullopt,
                                            .decodes = 3};
  ASSERT_TRUE(runner->load(request, kPatientSeconds));
  const auto done = step(*runner);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("0 parts where 1 steps have 4"), std::string::npos)
      << done.error().message;
}

TEST_F(ProtocolDocument, TheSessionIsMadeOfMessages) {
  const auto transcripts = blocks(page_, "text");
  ASSERT_EQ(transcripts.size(), 1U);
  protocol::Request request;
  int replies = 0;
  for (const std::string& line : lines(transcripts[0])) {
    if (line.starts_with("> ")) {
      const auto decoded = protocol::decode_request(line.substr(2));
      ASSERT_TRUE(decoded) << decoded.error();
      request = *decoded;
      EXPECT_EQ(protocol::encode(request), line.substr(2) + "\n") << "as the core writes it";
    } else {
      const auto decoded = protocol::decode_reply(line.substr(2), request);
      EXPECT_TRUE(decoded) << decoded.error();
      ++replies;
    }
  }
  EXPECT_EQ(replies, 8);
}

// A message that is shown on several lines goes on with a space.
TEST_F(ProtocolDocument, TheExamplesAreMessages) {
  int seen = 0;
  for (const std::string& block : blocks(page_, "json")) {
    protocol::Request request{7, protocol::StepsRequest{3}};
    std::string text = block;
    for (size_t at = 0; (at = text.find("\n ", at)) != std::string::npos;) text.erase(at, 1);
    for (const std::string& line : lines(text)) {
      ++seen;
      if (line.find("\"method\"") != std::string::npos) {
        const auto decoded = protocol::decode_request(line);
        ASSERT_TRUE(decoded) << line << decoded.error();
        request = *decoded;
        continue;
      }
      if (line.find("\"id\": 2, \"error\"") != std::string::npos) request = {2, protocol::LoadRequest{}};
      const auto decoded = protocol::decode_reply(line, request);
      EXPECT_TRUE(decoded) << line << decoded.error();
    }
  }
  EXPECT_EQ(seen, 16);
}

}  // namespace
}  // namespace assay::runner
