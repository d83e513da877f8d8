// The SDK over real pipes, driven by the core's own side of the protocol and, where the core would never say
// such a thing, by hand.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <thread>

#include "assay_runner/server.h"
#include "base/file.h"
#include "graph/builder.h"
#include "graph/json.h"
#include "protocol/codec.h"
#include "runner/runner.h"
#include "tensor/safetensors.h"

namespace {

namespace fs = std::filesystem;
using assay::graph::DType;
using assay::record::Outcome;
using assay::record::Reason;
using assay::runner::Runner;
using assay::tensor::Tensor;
using assay::tensor::TensorMap;

constexpr double kPatientSeconds = 30;

// x + w, or with `op` another operator between.
assay::graph::Graph sum_graph(const std::string& op) {
  assay::graph::Builder builder("sum");
  const auto x = builder.input("x", DType::f32, {2, 2});
  const auto w = builder.parameter("w", {2, 2}, {});
  const auto between = builder.op("between", op, {x});
  const auto again = builder.op("again", op, {between});
  builder.output(builder.op("y", "Add", {again, w}));
  return *std::move(builder).finish();
}

class EchoTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() / fmt::format("assay-sdk-{}-{}", info->name(), ::getpid());
    fs::create_directories(folder_);
    put("weights", {{"w", Tensor::of<float>({2, 2}, {10, 20, 30, 40})}});
    put("inputs", {{"x", Tensor::of<float>({3, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})}});
    put_graph("Identity");
  }
  void TearDown() override {
    runner_.reset();
    fs::remove_all(folder_);
  }

  void put(const std::string& name, const TensorMap& tensors) {
    ASSERT_TRUE(assay::tensor::write_safetensors(path(name), tensors));
  }
  void put_graph(const std::string& op) {
    ASSERT_TRUE(assay::write_file(folder_ / "graph.json", assay::graph::to_json(sum_graph(op))));
  }
  [[nodiscard]] fs::path path(const std::string& name) const { return folder_ / (name + ".safetensors"); }

  Runner& start() {
    auto runner = Runner::start({.argv = {ASSAY_ECHO_RUNNER}, .stderr_path = folder_ / "stderr.txt"});
    EXPECT_TRUE(runner);
    runner_ = std::move(*runner);
    const auto description = runner_->describe(kPatientSeconds);
    EXPECT_TRUE(description) << description.error().message;
    EXPECT_EQ(description.value_or(assay::runner::Description{}).framework, "Echo");
    return *runner_;
  }
  [[nodiscard]] assay::runner::Attempt<assay::runner::Loaded> load(const std::string& variant = "honest") {
    return runner_->load({.graph = folder_ / "graph.json",
                          .weights = path("weights"),
                          .variant = variant,
                          .device = "cpu",
                          .cache = folder_},
                         kPatientSeconds);
  }

  // The reason why the next step of fresh inputs failed.
  assay::record::Failure failed_step() {
    EXPECT_TRUE(runner_->inputs(path("inputs"), 3, kPatientSeconds));
    const auto steps = runner_->steps(1, kPatientSeconds);
    EXPECT_FALSE(steps);
    return steps ? assay::record::Failure{} : steps.error();
  }
  // The last element of the outputs.
  float last_output() {
    const auto written = runner_->outputs(path("out"), kPatientSeconds);
    EXPECT_TRUE(written) << written.error().message;
    const auto tensors = assay::tensor::read_safetensors(path("out"));
    EXPECT_TRUE(tensors);
    return tensors->at("y").data<float>()[3];
  }

  fs::path folder_;
  std::unique_ptr<Runner> runner_;
};

TEST_F(EchoTest, AWholeSession) {
  Runner& runner = start();
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->notes, "variant honest");
  ASSERT_TRUE(runner.inputs(path("inputs"), 3, kPatientSeconds));
  fs::remove(path("inputs"));
  ASSERT_TRUE(runner.steps(1, kPatientSeconds));
  EXPECT_EQ(last_output(), 44);
  const auto steps = runner.steps(2, kPatientSeconds);
  ASSERT_TRUE(steps) << steps.error().message;
  EXPECT_EQ(steps->samples_ns.size(), 2U);
  for (int time = 0; time < 2; ++time) EXPECT_EQ(last_output(), 52) << "asked again";
  EXPECT_TRUE(runner.close(kPatientSeconds));
}

TEST_F(EchoTest, WhatAFrameworkPrintsLandsInStderr) {
  start();
  EXPECT_TRUE(runner_->close(kPatientSeconds));
  runner_.reset();
  const auto text = assay::read_file(folder_ / "stderr.txt");
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("a library prints\nand prints again"), std::string::npos) << *text;
}

TEST_F(EchoTest, EveryNodeThatIsUnsupportedIsListedAndTheRunnerGoesOn) {
  start();
  put_graph("Relu");
  const auto refused = load();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().outcome, Outcome::unsupported);
  EXPECT_EQ(refused.error().reason, Reason::op);
  ASSERT_EQ(refused.error().nodes.size(), 2U);
  EXPECT_EQ(refused.error().nodes[1].node, "again");
  const auto inputs = runner_->inputs(path("inputs"), 3, kPatientSeconds);
  ASSERT_FALSE(inputs);
  EXPECT_EQ(inputs.error().message, "inputs before a load that succeeded");
  put_graph("Identity");
  EXPECT_TRUE(load());
}

