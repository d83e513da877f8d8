#include "autodiff/emitter.h"

#include <gtest/gtest.h>

namespace assay::autodiff {
namespace {

class Emit : public testing::Test {
 protected:
  Emit() : x(e.builder().input("x", DType::f32, {2, 3})) {}

  [[nodiscard]] size_t nodes() { return e.builder().graph().nodes().size(); }

  Emitter e{"test"};
  ValueId x;
};

TEST_F(Emit, EqualNodesOnce) {
  EXPECT_EQ(e.op("Exp", {x}), e.op("Exp", {x}));
  EXPECT_NE(e.op("Softmax", {x}, {{"axis", int64_t{0}}}), e.op("Softmax", {x}, {{"axis", int64_t{1}}}));
  EXPECT_EQ(nodes(), 3u);
}

TEST_F(Emit, NamesAreScopedAndUnique) {
  e.enter("grad/norm");
  e.op("Exp", {x});
  e.op("Exp", {e.op("Log", {x})});
  EXPECT_EQ(e.builder().graph().nodes()[0].name, "grad/norm/Exp");
  EXPECT_EQ(e.builder().graph().nodes()[2].name, "grad/norm/Exp.2");
}

TEST_F(Emit, NumbersThatFloat32HoldsAreOneConstant) {
  e.scalar(0.25, DType::f32);
  EXPECT_EQ(nodes(), 0u);
  EXPECT_EQ(e.scalar(0.25, DType::f32), e.scalar(0.25, DType::f32));
}

TEST_F(Emit, OtherNumbersAreTheSumOfTwo) {
  const ValueId third = e.scalar(1.0 / 3, DType::f32);
  EXPECT_EQ(e.number(third), 1.0 / 3);
  const graph::Node node = e.builder().graph().nodes().at(0);
  double sum = 0;
  for (const ValueId part : node.inputs)
    sum += static_cast<double>(e.builder().graph().value(part).data.data<float>()[0]);
  EXPECT_NEAR(sum, 1.0 / 3, 1e-15);
}

TEST_F(Emit, FactorsCollect) {
  EXPECT_EQ(e.mul(x, e.scalar(1, DType::f32)), x);
  const ValueId y = e.scale(e.scale(x, 4), 0.5);
  EXPECT_EQ(e.unscaled(y).base, x);
  EXPECT_EQ(e.unscaled(y).factor, 2);
  EXPECT_EQ(e.number(e.mul(e.scalar(3, DType::f32), e.scalar(0.5, DType::f32))), 1.5);
}

TEST_F(Emit, FactorSurvivesAReshape) {
  const Scaled parts = e.unscaled(e.reshape(e.scale(x, 0.5), {6}));
  EXPECT_EQ(parts.factor, 0.5);
  EXPECT_EQ(e.shape(parts.base), (Shape{6}));
}

TEST_F(Emit, AProductWithAFilledTensorIsAFactor) {
  EXPECT_EQ(e.unscaled(e.mul(e.filled(0.5, {2, 3}, DType::f32), x)).factor, 0.5);
  EXPECT_EQ(e.shape(e.mul(e.filled(0.5, {4, 2, 3}, DType::f32), x)), (Shape{4, 2, 3}));
}

TEST_F(Emit, ReshapesCollapse) {
  EXPECT_EQ(e.reshape(e.reshape(x, {6}), {2, 3}), x);
  EXPECT_EQ(e.transpose(x, {0, 1}), x);
}

TEST_F(Emit, SumsUndoBroadcasting) {
  EXPECT_EQ(e.sum_to(x, {2, 3}), x);
  for (const Shape& to : {Shape{3}, Shape{1, 3}, Shape{2, 1}, Shape{}, Shape{1}})
    EXPECT_EQ(e.shape(e.sum_to(x, to)), to);
}

TEST_F(Emit, KeepsTheFirstErrorAndGoesOn) {
  EXPECT_EQ(e.op("MatMul", {x, x}), kAbsent);
  const ValueId after = e.scale(e.sum_to(e.reshape(e.transpose_last(e.rows(kAbsent)), {3}), {3}), 2);
  EXPECT_EQ(after, kAbsent);
  EXPECT_FALSE(std::move(e.builder()).finish());
}

}  // namespace
}  // namespace assay::autodiff
