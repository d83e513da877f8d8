// Every gradient rule against central differences in float64 of the forward graph.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "autodiff/gradient.h"
#include "autodiff/rule.h"
#include "autodiff/unrolled.h"
#include "case.h"
#include "graph/operators.h"
#include "reference/evaluate.h"

namespace assay::gradients {
namespace {

using graph::Graph;
using tensor::Tensor;
using tensor::TensorMap;

// Operators without a rule, and why that is right.
const std::map<std::string, std::string> kNoRule{
    {"And", "boolean"},
    {"Equal", "boolean"},
    {"Greater", "boolean"},
    {"GreaterOrEqual", "boolean"},
    {"Less", "boolean"},
    {"LessOrEqual", "boolean"},
    {"Not", "boolean"},
    {"Or", "boolean"},
    {"Xor", "boolean"},
    {"OneHot", "of indices"},
    {"Sign", "no model trains through it: its gradient is zero"},
    {"ArgMax", "of indices"},
    {"ArgMin", "of indices"},
    {"Ceil", "no model trains through it: its gradient is zero"},
    {"Floor", "no model trains through it: its gradient is zero"},
    {"GridSample", "no composition of our operators"},
    {"Hardmax", "no model trains through it: its gradient is zero"},
    {"IsInf", "boolean"},
    {"IsNaN", "boolean"},
    {"LRN", "not written: no model of today trains through it"},
    {"ReduceProd", "not written: no model trains through it"},
    {"Round", "no model trains through it: its gradient is zero"},
    {"LSTM", "written out step by step (autodiff/unrolled.h)"},
    {"GRU", "written out step by step (autodiff/unrolled.h)"},
    {"RNN", "written out step by step (autodiff/unrolled.h)"},
    {"ScatterElements", "of gradient graphs; no model trains through it"},
    {"ScatterND", "of gradient graphs; no model trains through it"},
};

TensorMap evaluated(const Graph& graph, const TensorMap& bindings) {
  const auto result = reference::evaluate(graph, bindings, {.scalar = reference::Scalar::f64, .threads = 1});
  EXPECT_TRUE(result) << (result ? "" : result.error().message);
  return result ? *result : TensorMap();
}

double loss_at(const Graph& forward, const TensorMap& bindings) {
  const TensorMap out = evaluated(forward, bindings);
  return out.empty() ? NAN : out.begin()->second.data<double>()[0];
}

TensorMap moved(const TensorMap& bindings, const std::string& name, size_t element, double by) {
  TensorMap result = bindings;
  const Tensor& old = bindings.at(name);
  Tensor copy = Tensor::of<double>(old.shape(), {old.data<double>().begin(), old.data<double>().end()});
  copy.mutable_data<double>()[element] += by;
  result[name] = copy;
  return result;
}

// Fourth order: (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12 h.
double difference(const Graph& forward, const TensorMap& bindings, const std::string& name, size_t element) {
  constexpr double kStep = 1e-3;
  const auto pair = [&](double h) {
    return loss_at(forward, moved(bindings, name, element, h)) -
           loss_at(forward, moved(bindings, name, element, -h));
  };
  return (8 * pair(kStep) - pair(2 * kStep)) / (12 * kStep);
}

void check_case(const Case& test) {
  Maker maker(test.op);
  const auto values = test.build(maker);
  const auto forward = with_loss(maker, values);
  ASSERT_TRUE(forward) << forward.error().message;
  const auto backward = autodiff::gradient(*forward);
  ASSERT_TRUE(backward) << backward.error().message;
  const TensorMap result = evaluated(*backward, maker.bindings());
  size_t checked = 0;
  for (const auto& value : forward->values()) {
    if (!value.trainable) continue;
    const auto found = result.find(autodiff::gradient_name(value.name));
    ASSERT_NE(found, result.end()) << value.name;
    ASSERT_EQ(found->second.shape(), value.shape);
    const auto gradient = found->second.data<double>();
    double largest = 1e-3;
    for (const double g : gradient) largest = std::max(largest, std::abs(g));
    for (size_t i = 0; i < gradient.size(); ++i, ++checked)
      ASSERT_NEAR(gradient[i], difference(*forward, maker.bindings(), value.name, i), 1e-8 * largest)
          << value.name << " element " << i;
  }
  EXPECT_GT(checked, 0u);
  EXPECT_NEAR(result.at(forward->value(forward->outputs()[0]).name).data<double>()[0],
              loss_at(*forward, maker.bindings()), 1e-12);
}

class FiniteDifferences : public testing::TestWithParam<Case> {};

TEST_P(FiniteDifferences, Agree) { check_case(GetParam()); }

// With a name of its own: a lambda here would shadow the macro's.
std::string parameter_name(const testing::TestParamInfo<Case>& test) { return case_name(test.param); }

INSTANTIATE_TEST_SUITE_P(Rules, FiniteDifferences, testing::ValuesIn(all_cases()), parameter_name);

TEST(Rules, EveryRuleHasACase) {
  std::set<std::string> tested;
  for (const Case& test : all_cases()) tested.insert(test.op);
  for (const autodiff::Rule& rule : autodiff::rules())
    EXPECT_TRUE(tested.contains(std::string(rule.op))) << rule.op << " has a gradient rule and no case";
  for (const std::string& op : tested)
    EXPECT_TRUE(autodiff::find_rule(op) != nullptr || autodiff::is_unrolled(op))
        << op << " has a case and no rule";
}

TEST(Rules, EveryOperatorHasARuleOrAReason) {
  for (const graph::Operator& op : graph::operators())
    EXPECT_NE(autodiff::find_rule(op.name) != nullptr, kNoRule.contains(op.name)) << op.name;
}

}  // namespace
}  // namespace assay::gradients
