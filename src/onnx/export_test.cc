#include "onnx/export.h"

#include <gtest/gtest.h>
#include <onnx.pb.h>
#include <unistd.h>

#include "base/file.h"
#include "graph/builder.h"
#include "tensor/safetensors.h"

namespace assay::onnx {
namespace {

namespace fs = std::filesystem;
using graph::Builder;
using graph::DType;
using graph::Graph;
using graph::kAbsent;
using graph::Tensor;
using graph::ValueId;

class Export : public testing::Test {
 protected:
  Export() : folder_(fs::temp_directory_path() / fmt::format("assay-onnx-{}", ::getpid())) {
    fs::create_directories(folder_);
    EXPECT_TRUE(tensor::write_safetensors(weights(), {{"w", Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, 6})},
                                                      {"b", Tensor::of<float>({2}, {7, 8})}}));
  }
  ~Export() override { fs::remove_all(folder_); }
  [[nodiscard]] fs::path weights() const { return folder_ / "weights.safetensors"; }
  [[nodiscard]] fs::path model() const { return folder_ / "model.onnx"; }

  ::onnx::ModelProto exported(Builder b) {
    const auto graph = std::move(b).finish();
    EXPECT_TRUE(graph) << graph.error().message;
    const auto done = export_onnx(*graph, weights(), model());
    EXPECT_TRUE(done) << done.error().message;
    ::onnx::ModelProto proto;
    EXPECT_TRUE(proto.ParseFromString(*read_file(model())));
    return proto;
  }

  std::string error(Builder b) {
    const auto graph = std::move(b).finish();
    EXPECT_TRUE(graph) << graph.error().message;
    const auto done = export_onnx(*graph, weights(), model());
    return done ? "no error" : done.error().message;
  }

  fs::path folder_;
};

const ::onnx::TensorProto& initializer(const ::onnx::GraphProto& graph, const std::string& name) {
  for (const auto& tensor : graph.initializer())
    if (tensor.name() == name) return tensor;
  ADD_FAILURE() << "no initializer " << name;
  return graph.initializer(0);
}

// "Gemm(x, w, b) -> y".
std::string line(const ::onnx::NodeProto& node) {
  std::string inputs;
  for (const auto& input : node.input()) inputs += (inputs.empty() ? "" : ", ") + input;
  std::string outputs;
  for (const auto& output : node.output()) outputs += (outputs.empty() ? "" : ", ") + output;
  return fmt::format("{}({}) -> {}", node.op_type(), inputs, outputs);
}