TEST_F(EchoTest, AStepThatFailsIsFailedWithItsMessage) {
  start();
  const std::map<std::string, std::string> messages = {
      {"fails", "the device is lost"}, {"throws", "thrown by the framework"}, {"memory", "out of memory"}};
  for (const auto& [variant, message] : messages) {
    ASSERT_TRUE(load(variant));
    const auto failure = failed_step();
    EXPECT_EQ(failure.message, message);
    EXPECT_EQ(failure.reason, variant == "memory" ? Reason::memory : Reason::none);
    EXPECT_FALSE(runner_->outputs(path("out"), kPatientSeconds)) << "of a step that failed";
  }
}

TEST_F(EchoTest, OutputsAreCheckedAgainstTheGraph) {
  start();
  ASSERT_TRUE(load("forgets"));
  ASSERT_TRUE(runner_->inputs(path("inputs"), 3, kPatientSeconds));
  ASSERT_TRUE(runner_->steps(1, kPatientSeconds));
  const auto written = runner_->outputs(path("out"), kPatientSeconds);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message, "the runner's outputs: tensor 'y' is missing");
}

TEST_F(EchoTest, FilesThatDoNotFitTheGraphAreNamed) {
  start();
  put("weights", {{"w", Tensor::of<float>({2}, {1, 2})}});
  auto loaded = load();
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find("tensor 'w' is F32 [2], the graph says F32 [2, 2]"),
            std::string::npos)
      << loaded.error().message;
  put("weights", {});
  loaded = load();
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find("tensor 'w' is missing"), std::string::npos);
  std::ofstream(path("weights"), std::ios::trunc) << "short";
  EXPECT_FALSE(load());
}

TEST_F(EchoTest, InputsThatDoNotFitTheGraphAreNamed) {
  start();
  ASSERT_TRUE(load());
  const auto message = [this](int sets) {
    const auto inputs = runner_->inputs(path("inputs"), sets, kPatientSeconds);
    return inputs ? "" : inputs.error().message;
  };
  EXPECT_NE(message(2).find("tensor 'x' is F32 [3, 2, 2], the graph says F32 [2, 2, 2]"), std::string::npos);
  EXPECT_EQ(message(3), "");
  put("inputs", {{"x", Tensor::of<int64_t>({1, 2, 2}, {1, 2, 3, 4})}});
  EXPECT_NE(message(1).find("tensor 'x' is I64"), std::string::npos);
  put("inputs", {{"z", Tensor::of<float>({1, 2, 2}, {1, 2, 3, 4})}});
  EXPECT_NE(message(1).find("tensor 'x' is missing"), std::string::npos);
}

TEST_F(EchoTest, InputsAreAligned) {
  start();
  ASSERT_TRUE(load("address"));
  EXPECT_EQ(failed_step().message, "0");
  EXPECT_EQ(failed_step().message, "0");
}

TEST_F(EchoTest, TheCoreCanStopAndContinueIt) {
  Runner& runner = start();
  ASSERT_TRUE(load());
  ASSERT_TRUE(runner.inputs(path("inputs"), 3, kPatientSeconds));
  ASSERT_TRUE(runner.pause());
  ASSERT_TRUE(runner.resume());
  EXPECT_TRUE(runner.steps(3, kPatientSeconds));
}

// A server in this process, spoken to in lines.
class Conversation {
 public:
  Conversation() {
    EXPECT_EQ(::pipe2(to_, O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(from_, O_CLOEXEC), 0);
    server_ = std::jthread([read = to_[0], write = from_[1]] {
      assay_runner::Server(assay_runner::Channel(read, write), [] { return nullptr; }).serve();
    });
  }
  ~Conversation() {
    ::close(to_[1]);
    server_.join();
    ::close(from_[0]);
  }
  std::string ask(std::string line) {
    line += '\n';
    EXPECT_EQ(::write(to_[1], line.data(), line.size()), static_cast<ssize_t>(line.size()));
    std::string reply;
    char c = 0;
    while (::read(from_[0], &c, 1) == 1 && c != '\n') reply += c;
    return reply;
  }

 private:
  int to_[2] = {}, from_[2] = {};
  std::jthread server_;
};

TEST(Server, GarbageIsAnsweredAndSurvived) {
  Conversation talk;
  for (const char* garbage : {"", "garbage", "[1]", R"({"assay": 2, "id")", "\xff\xfe"}) {
    const std::string reply = talk.ask(garbage);
    EXPECT_NE(reply.find(R"("outcome":"failed")"), std::string::npos) << reply;
    EXPECT_NE(reply.find(R"("id":0)"), std::string::npos) << reply;
  }
  const std::string reply = talk.ask(R"({"assay": 1, "id": 5, "method": "describe"})");
  EXPECT_NE(reply.find("protocol version 1"), std::string::npos) << reply;
  EXPECT_NE(reply.find(R"("id":5)"), std::string::npos) << reply;
  EXPECT_NE(talk.ask(R"({"assay": 2, "id": 6, "method": "dance"})").find("unknown method"),
            std::string::npos);
}

TEST(Server, InputsOfStepsThatAreNotThereAreRefused) {
  Conversation talk;
  EXPECT_NE(
      talk.ask(R"({"assay": 2, "id": 1, "method": "steps", "params": {"count": 1}})").find("before a load"),
      std::string::npos);
}

TEST(Server, ClosesWhenAsked) {
  Conversation talk;
  EXPECT_EQ(talk.ask(R"({"assay": 2, "id": 9, "method": "close", "params": {}})"),
            R"({"assay":2,"id":9,"result":{}})");
}

}  // namespace
