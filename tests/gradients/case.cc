#include "case.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace assay::gradients {

using tensor::DType;
using tensor::Tensor;

namespace {

Tensor spaced(const std::string& name, const Shape& shape, double low, double high) {
  std::vector<double> values(static_cast<size_t>(tensor::element_count(shape)));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = low + (high - low) * (static_cast<double>(i) + 0.31) / static_cast<double>(values.size());
  std::mt19937 random(
      static_cast<uint32_t>(name.size() * 131 + values.size() * 7 + static_cast<size_t>(name.back())));
  std::ranges::shuffle(values, random);
  return Tensor::of<double>(shape, values);
}

}  // namespace

ValueId Maker::p(Shape shape, double low, double high) {
  const std::string name = next("p");
  bindings_[name] = spaced(name, shape, low, high);
  return builder_.parameter(name, std::move(shape), {}, true);
}

ValueId Maker::fixed(Shape shape, double low, double high) {
  const std::string name = next("fixed");
  bindings_[name] = spaced(name, shape, low, high);
  return builder_.parameter(name, std::move(shape), {}, false);
}

ValueId Maker::i64(Shape shape, const std::vector<int64_t>& values) {
  return builder_.constant(next("i"), Tensor::of<int64_t>(std::move(shape), values));
}

ValueId Maker::f32(Shape shape, const std::vector<float>& values) {
  return builder_.constant(next("f"), Tensor::of<float>(std::move(shape), values));
}

ValueId Maker::booleans(Shape shape, const std::vector<int64_t>& values) {
  Tensor data(DType::boolean, std::move(shape));
  std::ranges::transform(values, data.mutable_data<bool>().begin(), [](int64_t v) { return v != 0; });
  return builder_.constant(next("b"), std::move(data));
}

ValueId Maker::op(const std::string& name, std::vector<ValueId> inputs, Attributes attributes) {
  return builder_.op(next(name), name, std::move(inputs), std::move(attributes));
}

std::vector<ValueId> Maker::ops(const std::string& name, std::vector<ValueId> inputs, Attributes attributes,
                                size_t outputs) {
  const std::string node = next(name);
  std::vector<std::string> names;
  for (size_t i = 0; i < outputs; ++i) names.push_back(fmt::format("{}:{}", node, i));
  return builder_.ops(node, name, std::move(inputs), std::move(attributes), names);
}

Result<graph::Graph> with_loss(Maker& maker, const std::vector<ValueId>& values) {
  graph::Builder& b = maker.builder();
  ValueId loss = kAbsent;
  for (const ValueId v : values) {
    std::vector<float> weights(static_cast<size_t>(tensor::element_count(b.shape(v))));
    for (size_t i = 0; i < weights.size(); ++i)
      weights[i] = static_cast<float>(std::cos(1.0 + 1.7 * static_cast<double>(i)));
    const ValueId product = maker.op("Mul", {v, maker.f32(b.shape(v), weights)});
    const ValueId sum = maker.op("ReduceSum", {product}, {{"keepdims", int64_t{0}}});
    loss = loss == kAbsent ? sum : maker.op("Add", {loss, sum});
  }
  b.output(loss);
  return std::move(b).finish();
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (auto& part :
       {matrix_cases(), arithmetic_cases(), activation_cases(), reduction_cases(), layout_cases(),
        attention_cases(), normalization_cases(), image_cases(), recurrent_cases()})
    cases.insert(cases.end(), part.begin(), part.end());
  return cases;
}

std::string case_name(const Case& test) { return test.op + "_" + test.variant; }

}  // namespace assay::gradients
