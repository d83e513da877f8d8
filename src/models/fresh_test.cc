#include "models/fresh.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>

#include "base/hash.h"
#include "models/model_fixture.h"
#include "models/sentences.h"

namespace assay::models {
namespace {

using graph::Role;
using tensor::DType;
using tensor::Tensor;

void for_each_workload(const std::function<void(const Workload&)>& check) {
  for (const char* size : {"tiny", "full"})
    for (const Model& model : catalogue(size))
      for (const std::string& name : model.workloads) {
        SCOPED_TRACE(model.name + " " + size + " " + name);
        check(built(model.name, size, name));
      }
}

std::string hash_of(const TensorMap& set) {
  Hasher hasher;
  for (const auto& [name, tensor] : set)
    hasher.add(name).add(tensor::to_string(tensor.shape())).add(tensor.bytes());
  return hasher.hex();
}

std::span<const int64_t> ids(const TensorMap& set, const char* name = "input_ids") {
  return set.at(name).data<int64_t>();
}

TEST(Fresh, HasEveryInputOfEveryWorkload) {
  for_each_workload([](const Workload& workload) {
    const TensorMap sets = fresh_inputs(workload, 1, 0, 2);
    const Graph& graph = workload.step.graph;
    ASSERT_EQ(sets.size(), graph.with_role(Role::input).size());
    EXPECT_EQ(set_count(sets), 2);
    int64_t bytes = 0;
    for (const auto& [name, tensor] : set_of(sets, 1)) {
      const graph::Value& input = graph.value(*graph.find(name));
      EXPECT_EQ(tensor.shape(), input.shape) << name;
      EXPECT_EQ(tensor.dtype(), input.dtype) << name;
      bytes += static_cast<int64_t>(tensor.bytes().size());
    }
    EXPECT_EQ(bytes, set_bytes(workload));
  });
}

// Ids and labels have the range of a table or a softmax in the graph; here, that of the fixed sets' draw.
TEST(Fresh, ValuesLieWhereTheModelIsUsed) {
  for_each_workload([](const Workload& workload) {
    for (const auto& [name, tensor] : fresh_inputs(workload, 1, 0, 4)) {
      if (tensor.dtype() == DType::i64) {
        const auto draw = workload.draws.find(name);
        ASSERT_NE(draw, workload.draws.end()) << name;
        const auto* following = std::get_if<Following>(&draw->second);
        const auto& range = std::get<Ids>(following ? workload.draws.at(following->ids) : draw->second);
        for (const int64_t id : tensor.data<int64_t>()) EXPECT_TRUE(0 <= id && id < range.limit) << id;
      } else if (workload.draws.contains(name)) {
        const auto* times = std::get_if<Times>(&workload.draws.at(name));
        for (const float time : tensor.data<float>()) {
          int exponent = 0;
          EXPECT_GT(time, 0);
          EXPECT_LE(time, times != nullptr ? times->unit * static_cast<float>(times->count) : 1);
          EXPECT_TRUE(times != nullptr || std::frexp(time, &exponent) == 0.5F) << time;
        }
      } else {
        for (const float x : tensor.data<float>()) ASSERT_LT(std::abs(x), 3.5);
      }
    }
  });
}

TEST(Fresh, ASetDependsOnItsNumberAndTheSeedAlone) {
  for_each_workload([](const Workload& workload) {
    const TensorMap three = fresh_inputs(workload, 9, 5, 3);
    EXPECT_EQ(hash_of(set_of(three, 2)), hash_of(set_of(fresh_inputs(workload, 9, 7, 1), 0)));
    EXPECT_NE(hash_of(three), hash_of(fresh_inputs(workload, 10, 5, 3)));
  });
}

TEST(Fresh, NoiseIsNewInEveryElement) {
  for_each_workload([](const Workload& workload) {
    const TensorMap sets = fresh_inputs(workload, 1, 100, 2), one = set_of(sets, 0), two = set_of(sets, 1);
    for (const auto& [name, tensor] : one) {
      if (tensor.dtype() != DType::f32 || workload.draws.contains(name)) continue;
      const auto x = tensor.data<float>(), y = two.at(name).data<float>();
      int64_t equal = 0;
      for (size_t i = 0; i < x.size(); ++i) equal += x[i] == y[i] ? 1 : 0;
      EXPECT_LE(equal, 2 + tensor.size() / 10'000) << name;  // by chance one in 130,000
    }
  });
}

TEST(Fresh, NoSetComesTwice) {
  for_each_workload([](const Workload& workload) {
    if (set_bytes(workload) > 100'000) return;
    constexpr int kCount = 200;
    const TensorMap sets = fresh_inputs(workload, 3, 0, kCount);
    std::set<std::string> seen;
    for (int i = 0; i < kCount; ++i) seen.insert(hash_of(set_of(sets, i)));
    EXPECT_EQ(seen.size(), kCount);
  });
}

TEST(Fresh, ALoneTokenComesAgainWhenAllHaveCome) {
  EXPECT_EQ(possible_sets(built("smollm2-135m", "full", "latency")), 49152);
  EXPECT_EQ(possible_sets(built("whisper-tiny", "full", "latency")), 51865);
  const Workload workload = built("smollm2-135m", "tiny", "latency");
  EXPECT_EQ(possible_sets(workload), 256);
  const TensorMap sets = fresh_inputs(workload, 3, 256, 256);
  const auto tokens = ids(sets);
  EXPECT_EQ(std::set<int64_t>(tokens.begin(), tokens.end()).size(), 256U);
}

TEST(Fresh, OnlyALoneTokenIsALimit) {
  for_each_workload([](const Workload& workload) {
    const bool lone = workload.kind() == "latency" && workload.item_name == "tokens" && workload.truth;
    EXPECT_EQ(possible_sets(workload) < std::numeric_limits<int64_t>::max(), lone);
  });
}

TEST(Fresh, LabelsFollowTheirTokens) {
  for (const char* model : {"smollm2-135m", "whisper-tiny"}) {
    const TensorMap set = set_of(fresh_inputs(built(model, "full", "training"), 1, 8, 1), 0);
    EXPECT_TRUE(std::ranges::equal(ids(set).subspan(1), ids(set, "labels").first(ids(set).size() - 1)));
  }
}

TEST(Fresh, EverySentenceOfABatchIsFramed) {
  const TensorMap set = set_of(fresh_inputs(built("minilm-l6", "full", "latency[5,x3]"), 1, 8, 1), 0);
  const auto drawn = ids(set);
  ASSERT_EQ(drawn.size(), 15U);
  for (size_t i = 0; i < drawn.size(); ++i) {
    const bool start = i % 5 == 0, end = i % 5 == 4;
    EXPECT_EQ(drawn[i] == kBertStart, start) << i;
    EXPECT_EQ(drawn[i] == kBertEnd, end) << i;
    if (!start && !end) {
      EXPECT_GE(drawn[i], kBertWords);
    }
  }
}

TEST(Fresh, SentencesAreFramedWhereTheVocabularyIsReal) {
  const TensorMap set = set_of(fresh_inputs(built("minilm-l6", "full", "latency"), 1, 8, 1), 0);
  EXPECT_EQ(ids(set).front(), kBertStart);
  EXPECT_EQ(ids(set).back(), kBertEnd);
  for (const int64_t id : ids(set).subspan(1, 6)) EXPECT_GE(id, kBertWords);
}

TEST(Fresh, NoiseHasUnitVarianceAndNoMemory) {
  const TensorMap sets = fresh_inputs(built("resnet-50", "full", "latency"), 1, 0, 4);
  ASSERT_EQ(sets.size(), 1U);
  const auto x = sets.begin()->second.data<float>();
  const size_t each = x.size() / 4;
  double sum = 0, squares = 0, between = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    sum += x[i];
    squares += x[i] * static_cast<double>(x[i]);
    if (i >= each) between += x[i] * static_cast<double>(x[i - each]);
  }
  const double n = static_cast<double>(x.size());
  EXPECT_LT(std::abs(sum / n), 5 / std::sqrt(n));
  EXPECT_NEAR(squares / n, 1, 0.01);
  EXPECT_LT(std::abs(between / n), 5 / std::sqrt(n));
}

// A change here makes other inputs of the same seed.
TEST(Fresh, BitsAreTheSameEverywhere) {
  EXPECT_EQ(hash_of(fresh_inputs(built("smollm2-135m", "full", "training"), 1, 7, 2)),
            "56d96e3ea6ff2f25d9918339f3b52dc3");
  EXPECT_EQ(hash_of(fresh_inputs(built("sd15-unet", "tiny", "training"), 1, 7, 2)),
            "0d14a4e78248afb398abd8d68a519823");
}

TEST(Fresh, TheTruthOfTheFixedSetsTakesItsFixedInputs) {
  int with_truth = 0;
  for_each_workload([&](const Workload& workload) {
    for (const TensorMap& inputs : workload.step.inputs) {
      const auto set = static_cast<size_t>(&inputs - workload.step.inputs.data());
      const TensorMap& wanted = workload.truth ? workload.truth->inputs.at(set) : inputs;
      EXPECT_EQ(hash_of(truth_inputs(workload, inputs)), hash_of(wanted));
      with_truth += workload.truth ? 1 : 0;
    }
  });
  EXPECT_GT(with_truth, 0);
}

TEST(Fresh, TheTruthOfAFreshSetHasTheShapesOfItsGraph) {
  for_each_workload([](const Workload& workload) {
    const Graph& graph = workload.truth ? workload.truth->graph : workload.step.graph;
    const TensorMap inputs = truth_inputs(workload, set_of(fresh_inputs(workload, 1, 3, 1), 0));
    Shapes shapes;
    for (const auto& [name, tensor] : inputs) shapes[name] = tensor.shape();
    EXPECT_EQ(shapes, of_role(graph, Role::input));
  });
}

}  // namespace
}  // namespace assay::models
