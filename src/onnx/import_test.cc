#include "onnx/import.h"

#include <gtest/gtest.h>
#include <onnx.pb.h>
#include <unistd.h>

#include <functional>

#include "base/file.h"
#include "graph/builder.h"
#include "graph/json.h"
#include "onnx/export.h"
#include "tensor/safetensors.h"

namespace assay::onnx {
namespace {

namespace fs = std::filesystem;
using graph::Builder;
using graph::DType;
using graph::Graph;
using graph::Tensor;

using Change = std::function<void(::onnx::ModelProto&)>;

class Import : public testing::Test {
 protected:
  Import() : folder_(fs::temp_directory_path() / fmt::format("assay-onnx-import-{}", ::getpid())) {
    fs::create_directories(folder_);
    EXPECT_TRUE(tensor::write_safetensors(weights(), {{"w", Tensor::of<float>({3, 2}, {1, 2, 3, 4, 5, 6})},
                                                      {"b", Tensor::of<float>({2}, {7, 8})}}));
  }
  ~Import() override { fs::remove_all(folder_); }
  [[nodiscard]] fs::path weights() const { return folder_ / "weights.safetensors"; }
  [[nodiscard]] fs::path model() const { return folder_ / "model.onnx"; }

  // y = x * w + b, as a list of rows, with one constant of shape.
  static Graph sample() {
    Builder b("sample");
    const auto x = b.input("x", DType::f32, {4, 3});
    const auto w = b.parameter("w", {3, 2}, {}, false), bias = b.parameter("b", {2}, {}, false);
    const auto shape = b.constant("shape", Tensor::of<int64_t>({1}, {8}));
    const auto sum = b.op("sum", "Add", {b.op("product", "MatMul", {x, w}), bias});
    b.output(b.op("y", "Reshape", {sum, shape}));
    return std::move(b).finish().value();
  }

  // The import of the sample's file, changed.
  Result<Graph> changed(const Change& change) {
    EXPECT_TRUE(export_onnx(sample(), weights(), model()));
    ::onnx::ModelProto proto;
    EXPECT_TRUE(proto.ParseFromString(*read_file(model())));
    change(proto);
    EXPECT_TRUE(write_file(model(), proto.SerializeAsString()));
    return import_onnx(model(), weights());
  }

  std::string refusal(const Change& change) {
    const auto graph = changed(change);
    return graph ? "no error" : graph.error().message;
  }

  fs::path folder_;
};

TEST_F(Import, GivesTheGraphThatWasExported) {
  const auto graph = changed([](auto&) {});
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(graph::to_json(*graph), graph::to_json(sample()));
}

TEST_F(Import, AWeightWhereAConstantMustStandIsOne) {
  const auto graph = changed([](::onnx::ModelProto& model) {
    auto* node = model.mutable_graph()->mutable_node(1);
    node->set_op_type("Resize");
    node->clear_input();
    for (const char* name : {"product", "", "b"}) node->add_input(name);
    model.mutable_graph()->mutable_node()->RemoveLast();
    model.mutable_graph()->mutable_output(0)->set_name("sum");
  });
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(graph->value(graph->find("b").value()).role, graph::Role::constant);
  EXPECT_EQ(graph->value(graph->find("sum").value()).shape, (graph::Shape{28, 16}));
}

TEST_F(Import, NamesEveryOperatorThatIsMissing) {
  const auto said = refusal([](::onnx::ModelProto& model) {
    model.mutable_graph()->mutable_node(0)->set_op_type("NoSuch");
    model.mutable_graph()->mutable_node(1)->set_op_type("Neither");
  });
  EXPECT_EQ(said, "2 of its operators cannot be computed here: Neither (node sum), NoSuch (node product)");
}

TEST_F(Import, OurOwnOperatorIsNoneOfTheStandard) {
  const auto said = refusal(
      [](::onnx::ModelProto& model) { model.mutable_graph()->mutable_node(0)->set_op_type("Linear"); });
  EXPECT_NE(said.find("Linear (node product)"), std::string::npos) << said;
}

TEST_F(Import, NodesAreCalledByTheirOutputsWhereTheyHaveNoNames) {
  const auto graph = changed([](::onnx::ModelProto& model) {
    model.mutable_graph()->mutable_node(0)->clear_name();
    model.mutable_graph()->mutable_node(1)->set_name("product");
  });
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(graph->nodes()[0].name, "product");
  EXPECT_EQ(graph->nodes()[1].name, "product_");
}

TEST_F(Import, RefusesWhatDoesNotHoldTogether) {
  const std::pair<const char*, Change> kCases[] = {
      {"its input nowhere is no value before it",
       [](auto& m) { m.mutable_graph()->mutable_node(0)->set_input(0, "nowhere"); }},
      {"output none is computed by no node",
       [](auto& m) { m.mutable_graph()->mutable_output(0)->set_name("none"); }},
      {"value x is of type UINT8",
       [](auto& m) {
         m.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(2);
       }},
      {"value x: dimension 0 is no number",
       [](auto& m) {
         auto* type = m.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type();
         type->mutable_shape()->mutable_dim(0)->set_dim_param("batch");
       }},
      {"tensor shape: 8 bytes for shape [2]",
       [](auto& m) { m.mutable_graph()->mutable_initializer(2)->set_dims(0, 2); }},
      {"tensor shape: 8 bytes for shape [1099511627776]",
       [](auto& m) { m.mutable_graph()->mutable_initializer(2)->set_dims(0, int64_t{1} << 40); }},
      {"tensor v is not among the weights",
       [](auto& m) { m.mutable_graph()->mutable_initializer(0)->set_name("v"); }},
      {"attribute value is neither",
       [](auto& m) {
         auto* attribute = m.mutable_graph()->mutable_node(0)->add_attribute();
         attribute->set_name("value");
         attribute->set_type(::onnx::AttributeProto::TENSOR);
       }},
      {"which is opset 24", [](auto& m) { m.mutable_opset_import(0)->set_version(23); }},
      {"the graph has no outputs", [](auto& m) { m.mutable_graph()->clear_output(); }},
  };
  for (const auto& [expected, change] : kCases) {
    const auto said = refusal(change);
    EXPECT_NE(said.find(expected), std::string::npos) << said;
  }
}

TEST_F(Import, RefusesWhatIsNoProtobuf) {
  ASSERT_TRUE(write_file(model(), "\x0a\xff\xff\xff\xff"));
  EXPECT_FALSE(import_onnx(model(), weights()));
}

}  // namespace
}  // namespace assay::onnx
