// Graphs as exporters write them, for tests: each pattern taken apart.
#pragma once

#include <numbers>
#include <string>
#include <vector>

#include "graph/builder.h"

namespace assay::recognise {

using graph::Builder;
using graph::Graph;
using graph::Shape;
using graph::Tensor;
using graph::ValueId;

class Pattern {
 public:
  Pattern() : builder("pattern") {}

  ValueId x(Shape shape = {2, 4, 8}) { return builder.input("x", tensor::DType::f32, std::move(shape)); }
  ValueId weight(const std::string& name, Shape shape) {
    return builder.parameter(name, std::move(shape), {0, 0.5});
  }
  ValueId number(double value) {
    return builder.constant(fmt::format("number {}", value),
                            Tensor::of<float>({}, {static_cast<float>(value)}));
  }
  ValueId integers(const std::vector<int64_t>& values) {
    return builder.constant(fmt::format("integers {}", tensor::to_string(values)),
                            Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, values));
  }
  ValueId op(const std::string& name, std::vector<ValueId> inputs, graph::Attributes attributes = {}) {
    return builder.op(fmt::format("{} {}", name, ++count_), name, std::move(inputs), std::move(attributes));
  }
  Graph ending_in(ValueId value) {
    builder.output(value);
    return std::move(builder).finish().value();
  }

  ValueId erf_gelu(ValueId value, double root = std::numbers::sqrt2) {
    const ValueId erf = op("Erf", {op("Div", {value, number(root)})});
    return op("Mul", {op("Mul", {value, op("Add", {erf, number(1)})}), number(0.5)});
  }
  ValueId tanh_gelu(ValueId value) {
    const ValueId cubic = op("Mul", {number(0.044715), op("Pow", {value, number(3)})});
    const ValueId tanh = op("Tanh", {op("Mul", {number(0.7978845608028654), op("Add", {value, cubic})})});
    return op("Mul", {op("Mul", {number(0.5), value}), op("Add", {number(1), tanh})});
  }
  ValueId layer_norm(ValueId value, ValueId scale, ValueId bias) {
    const ValueId apart = op("Sub", {value, op("ReduceMean", {value, integers({-1})})});
    const ValueId square = op("ReduceMean", {op("Pow", {apart, number(2)}), integers({-1})});
    const ValueId norm = op("Div", {apart, op("Sqrt", {op("Add", {square, number(1e-5)})})});
    return op("Add", {op("Mul", {norm, scale}), bias});
  }
  ValueId rms_norm(ValueId value, ValueId scale) {
    const ValueId square = op("ReduceMean", {op("Mul", {value, value}), integers({-1})});
    const ValueId root = op("Sqrt", {op("Add", {square, number(1e-6)})});
    return op("Mul", {scale, op("Mul", {value, op("Reciprocal", {root})})});
  }
  // Of [batch, heads, length, size]; the scale on both sides, as some exporters write it.
  ValueId attention(ValueId q, ValueId k, ValueId v, ValueId mask) {
    const ValueId turned = op("Transpose", {k}, {{"perm", std::vector<int64_t>{0, 1, 3, 2}}});
    const ValueId scores = op("MatMul", {op("Mul", {q, number(0.5)}), op("Mul", {turned, number(0.5)})});
    return op("MatMul", {op("Softmax", {op("Add", {scores, mask})}, {{"axis", int64_t{-1}}}), v});
  }
  ValueId rotary(ValueId value, ValueId cos, ValueId sin) {
    const ValueId left = op("Slice", {value, integers({0}), integers({2}), integers({3})});
    const ValueId right = op("Slice", {value, integers({2}), integers({4}), integers({3})});
    const ValueId turned = op("Concat", {op("Neg", {right}), left}, {{"axis", int64_t{-1}}});
    return op("Add", {op("Mul", {value, cos}), op("Mul", {turned, sin})});
  }

  Builder builder;

 private:
  int count_ = 0;
};

// Tables of cosines or sines for three positions of heads of four: halves that are equal.
inline Tensor rotary_table(float first) {
  std::vector<float> rows;
  for (int at = 0; at < 3; ++at)
    for (const int i : {0, 1, 0, 1}) rows.push_back(first / static_cast<float>(1 + at + 2 * i));
  return Tensor::of<float>({1, 1, 3, 4}, rows);
}

// Which of three keys each of three queries sees.
inline Tensor mask_of(bool (*visible)(int query, int key)) {
  Tensor mask(tensor::DType::boolean, {1, 1, 3, 3});
  auto sees = mask.mutable_data<bool>();
  for (int at = 0; at < 9; ++at) sees[static_cast<size_t>(at)] = visible(at / 3, at % 3);
  return mask;
}

}  // namespace assay::recognise
