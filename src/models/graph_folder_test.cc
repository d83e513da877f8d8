// Folders of one graph: what is read of them, which workload they are, and what is refused with the file's
// name.
#include "models/graph_folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"
#include "graph/builder.h"
#include "graph/json.h"
#include "tensor/safetensors.h"

namespace assay::models {
namespace {

namespace fs = std::filesystem;
using tensor::DType;
using tensor::Tensor;

// The mean of x times w, as the output of that name; w is a parameter.
Graph product(const std::string& output, bool trainable) {
  graph::Builder builder("product");
  const auto x = builder.input("x", DType::f32, {2});
  const auto w = builder.parameter("w", {2}, {}, trainable);
  builder.output(builder.op(output, "ReduceMean", {builder.op("xw", "Mul", {x, w})}, {{"keepdims", 0}}));
  return *std::move(builder).finish();
}

Graph negated() {
  graph::Builder builder("negated");
  builder.output(builder.op("y", "Neg", {builder.input("x", DType::f32, {2})}));
  return *std::move(builder).finish();
}

class GraphFolder : public testing::Test {
 protected:
  GraphFolder() : place_(fs::temp_directory_path() / fmt::format("assay-graph-folder-{}", ::getpid())) {}
  ~GraphFolder() override { fs::remove_all(place_); }

  // A folder with the graph and two input sets that fit it.
  [[nodiscard]] fs::path write(const std::string& name, const Graph& graph) const {
    EXPECT_TRUE(write_file(place_ / name / "graph.json", graph::to_json(graph)));
    write_inputs(name, 0, {{"x", Tensor::of<float>({2}, {1, 2})}});
    write_inputs(name, 1, {{"x", Tensor::of<float>({2}, {3, 4})}});
    return place_ / name;
  }
  void write_inputs(const std::string& name, int set, const TensorMap& tensors) const {
    EXPECT_TRUE(
        tensor::write_safetensors(place_ / name / fmt::format("inputs-{}.safetensors", set), tensors));
  }

  // The second input set of a folder is refused with a line that names its file and says `part`.
  void expect_refused(const TensorMap& tensors, const std::string& part) const {
    const auto model = model_in(write("bad", negated()));
    write_inputs("bad", 1, tensors);
    const auto workload = model->build("inference");
    ASSERT_FALSE(workload) << "accepted; expected: " << part;
    EXPECT_EQ(workload.error().kind, ErrorKind::data);
    EXPECT_NE(workload.error().message.find("inputs-1.safetensors"), std::string::npos);
    EXPECT_NE(workload.error().message.find(part), std::string::npos) << workload.error().message;
  }

  fs::path place_;
};

TEST_F(GraphFolder, IsAModelOfItsName) {
  const auto folder = write("negated", negated());
  const auto model = model_in(folder);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->name, "negated");
  EXPECT_EQ(model->workloads, std::vector<std::string>{"inference"});
  EXPECT_TRUE(model->checkpoint.empty());
  const auto workload = model->build("inference");
  ASSERT_TRUE(workload) << workload.error().message;
  EXPECT_EQ(workload->model, "negated");
  EXPECT_EQ(graph::to_json(workload->step.graph), graph::to_json(negated()));
  EXPECT_EQ(workload->step.inputs[0].at("x").data<float>()[0], 1);
  EXPECT_EQ(workload->step.inputs[1].at("x").data<float>()[0], 3);
}

TEST_F(GraphFolder, TrainsWhereALossFollowsFromWhatMayChange) {
  const auto workloads = [&](const Graph& graph) { return model_in(write("product", graph))->workloads; };
  EXPECT_EQ(workloads(product("loss", true)), std::vector<std::string>{"training"});
  EXPECT_EQ(workloads(product("loss", false)), std::vector<std::string>{"inference"});
  EXPECT_EQ(workloads(product("y", true)), std::vector<std::string>{"inference"});
}

TEST_F(GraphFolder, ParametersComeFromItsWeights) {
  const auto folder = write("product", product("y", false));
  EXPECT_EQ(model_in(folder)->checkpoint, std::vector<fs::path>{folder / "weights.safetensors"});
}

TEST_F(GraphFolder, InputsMustBeThoseOfTheGraph) {
  const Tensor fits = Tensor::of<float>({2}, {1, 2});
  expect_refused({}, "expected x, F32 [2]");
  expect_refused({{"x", Tensor::of<float>({3}, {1, 2, 3})}}, "expected x, F32 [2]");
  expect_refused({{"x", Tensor::of<int64_t>({2}, {1, 2})}}, "expected x, F32 [2]");
  expect_refused({{"x", fits}, {"z", fits}}, "tensors that are no inputs of the graph");
}

TEST_F(GraphFolder, WithoutInputsNeedsNoFiles) {
  graph::Builder builder("constant");
  builder.output(builder.op("y", "Neg", {builder.parameter("w", {2}, {}, false)}));
  EXPECT_TRUE(write_file(place_ / "constant" / "graph.json", graph::to_json(*std::move(builder).finish())));
  EXPECT_TRUE(model_in(place_ / "constant")->build("inference"));
}

TEST_F(GraphFolder, ADamagedGraphIsNamed) {
  EXPECT_TRUE(write_file(place_ / "bad" / "graph.json", "{"));
  const auto model = model_in(place_ / "bad");
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().message.find((place_ / "bad/graph.json").string()), 0U) << model.error().message;
}

TEST_F(GraphFolder, ModelsComeByNameAndOnlyFromFoldersWithAGraph) {
  for (const char* name : {"b", "a", "c"}) (void)write(name, negated());
  fs::remove(place_ / "c" / "graph.json");
  const auto models = models_in(place_);
  ASSERT_TRUE(models) << models.error().message;
  ASSERT_EQ(models->size(), 2U);
  EXPECT_EQ((*models)[0].name, "a");
  EXPECT_EQ((*models)[1].name, "b");
}

TEST_F(GraphFolder, NoGraphsAreAFaultOfUse) {
  for (const auto& place : {place_ / "nowhere", fs::path(write("a", negated()))}) {
    const auto models = models_in(place);
    ASSERT_FALSE(models);
    EXPECT_EQ(models.error().kind, ErrorKind::usage);
    EXPECT_NE(models.error().message.find("graph.json"), std::string::npos);
  }
}

}  // namespace
}  // namespace assay::models
