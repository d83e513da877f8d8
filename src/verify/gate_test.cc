// Liars are rejected by name, honest float32 passes. Truth, yardstick and answers come from a tiny Llama: the
// same evaluator in float64 for the truth, in float32 for the honest runner.
#include "verify/gate.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "autodiff/gradient.h"
#include "models/catalogue.h"
#include "models/weights.h"
#include "reference/evaluate.h"
#include "tensor/safetensors.h"

namespace assay::verify {
namespace {

namespace fs = std::filesystem;
using record::Verdict;
using tensor::DType;
using tensor::Tensor;
using tensor::TensorMap;

// A tiny Llama's workload with its truth, made once for all tests.
class Case {
 public:
  explicit Case(const std::string& workload)
      : folder_(fs::temp_directory_path() / fmt::format("assay_gate_test.{}.{}", ::getpid(), workload)) {
    fs::create_directories(folder_);
    workload_ = models::find_model("smollm2-135m", "tiny").value().build(workload).value();
    graph_ = workload == "training" ? autodiff::gradient(workload_.step.graph).value() : workload_.step.graph;
    weights_ = write_weights(0);
    if (workload_.state) {
      request_.state = folder_ / "state.safetensors";
      EXPECT_TRUE(write_state(*workload_.state, weights_, *request_.state, evaluate_here));
    }
    request_.weights = weights_;
    request_.weights_key = models::weights_key(workload_.step.graph, {}, 0).value();
    request_.folder = folder_ / "truth";
    request_.evaluate = evaluate_here;
    auto truth = find_truth(workload_, request_);
    EXPECT_TRUE(truth) << truth.error().message;
    truth_ = std::move(*truth);
    for (const char* type : {"tf32", "f16", "bf16"})
      EXPECT_TRUE(add_yardstick(truth_, type, workload_, request_));
  }
  ~Case() { fs::remove_all(folder_); }

  // An honest runner: float32, sums blocked as no yardstick has them is not on offer, so as BLAS does it.
  TensorMap honest(size_t set) const { return run(set, weights_); }
  // The same with the parameters of another seed, or changed ones.
  TensorMap with_seed(size_t set, uint64_t seed) const { return run(set, write_weights(seed)); }
  // Float32, but operands of products are rounded.
  TensorMap with_operands(size_t set, reference::Operands operands) const {
    return evaluate(set, tensor::read_safetensors(weights_).value(), operands);
  }
  TensorMap with_rounded_weights(size_t set, DType type) const {
    TensorMap weights = tensor::read_safetensors(weights_).value();
    for (auto& [name, weight] : weights)
      weight = tensor::converted(tensor::converted(weight, type), DType::f32);
    return evaluate(set, std::move(weights));
  }

  Judgement judged(const TensorMap& first, const TensorMap& second,
                   std::string_view precision = "f32") const {
    const std::array<Answer, 2> answers = {Answer{0, write(0, first)}, Answer{1, write(1, second)}};
    return judge(truth_, answers, precision).value();
  }

  const Truth& truth() const { return truth_; }
  const models::Workload& workload() const { return workload_; }
  const TruthRequest& request() const { return request_; }
  fs::path write(int set, const TensorMap& answer) const {
    const fs::path path = folder_ / fmt::format("answer-{}.safetensors", set);
    EXPECT_TRUE(tensor::write_safetensors(path, answer));
    return path;
  }

 private:
  fs::path write_weights(uint64_t seed) const {
    const fs::path path = folder_ / fmt::format("weights-{}.safetensors", seed);
    EXPECT_TRUE(models::write_weights(workload_.step.graph, {}, seed, path));
    return path;
  }
  TensorMap run(size_t set, const fs::path& weights) const {
    return evaluate(set, tensor::read_safetensors(weights).value());
  }
  TensorMap evaluate(size_t set, TensorMap bindings,
                     reference::Operands operands = reference::Operands::full) const {
    bindings.insert(workload_.step.inputs[set].begin(), workload_.step.inputs[set].end());
    if (request_.state) bindings.merge(tensor::read_safetensors(*request_.state).value());
    auto outputs = reference::evaluate(
        graph_, bindings, {.scalar = reference::Scalar::f32, .threads = 1, .operands = operands});
    EXPECT_TRUE(outputs) << outputs.error().message;
    return *outputs;
  }

