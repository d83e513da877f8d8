// One small graph whose gradients are tested against finite differences. Cases are listed by operator; an
// operator with a gradient rule and no case fails the test.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "graph/builder.h"

namespace assay::gradients {

using graph::Attributes;
using graph::kAbsent;
using graph::Shape;
using graph::ValueId;

// Writes one case's graph. Parameters get distinct, evenly spaced values in random order, so that none lies
// on a kink.
class Maker {
 public:
  explicit Maker(const std::string& name) : builder_(name) {}

  // A trainable parameter with values in [low, high).
  ValueId p(Shape shape, double low = -1, double high = 1);
  // A parameter that is not trained.
  ValueId fixed(Shape shape, double low = -1, double high = 1);
  ValueId i64(Shape shape, const std::vector<int64_t>& values);
  ValueId ints(const std::vector<int64_t>& values) {
    return i64({static_cast<int64_t>(values.size())}, values);
  }
  ValueId f32(Shape shape, const std::vector<float>& values);
  ValueId booleans(Shape shape, const std::vector<int64_t>& values);

  ValueId op(const std::string& name, std::vector<ValueId> inputs, Attributes attributes = {});
  std::vector<ValueId> ops(const std::string& name, std::vector<ValueId> inputs, Attributes attributes,
                           size_t outputs);

  [[nodiscard]] graph::Builder& builder() { return builder_; }
  // Parameters by name.
  [[nodiscard]] const tensor::TensorMap& bindings() const { return bindings_; }

 private:
  std::string next(const std::string& what) { return what + std::to_string(count_++); }

  graph::Builder builder_;
  tensor::TensorMap bindings_;
  int count_ = 0;
};

struct Case {
  std::string op;                                     // the operator whose rule it tests
  std::string variant;                                // a name for it
  std::function<std::vector<ValueId>(Maker&)> build;  // returns the values that the loss depends on
};

// "Gemm_plain".
std::string case_name(const Case& test);

// The case's graph: ends in one scalar, the sum of every value with weights that are all different, so that
// no gradient cancels.
Result<graph::Graph> with_loss(Maker& maker, const std::vector<ValueId>& values);

std::vector<Case> all_cases();
// By kind, one file each.
std::vector<Case> matrix_cases();
std::vector<Case> arithmetic_cases();
std::vector<Case> activation_cases();
std::vector<Case> reduction_cases();
std::vector<Case> layout_cases();
std::vector<Case> attention_cases();
std::vector<Case> normalization_cases();
std::vector<Case> image_cases();
std::vector<Case> recurrent_cases();

}  // namespace assay::gradients
