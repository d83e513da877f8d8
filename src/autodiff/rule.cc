#include "autodiff/rule.h"

#include <algorithm>

#include "autodiff/tape.h"

namespace assay::autodiff {

const graph::Graph& GradientContext::forward() const { return tape_.forward(); }

ValueId GradientContext::input(size_t i) const { return tape_.value(node.input(i)); }

ValueId GradientContext::output(size_t i) const { return tape_.output(node, i); }

size_t GradientContext::axis(int64_t axis) const {
  return static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(shape(0).size()) : axis);
}

std::vector<int64_t> GradientContext::integers(size_t input_index) const {
  const ValueId id = node.input(input_index);
  if (id == kAbsent) return {};
  const graph::Tensor& data = tape_.forward().value(id).data;
  if (data.dtype() == DType::i64) return {data.data<int64_t>().begin(), data.data<int64_t>().end()};
  if (data.dtype() == DType::i32) return {data.data<int32_t>().begin(), data.data<int32_t>().end()};
  return {};
}

bool GradientContext::has_gradient(size_t output_index) const {
  return tape_.has_gradient(node.output(output_index));
}

ValueId GradientContext::gradient(size_t output_index) { return tape_.gradient(node.output(output_index)); }

bool GradientContext::wants(size_t input_index) const { return tape_.active(node.input(input_index)); }

void GradientContext::give(size_t input_index, ValueId gradient) {
  if (wants(input_index)) tape_.add(node.input(input_index), gradient);
}

void GradientContext::give_rows(size_t input_index, ValueId indices, ValueId rows) {
  if (wants(input_index)) tape_.add_rows(node.input(input_index), indices, rows);
}

const std::vector<Rule>& rules() {
  static const std::vector<Rule> all = [] {
    std::vector<Rule> result;
    for (const auto part :
         {matrix_rules(), arithmetic_rules(), activation_rules(), piecewise_rules(), trigonometric_rules(),
          einsum_rules(), softmax_rules(), reduction_rules(), layout_rules(), indexing_rules(),
          attention_rules(), normalization_rules(), convolution_rules(), pooling_rules()})
      result.insert(result.end(), part.begin(), part.end());
    std::ranges::sort(result, {}, &Rule::op);
    return result;
  }();
  return all;
}

const Rule* find_rule(std::string_view op) {
  const auto found = std::ranges::lower_bound(rules(), op, {}, &Rule::op);
  return found != rules().end() && found->op == op ? &*found : nullptr;
}

}  // namespace assay::autodiff