  fs::path folder_;
  models::Workload workload_;
  graph::Graph graph_;
  fs::path weights_;
  TruthRequest request_;
  Truth truth_;
};

const Case& prefill() {
  static const Case one("inference");
  return one;
}
const Case& decode() {
  static const Case one("latency");
  return one;
}
const Case& training() {
  static const Case one("training");
  return one;
}

Tensor scaled(const Tensor& tensor, float factor) {
  Tensor result(DType::f32, tensor.shape());
  std::ranges::transform(tensor.data<float>(), result.mutable_data<float>().begin(),
                         [&](float x) { return x * factor; });
  return result;
}

Tensor rounded(const Tensor& tensor, DType type) {
  return tensor::converted(tensor::converted(tensor, type), DType::f32);
}

void expect_wrong(const Judgement& judgement, std::string_view reason) {
  EXPECT_EQ(judgement.accuracy.verdict, Verdict::wrong);
  EXPECT_NE(judgement.accuracy.reason.find(reason), std::string::npos) << judgement.accuracy.reason;
}

TEST(Gate, HonestFloat32IsExact) {
  for (const Case* one : {&prefill(), &decode(), &training()}) {
    const auto judgement = one->judged(one->honest(0), one->honest(1));
    EXPECT_EQ(judgement.accuracy.verdict, Verdict::exact)
        << one->workload().name << ": " << judgement.accuracy.reason;
    EXPECT_LT(judgement.accuracy.rel_l2, 1e-5);
    EXPECT_GT(judgement.accuracy.rel_l2, 1e-9);
    EXPECT_FALSE(judgement.accuracy.worst.empty());
    EXPECT_GE(judgement.errors.size(), 2 * one->truth().outputs.size());
  }
}

TEST(Gate, AllZeros) {
  TensorMap zeros = prefill().honest(0);
  for (auto& [name, tensor] : zeros) tensor = Tensor(DType::f32, tensor.shape());
  expect_wrong(prefill().judged(zeros, zeros), "input set 0: all zeros");
  expect_wrong(prefill().judged(prefill().honest(0), zeros), "input set 1: all zeros");
}

TEST(Gate, AnotherSeed) {
  expect_wrong(prefill().judged(prefill().with_seed(0, 1), prefill().with_seed(1, 1)), "unrelated");
  expect_wrong(training().judged(training().with_seed(0, 1), training().with_seed(1, 1)), "");
}

TEST(Gate, FirstAnswerAgain) {
  expect_wrong(prefill().judged(prefill().honest(0), prefill().honest(0)), "first answer again");
  expect_wrong(decode().judged(decode().honest(0), decode().honest(0)), "first answer again");
  expect_wrong(training().judged(training().honest(0), training().honest(0)), "first answer again");
  // Also when only one set is asked for, or the copy is disguised.
  TensorMap disguised = prefill().honest(0);
  auto& logits = disguised.begin()->second;
  logits = scaled(logits, 1 + 1e-7F);
  expect_wrong(prefill().judged(prefill().honest(0), disguised), "equals the answer to the other input set");
}

TEST(Gate, RoundedWeightsCalledFloat32) {
  expect_wrong(prefill().judged(prefill().with_rounded_weights(0, DType::bf16),
                                prefill().with_rounded_weights(1, DType::bf16)),
               "bf16");
  expect_wrong(prefill().judged(prefill().with_rounded_weights(0, DType::f16),
                                prefill().with_rounded_weights(1, DType::f16)),
               "f16");
  expect_wrong(training().judged(training().with_rounded_weights(0, DType::bf16),
                                 training().with_rounded_weights(1, DType::bf16)),
               "");
}

TEST(Gate, RoundedOutput) {
  TensorMap first = prefill().honest(0);
  for (auto& [name, tensor] : first) tensor = rounded(tensor, DType::bf16);
  expect_wrong(prefill().judged(first, prefill().honest(1)), "every element is rounded to bf16");
}

// Each shorter type passes as what it is, and as nothing finer.
TEST(Gate, ReducedWhenDeclaredSo) {
  for (const Case* one : {&prefill(), &decode(), &training()})
    for (const auto& [type, operands] :
         {std::pair{"tf32", reference::Operands::tf32}, std::pair{"f16", reference::Operands::f16},
          std::pair{"bf16", reference::Operands::bf16}}) {
      const TensorMap first = one->with_operands(0, operands), second = one->with_operands(1, operands);
      const auto judgement = one->judged(first, second, type);
      EXPECT_EQ(judgement.accuracy.verdict, Verdict::reduced)
          << one->workload().name << " " << type << ": " << judgement.accuracy.reason;
      EXPECT_EQ(judgement.accuracy.reason, "");
      expect_wrong(one->judged(first, second), "");
    }
}

TEST(Gate, ShortOperandsCalledFloat32AreNamed) {
  const auto judged = [](reference::Operands operands, std::string_view precision) {
    return prefill().judged(prefill().with_operands(0, operands), prefill().with_operands(1, operands),
                            precision);
  };
  expect_wrong(judged(reference::Operands::bf16, "f32"), "error consistent with bf16");
  expect_wrong(judged(reference::Operands::tf32, "f32"), "error consistent with tf32 or f16");
  expect_wrong(judged(reference::Operands::bf16, "tf32"), "error consistent with bf16");
}

// One number may be near the truth by luck when the yardstick is taken; of 72 honest runs 5 were `wrong` by
// their loss.
TEST(Gate, AYardstickOfOneNumberThatIsSmallByLuckCondemnsNobody) {
  Truth truth = training().truth();
  TensorYardstick& loss = truth.reduced.at("bf16").tensors.at("loss");
  loss = {.rel_l2 = 1e-9, .max_rel = 1e-9, .abs_l2 = 1e-9};
  const auto answer = [](int set) {
    return Answer{static_cast<uint64_t>(set),
                  training().write(set, training().with_operands(set, reference::Operands::bf16))};
  };
  EXPECT_EQ(judge(truth, std::array{answer(0), answer(1)}, "bf16")->accuracy.verdict, Verdict::reduced);
}

// The class is the declared one: who says bf16 is timed with those that say so, however well it answers.
TEST(Gate, AShorterTypeIsReducedHoweverNearItComes) {
  for (const char* type : {"tf32", "bf16", "f16"}) {
    const auto judgement = prefill().judged(prefill().honest(0), prefill().honest(1), type);
    EXPECT_EQ(judgement.accuracy.verdict, Verdict::reduced) << type;
  }
}

TEST(Gate, ALongerTypeIsJudgedAsFloat32) {
  EXPECT_EQ(prefill().judged(prefill().honest(0), prefill().honest(1), "f64").accuracy.verdict,
            Verdict::exact);
  TensorMap zeros = prefill().honest(0);
  for (auto& [name, tensor] : zeros) tensor = Tensor(DType::f32, tensor.shape());
  expect_wrong(prefill().judged(zeros, zeros, "f64"), "all zeros");
}

TEST(Gate, ALiarInAShortTypeIsWrong) {
  expect_wrong(prefill().judged(prefill().with_seed(0, 1), prefill().with_seed(1, 1), "bf16"), "unrelated");
  expect_wrong(prefill().judged(prefill().honest(0), prefill().honest(0), "bf16"), "first answer again");
}

// A declared type never leaves an answer unchecked: what cannot be judged is no verdict.
TEST(Gate, ATypeThatCannotBeJudgedIsRefused) {
  const std::array<Answer, 2> answers = {Answer{0, prefill().write(0, prefill().honest(0))},
                                         Answer{1, prefill().write(1, prefill().honest(1))}};
  const auto unknown = judge(prefill().truth(), answers, "banana");
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("unknown compute type 'banana'"), std::string::npos);
  Truth bare = prefill().truth();
  bare.reduced.clear();
  EXPECT_FALSE(judge(bare, answers, "bf16"));
}

TEST(Gate, ATensorThatNobodyAskedForIsWrong) {
  TensorMap first = prefill().honest(0);
  first.emplace("bonus", Tensor(DType::f32, {1}));
  expect_wrong(prefill().judged(first, prefill().honest(1)),
               "bonus, input set 0: a tensor that nobody asked for");
}

TEST(Gate, NotFinite) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    TensorMap first = prefill().honest(0);
    auto& logits = first.begin()->second;
    logits = scaled(logits, 1);
    logits.mutable_data<float>()[3] = bad;
    expect_wrong(prefill().judged(first, prefill().honest(1)), "not finite");
  }
}

