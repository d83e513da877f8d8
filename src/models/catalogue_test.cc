// What holds for every model of the catalogue, whatever its family.
#include "models/catalogue.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/hash.h"
#include "models/model_fixture.h"
#include "models/weights.h"
#include "tensor/safetensors.h"

namespace assay::models {
namespace {

using graph::Role;

bool equal_sets(const Workload& workload) {
  const auto& [first, second] = workload.step.inputs;
  return std::ranges::equal(first, second, [](const auto& a, const auto& b) {
    return std::ranges::equal(a.second.bytes(), b.second.bytes());
  });
}

void expect_complete(const Evaluation& evaluation, const std::string& name) {
  const Shapes wanted = of_role(evaluation.graph, Role::input);
  for (const auto& inputs : evaluation.inputs) {
    EXPECT_EQ(inputs.size(), wanted.size()) << name;
    for (const auto& [input, shape] : wanted) {
      ASSERT_TRUE(inputs.contains(input)) << name << ": " << input;
      EXPECT_EQ(inputs.at(input).shape(), shape) << name << ": " << input;
      EXPECT_EQ(inputs.at(input).dtype(), evaluation.graph.value(*evaluation.graph.find(input)).dtype);
    }
  }
}

TEST(Catalogue, InputsAreCompleteAndTheSetsDiffer) {
  for (const char* size : {"tiny", "full"})
    for (const Model& model : catalogue(size))
      for (const std::string& name : model.workloads) {
        const Workload workload = built(model.name, size, name);
        EXPECT_EQ(workload.model, model.name);
        EXPECT_EQ(workload.name, name);
        EXPECT_GT(workload.items, 0);
        expect_complete(workload.step, model.name);
        EXPECT_FALSE(equal_sets(workload)) << model.name << " " << name;
        if (workload.state) expect_complete(*workload.state, model.name);
        if (workload.truth) expect_complete(*workload.truth, model.name);
      }
}

TEST(Catalogue, StatesAndTruthsHaveTheStepsNamesAndShapes) {
  for (const char* size : {"tiny", "full"})
    for (const Model& model : catalogue(size))
      for (const std::string& name : model.workloads) {
        const Workload workload = built(model.name, size, name);
        const Shapes states = of_role(workload.step.graph, Role::state);
        EXPECT_EQ(states.empty(), !workload.state) << model.name << " " << name;
        if (workload.state) {
          EXPECT_EQ(outputs(workload.state->graph), states) << model.name << " " << name;
        }
        if (workload.truth) {
          EXPECT_EQ(outputs(workload.truth->graph), outputs(workload.step.graph))
              << model.name << " " << name;
        }
      }
}

TEST(Catalogue, TinySizesHaveTheSameOperators) {
  for (const Model& model : catalogue("tiny"))
    for (const std::string& name : model.workloads) {
      const Graph small = built(model.name, "tiny", name).step.graph;
      EXPECT_EQ(operators_of(small), operators_of(built(model.name, "full", name).step.graph))
          << model.name << " " << name;
      EXPECT_LT(parameter_count(small), 500'000) << model.name;
    }
}

TEST(Catalogue, TheWorkloadsOfAModelShareTheirParameters) {
  for (const char* size : {"tiny", "full"})
    for (const Model& model : catalogue(size)) {
      const Shapes parameters =
          of_role(built(model.name, size, model.workloads.front()).step.graph, Role::parameter);
      for (const std::string& name : model.workloads) {
        const Workload workload = built(model.name, size, name);
        for (const auto& [parameter, shape] : of_role(workload.step.graph, Role::parameter))
          EXPECT_TRUE(parameters.contains(parameter) && parameters.at(parameter) == shape) << parameter;
      }
    }
}

std::string hash_of_weights(const Graph& graph) {
  namespace fs = std::filesystem;
  const fs::path file = fs::temp_directory_path() / fmt::format("assay-catalogue-{}.safetensors", ::getpid());
  EXPECT_TRUE(write_weights(graph, {}, 0, file));
  const auto tensors = tensor::read_safetensors(file);
  EXPECT_TRUE(tensors) << tensors.error().message;
  Hasher hasher;
  for (const auto& [name, tensor] : *tensors)
    hasher.add(name).add(tensor::to_string(tensor.shape())).add(tensor.bytes());
  fs::remove(file);
  return hasher.hex();
}

// The proof that weights are the same bits on every machine: name, shape and bytes of all of them.
TEST(Catalogue, GeneratedWeightsAreTheSameEverywhere) {
  const std::map<std::string, std::string> hashes = {{"sd15-unet", "4547ffc7f101e9cd36efb0d8e7cc212a"},
                                                     {"unet-mini", "690bdec248fe28eda40480a020ef2c0e"},
                                                     {"minilm-l6", "2611af05135796ac141fc86c71dd43a5"},
                                                     {"resnet-50", "c7b3097db31593b636345fe0bf50b24e"},
                                                     {"whisper-tiny", "7d3f964f7f3452283a79ebeb36470f6a"},
                                                     {"smolvla-expert", "aba6ee110e265e25206be526ee61967c"}};
  for (const auto& [name, hash] : hashes)
    EXPECT_EQ(hash_of_weights(built(name, "tiny", "inference").step.graph), hash) << name;
}

TEST(Catalogue, EachFamilyIsStoodForByAFullGrownModel) {
  auto names = one_of_each_family();
  std::ranges::sort(names);
  EXPECT_EQ(names, (std::vector<std::string>{"minilm-l6", "resnet-50", "sd15-unet", "smollm2-135m",
                                             "smolvla-expert", "whisper-tiny"}));
}

TEST(Catalogue, AnUnknownModelNamesItsNeighbours) {
  const auto result = find_model("smollm2-135n", "full");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::usage);
  EXPECT_NE(result.error().message.find("Did you mean smollm2-135m"), std::string::npos)
      << result.error().message;
  EXPECT_NE(find_model("smollm2-135m", "tny").error().message.find("tiny"), std::string::npos);
}

// A file of a model's weights holds its parameters, perhaps what is known to be spare, and nothing else.
TEST(Catalogue, WeightsOfAFileAreTheModelsOrRefused) {
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("assay-weights-of-{}", ::getpid());
  for (const Model& known : catalogue("tiny")) {
    const auto parameters = parameters_of(built(known.name, "tiny", known.workloads.front()));
    ASSERT_TRUE(parameters);
    const auto file = folder / (known.name + ".safetensors");
    ASSERT_TRUE(write_weights(*parameters, {}, 3, file));
    const tensor::TensorMap plain = *tensor::read_safetensors(file);
    const auto take = [&](const std::string& name, const tensor::Tensor& tensor) {
      tensor::TensorMap all = plain;
      if (!name.empty()) all[name] = tensor;
      EXPECT_TRUE(tensor::write_safetensors(file, all));
      Model model = known;
      return take_weights(model, file);
    };
    EXPECT_TRUE(take("", {}));
    const auto more = take("lm_head.bias", tensor::Tensor(tensor::DType::f32, {4}));
    ASSERT_FALSE(more) << known.name;
    EXPECT_NE(more.error().message.find("lm_head.bias"), std::string::npos) << more.error().message;
    for (const Spare& spare : known.spares) {
      std::string name = spare.name;
      if (const size_t star = name.find('*'); star != std::string::npos) name.replace(star, 1, "0");
      const tensor::Tensor other(tensor::DType::f32, {4});
      EXPECT_TRUE(take(name, spare.same_as.empty() ? other : plain.at(spare.same_as))) << name;
      EXPECT_EQ(take(name, other).has_value(), spare.same_as.empty()) << name;
    }
  }
  std::filesystem::remove_all(folder);
}

// One workload's parameters are all of a model's: a file is held against the first's.
TEST(Catalogue, TheFirstWorkloadHasEveryParameter) {
  for (const Model& model : catalogue("tiny")) {
    const auto first = parameters_of(built(model.name, "tiny", model.workloads.front()));
    for (const std::string& workload : model.workloads)
      for (const auto& [name, shape] :
           of_role(*parameters_of(built(model.name, "tiny", workload)), Role::parameter))
        EXPECT_TRUE(first->find(name)) << model.name << " " << workload << " " << name;
  }
}

}  // namespace
}  // namespace assay::models