TEST_F(Export, ParametersPointIntoTheWeightsFile) {
  Builder b("net");
  const ValueId x = b.input("x", DType::f32, {5, 3});
  b.output(b.op("y", "Linear", {x, b.parameter("w", {2, 3}, {}), b.parameter("b", {2}, {})}));
  const auto proto = exported(std::move(b));
  EXPECT_EQ(proto.opset_import(0).version(), 24);
  EXPECT_EQ(proto.ir_version(), 12);
  const auto& w = initializer(proto.graph(), "w");
  EXPECT_EQ(w.data_location(), ::onnx::TensorProto::EXTERNAL);
  EXPECT_EQ(w.external_data(0).value(), "weights.safetensors");
  EXPECT_FALSE(w.has_raw_data());
  const std::string file = *read_file(weights());
  const auto* values = reinterpret_cast<const float*>(file.data() + std::stoll(w.external_data(1).value()));
  EXPECT_EQ(std::vector<float>(values, values + 6), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(w.external_data(2).value(), "24");
  ASSERT_EQ(proto.graph().node_size(), 1);
  EXPECT_EQ(line(proto.graph().node(0)), "Gemm(x, w, b) -> y");
  EXPECT_EQ(proto.graph().node(0).attribute(0).name(), "transB");
  EXPECT_EQ(proto.graph().node(0).attribute(0).i(), 1);
  EXPECT_EQ(initializer(proto.graph(), "w").data_type(), ::onnx::TensorProto::FLOAT);
  EXPECT_EQ(proto.graph().input(0).type().tensor_type().elem_type(), ::onnx::TensorProto::FLOAT);
}

TEST_F(Export, LinearOnMoreDimensionsGoesThroughRowsOnce) {
  Builder b("net");
  const ValueId x = b.input("x", DType::f32, {1, 5, 3});
  const ValueId w = b.parameter("w", {2, 3}, {});
  b.output(b.op("y", "Linear", {x, w}));
  b.output(b.op("z", "Linear", {x, w, b.parameter("b", {2}, {})}));
  b.output(b.op("x.rows", "Relu", {x}));
  const auto proto = exported(std::move(b));
  ASSERT_EQ(proto.graph().node_size(), 6);
  EXPECT_EQ(line(proto.graph().node(0)), "Reshape(x, shape [5, 3]) -> x.rows_")
      << "x.rows is the graph's own";
  EXPECT_EQ(line(proto.graph().node(1)), "Gemm(x.rows_, w) -> y.rows");
  EXPECT_EQ(line(proto.graph().node(2)), "Reshape(y.rows, shape [1, 5, 2]) -> y");
  EXPECT_EQ(line(proto.graph().node(3)), "Gemm(x.rows_, w, b) -> z.rows");
  EXPECT_EQ(line(proto.graph().node(4)), "Reshape(z.rows, shape [1, 5, 2]) -> z");
}

TEST_F(Export, InputsThenStatesAttributesAndConstants) {
  Builder b("net");
  const ValueId past = b.state("past", DType::f32, {1, 1, 4, 2});
  const ValueId q = b.input("q", DType::f32, {1, 3, 2});
  const auto mask = b.constant("mask", Tensor::of<float>({1}, {-std::numeric_limits<float>::infinity()}));
  const auto out = b.ops("attention", "Attention", {q, q, q, mask, past, past},
                         {{"q_num_heads", 1}, {"kv_num_heads", 1}, {"scale", 0.5}, {"is_causal", 1}},
                         {"y", "", "present"});
  b.output(out[0]);
  b.output(out[2]);
  b.output(b.op("t", "Transpose", {q}, {{"perm", std::vector<int64_t>{0, 2, 1}}}));
  b.output(b.op("g", "Gelu", {q}, {{"approximate", "tanh"}}));
  const auto proto = exported(std::move(b));
  EXPECT_EQ(proto.graph().input(0).name(), "q");
  EXPECT_EQ(proto.graph().input(1).name(), "past");
  EXPECT_EQ(proto.graph().input(1).type().tensor_type().shape().dim(2).dim_value(), 4);
  EXPECT_EQ(line(proto.graph().node(0)),
            "Attention(q, q, q, mask, past, past) -> y, attention.present_key, present");
  EXPECT_EQ(initializer(proto.graph(), "mask").raw_data(), std::string("\x00\x00\x80\xff", 4));
  EXPECT_EQ(proto.graph().node(0).attribute(3).name(), "scale");
  EXPECT_EQ(proto.graph().node(0).attribute(3).f(), 0.5F);
  EXPECT_EQ(proto.graph().node(1).attribute(0).ints(1), 2);
  EXPECT_EQ(proto.graph().node(2).attribute(0).s(), "tanh");
  EXPECT_EQ(proto.graph().output_size(), 4);
}

TEST_F(Export, TypesHaveTheStandardsNumbers) {
  Builder b("net");
  const std::vector<std::pair<DType, int>> types{{DType::f32, 1},     {DType::i32, 6},  {DType::i64, 7},
                                                 {DType::boolean, 9}, {DType::f16, 10}, {DType::f64, 11},
                                                 {DType::bf16, 16}};
  for (const auto& [type, number] : types) b.input(fmt::format("{}", number), type, {1});
  const auto proto = exported(std::move(b));
  for (const auto& input : proto.graph().input())
    EXPECT_EQ(input.type().tensor_type().elem_type(), std::stoi(input.name()));
}

TEST_F(Export, AnEqualSplitSaysHowMany) {
  Builder b("net");
  for (const ValueId part : b.ops("split", "Split", {b.input("x", DType::f32, {4})}, {}, {"a", "b"}))
    b.output(part);
  const auto proto = exported(std::move(b));
  ASSERT_EQ(proto.graph().node(0).attribute_size(), 1);
  EXPECT_EQ(proto.graph().node(0).attribute(0).name(), "num_outputs");
  EXPECT_EQ(proto.graph().node(0).attribute(0).i(), 2);
}

TEST_F(Export, OptionalOperandsAtTheEndAreLeftOut) {
  Builder b("net");
  const ValueId x = b.input("x", DType::f32, {1, 1, 4});
  b.output(b.ops("pool", "MaxPool", {x}, {{"kernel_shape", std::vector<int64_t>{2}}}, {"y", ""})[0]);
  b.output(b.op("z", "Conv", {x, b.input("k", DType::f32, {1, 1, 2}), kAbsent}));
  const auto proto = exported(std::move(b));
  EXPECT_EQ(line(proto.graph().node(0)), "MaxPool(x) -> y");
  EXPECT_EQ(line(proto.graph().node(1)), "Conv(x, k) -> z");
}

TEST_F(Export, ErrorsNameTheTensorOrTheOutput) {
  Builder missing("net");
  missing.parameter("v", {2}, {});
  EXPECT_EQ(error(std::move(missing)), weights().string() + ": tensor v is missing");
  Builder shape("net");
  shape.parameter("w", {3, 2}, {});
  EXPECT_EQ(error(std::move(shape)),
            weights().string() + ": tensor w is F32 [2, 3], the graph needs F32 [3, 2]");
  Builder through("net");
  through.output(through.input("x", DType::f32, {1}));
  EXPECT_EQ(error(std::move(through)),
            "graph net: x is an input and an output, which ONNX does not allow; add an Identity");
  Builder twice("net");
  const ValueId y = twice.op("y", "Relu", {twice.input("x", DType::f32, {1})});
  twice.output(y);
  twice.output(y);
  EXPECT_EQ(error(std::move(twice)), "graph net: y is an output twice, which ONNX does not allow");
}

TEST_F(Export, TheWeightsMustLieBesideTheModel) {
  Builder b("net");
  b.output(b.op("y", "Relu", {b.parameter("w", {2, 3}, {})}));
  const Graph graph = *std::move(b).finish();
  const auto elsewhere = export_onnx(graph, weights(), folder_ / "sub" / "model.onnx");
  ASSERT_FALSE(elsewhere);
  EXPECT_NE(elsewhere.error().message.find("must lie beside its weights"), std::string::npos);
  fs::create_symlink(weights(), folder_ / "link.safetensors");
  const auto link = export_onnx(graph, folder_ / "link.safetensors", model());
  ASSERT_FALSE(link);
  EXPECT_NE(link.error().message.find("symbolic link"), std::string::npos);
}

}  // namespace
}  // namespace assay::onnx