TEST(Gate, OneWrongElement) {
  TensorMap first = prefill().honest(0);
  auto& logits = first.begin()->second;
  logits = scaled(logits, 1);
  logits.mutable_data<float>()[5] += 0.001F;
  expect_wrong(prefill().judged(first, prefill().honest(1)), "");
}

TEST(Gate, MissingTensorShapeAndType) {
  TensorMap first = decode().honest(0);
  const std::string name = first.begin()->first;
  const Tensor kept = first.begin()->second;
  first.erase(name);
  expect_wrong(decode().judged(first, decode().honest(1)), name + ", input set 0: missing");
  first[name] = Tensor(DType::f32, {1});
  expect_wrong(decode().judged(first, decode().honest(1)), "has shape [1]");
  first[name] = tensor::converted(kept, DType::f64);
  expect_wrong(decode().judged(first, decode().honest(1)), "has type F64 instead of F32");
}

TEST(Gate, DamagedFile) {
  const fs::path path = prefill().write(0, prefill().honest(0));
  fs::resize_file(path, fs::file_size(path) - 4);
  const std::array<Answer, 2> answers = {Answer{0, path}, Answer{1, "/no/such/file"}};
  expect_wrong(judge(prefill().truth(), answers).value(), "answer-0.safetensors");
}

TEST(Gate, OneGradientZero) {
  const std::string name = "grad.model.layers.0.self_attn.q_proj.weight";
  for (const int set : {0, 1}) {
    TensorMap answers[2] = {training().honest(0), training().honest(1)};
    auto& gradient = answers[set].at(name);
    gradient = Tensor(DType::f32, gradient.shape());
    expect_wrong(training().judged(answers[0], answers[1]),
                 name + ", input set " + std::to_string(set) + ": all zeros");
  }
}

TEST(Gate, EveryZeroGradientIsSeen) {
  const auto judgement = training().judged(training().honest(0), training().honest(1));
  EXPECT_TRUE(judgement.insensitive.empty());
  for (const auto& name : training().truth().outputs) {
    TensorMap first = training().honest(0);
    first.at(name) = Tensor(DType::f32, first.at(name).shape());
    expect_wrong(training().judged(first, training().honest(1)), name);
  }
}

TEST(Gate, DroppedGradient) {
  const std::string name = "grad.model.norm.weight";
  TensorMap first = training().honest(0);
  first.erase(name);
  expect_wrong(training().judged(first, training().honest(1)), name + ", input set 0: missing");
}

TEST(Gate, GradientsSummedInsteadOfAveraged) {
  TensorMap answers[2] = {training().honest(0), training().honest(1)};
  for (auto& answer : answers)
    for (auto& [name, tensor] : answer)
      if (name.starts_with("grad.")) tensor = scaled(tensor, 128);
  expect_wrong(training().judged(answers[0], answers[1]), "the truth times 128");
}

TEST(Gate, ForwardTimedAsTraining) {
  TensorMap first, second;
  first["loss"] = training().honest(0).at("loss");
  second["loss"] = training().honest(1).at("loss");
  expect_wrong(training().judged(first, second), "missing");
}

TEST(Gate, BetweenExactAndWrongIsFast) {
  TensorMap answers[2] = {prefill().honest(0), prefill().honest(1)};
  const auto& name = prefill().truth().outputs.front();
  const double yardstick = prefill().truth().f32.of(name).rel_l2;
  for (auto& answer : answers)
    answer.at(name) = scaled(answer.at(name), static_cast<float>(1 + 40 * yardstick));
  EXPECT_EQ(prefill().judged(answers[0], answers[1]).accuracy.verdict, Verdict::f32_fast);
}

TEST(Gate, WorseKeepsTheWorst) {
  const record::Accuracy nothing, exact{.verdict = Verdict::exact, .times_f32 = 2},
      worse_exact{.verdict = Verdict::exact, .times_f32 = 3}, wrong{.verdict = Verdict::wrong};
  EXPECT_EQ(worse(nothing, exact).verdict, Verdict::exact);
  EXPECT_EQ(worse(exact, worse_exact).times_f32, 3);
  EXPECT_EQ(worse(wrong, exact).verdict, Verdict::wrong);
}

TEST(Truth, IsCachedAndHealsADamagedCache) {
  const auto again = find_truth(prefill().workload(), prefill().request());
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->cached);
  EXPECT_EQ(again->f32.tensors.begin()->second.rel_l2, prefill().truth().f32.tensors.begin()->second.rel_l2);
  for (const auto& entry : fs::recursive_directory_iterator(prefill().request().folder))
    if (entry.path().filename() == "truth-1.safetensors") fs::resize_file(entry.path(), 100);
  const auto healed = find_truth(prefill().workload(), prefill().request());
  ASSERT_TRUE(healed);
  EXPECT_FALSE(healed->cached);
}

TEST(Truth, YardstickOfRotatedKeysKnowsAnglesInFloat32) {
  models::Workload exact = decode().workload();
  exact.rounded.reset();
  const auto without = find_truth(exact, decode().request());
  ASSERT_TRUE(without);
  const auto& with = decode().truth().f32;
  // By how much depends on the processor: kernels with short vectors round twice as much themselves.
  EXPECT_GT(with.of("layers.0.key").rel_l2, 1.1 * without->f32.of("layers.0.key").rel_l2);
  EXPECT_EQ(with.of("layers.0.value").max_rel, without->f32.of("layers.0.value").max_rel);
  EXPECT_TRUE(std::ranges::equal(without->expected.at(0).at("layers.0.key").bytes(),
                                 decode().truth().expected.at(0).at("layers.0.key").bytes()));
}

TEST(Truth, ChangesWithTheWeights) {
  TruthRequest other = prefill().request();
  other.weights_key = "another";
  const auto truth = find_truth(prefill().workload(), other);
  ASSERT_TRUE(truth);
  EXPECT_FALSE(truth->cached);
}

}  // namespace
}  // namespace assay::verify
