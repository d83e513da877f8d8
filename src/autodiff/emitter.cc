#include "autodiff/emitter.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "graph/shapes.h"

namespace assay::autodiff {
namespace {

using graph::Tensor;

template <class T>
std::optional<double> only_number(const Tensor& data) {
  const auto elements = data.data<T>();
  if (elements.empty() || !std::ranges::all_of(elements, [&](T x) { return x == elements[0]; }))
    return std::nullopt;
  return static_cast<double>(elements[0]);
}

std::string text(const std::vector<int64_t>& values) { return fmt::format("{}", fmt::join(values, "x")); }

}  // namespace

std::string Emitter::free_name(std::string_view op) {
  std::string name = fmt::format("{}/{}", scope_, op);
  const int count = ++used_names_[name];
  return count == 1 ? name : fmt::format("{}.{}", name, count);
}

ValueId Emitter::op(std::string_view name, std::vector<ValueId> inputs, Attributes attributes) {
  return ops(name, std::move(inputs), std::move(attributes), 1).front();
}

std::vector<ValueId> Emitter::ops(std::string_view name, std::vector<ValueId> inputs, Attributes attributes,
                                  size_t outputs) {
  Key key{name, inputs, attributes};
  if (const auto found = known_.find(key); found != known_.end() && found->second.size() >= outputs)
    return found->second;
  const std::string node = free_name(name);
  std::vector<std::string> names{node};
  for (size_t i = 1; i < outputs; ++i) names.push_back(fmt::format("{}:{}", node, i));
  auto values = builder_.ops(node, std::string(name), std::move(inputs), std::move(attributes), names);
  known_[std::move(key)] = values;
  return values;
}

std::vector<ValueId> Emitter::forward(const graph::Node& node, std::vector<ValueId> inputs,
                                      const std::vector<std::string>& output_names) {
  auto values = builder_.ops(node.name, node.op, inputs, node.attributes, output_names);
  known_.emplace(Key{node.op, std::move(inputs), node.attributes}, values);
  return values;
}

DType Emitter::dtype(ValueId value) const {
  return value == kAbsent ? DType::f32 : builder_.graph().value(value).dtype;
}

std::optional<double> Emitter::number(ValueId value) const {
  if (value == kAbsent) return std::nullopt;
  if (const auto found = numbers_.find(value); found != numbers_.end()) return found->second;
  const graph::Value& v = builder_.graph().value(value);
  if (v.role != graph::Role::constant) return std::nullopt;
  if (v.dtype == DType::f32) return only_number<float>(v.data);
  if (v.dtype == DType::f64) return only_number<double>(v.data);
  return std::nullopt;
}

ValueId Emitter::scalar(double value, DType dtype) {
  if (dtype == DType::f64)
    return constant(fmt::format("f64.{:.17g}", value), Tensor::of<double>({}, {value}));
  const auto single = [this](float x) {
    return constant(fmt::format("f32.{:.9g}", x), Tensor::of<float>({}, {x}));
  };
  const auto high = static_cast<float>(value);
  const auto low = static_cast<float>(value - static_cast<double>(high));
  if (low == 0 || !std::isfinite(high)) return single(high);
  const std::string scope = std::exchange(scope_, fmt::format("{:.9g}", value));
  const ValueId sum = op("Add", {single(high), single(low)});
  scope_ = scope;
  if (sum != kAbsent) numbers_[sum] = value;
  return sum;
}

ValueId Emitter::integers(const std::vector<int64_t>& values) {
  return constant("i64." + text(values), Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, values));
}

ValueId Emitter::filled(double value, const Shape& to, DType dtype) {
  const ValueId one = scalar(value, dtype);
  if (to.empty()) return one;
  const ValueId result = op("Expand", {one, integers(to)});
  if (result != kAbsent) numbers_[result] = value;
  return result;
}

ValueId Emitter::add(ValueId a, ValueId b) { return op("Add", {a, b}); }

// A product with a number known now that does not change the shape: by one it vanishes, numbers are
// multiplied, the factor is remembered for unscaled().
ValueId Emitter::mul(ValueId a, ValueId b) {
  const auto factor_of = [this](ValueId factor, ValueId value) {
    const bool keeps_shape = graph::broadcast(shape(factor), shape(value)) == shape(value);
    return keeps_shape ? number(factor) : std::nullopt;
  };
  if (const auto factor = factor_of(b, a)) return scale(a, *factor);
  if (const auto factor = factor_of(a, b)) return scale(b, *factor);
  return op("Mul", {a, b});
}

ValueId Emitter::div(ValueId a, ValueId b) {
  const auto divisor = number(b);
  if (divisor && *divisor != 0 && graph::broadcast(shape(a), shape(b)) == shape(a))
    return scale(a, 1 / *divisor);
  return op("Div", {a, b});
}

ValueId Emitter::neg(ValueId a) { return number(a) ? scale(a, -1) : op("Neg", {a}); }

ValueId Emitter::scale(ValueId a, double factor) {
  if (factor == 1) return a;
  if (const auto known = number(a)) return filled(*known * factor, shape(a), dtype(a));
  const Scaled inner = unscaled(a);
  const double product = inner.factor * factor;
  const ValueId result = op("Mul", {inner.base, scalar(product, dtype(a))});
  if (result != kAbsent) scaled_[result] = {inner.base, product};
  return result;
}

ValueId Emitter::plus(ValueId a, double term) { return op("Add", {a, scalar(term, dtype(a))}); }

ValueId Emitter::inverse_root(ValueId a, double epsilon) {
  return op("Reciprocal", {op("Sqrt", {plus(a, epsilon)})});
}

Scaled Emitter::unscaled(ValueId a) const {
  const auto found = scaled_.find(a);
  return found == scaled_.end() ? Scaled{a, 1} : found->second;
}

ValueId Emitter::gemm(ValueId a, ValueId b, GemmForm form) {
  Attributes attributes;
  if (form.transpose_a) attributes["transA"] = int64_t{1};
  if (form.transpose_b) attributes["transB"] = int64_t{1};
  if (form.factor != 1) attributes["alpha"] = form.factor;
  return op("Gemm", {a, b}, std::move(attributes));
}

ValueId Emitter::reshape(ValueId a, const Shape& to) {
  if (const auto found = before_reshape_.find(a); found != before_reshape_.end()) a = found->second;
  if (shape(a) == to) return a;
  if (const auto known = number(a)) return filled(*known, to, dtype(a));
  const Scaled inner = unscaled(a);
  const ValueId result = op("Reshape", {a, integers(to)});
  if (result == kAbsent) return result;
  before_reshape_[result] = a;
  if (inner.factor != 1) scaled_[result] = {op("Reshape", {inner.base, integers(to)}), inner.factor};
  return result;
}

ValueId Emitter::transpose(ValueId a, const std::vector<int64_t>& permutation) {
  if (std::ranges::is_sorted(permutation)) return a;
  return op("Transpose", {a}, {{"perm", permutation}});
}

ValueId Emitter::transpose_last(ValueId a) {
  std::vector<int64_t> permutation(shape(a).size());
  for (size_t i = 0; i < permutation.size(); ++i) permutation[i] = static_cast<int64_t>(i);
  if (permutation.size() >= 2)
    std::swap(permutation[permutation.size() - 1], permutation[permutation.size() - 2]);
  return transpose(a, permutation);
}

ValueId Emitter::expand(ValueId a, const Shape& to) {
  if (shape(a) == to) return a;
  if (const auto known = number(a)) return filled(*known, to, dtype(a));
  return op("Expand", {a, integers(to)});
}

ValueId Emitter::rows_from(ValueId a, size_t axis) {
  const Shape s = shape(a);
  if (s.size() == 2 && axis == 1) return a;
  const auto middle = s.begin() + static_cast<std::ptrdiff_t>(std::min(axis, s.size()));
  return reshape(a, {tensor::element_count({s.begin(), middle}), tensor::element_count({middle, s.end()})});
}

ValueId Emitter::reduce(std::string_view name, ValueId a, const std::vector<int64_t>& axes, bool keep) {
  if (axes.empty()) return a;
  Attributes attributes;
  if (!keep) attributes["keepdims"] = int64_t{0};
  return op(name, {a, integers(axes)}, std::move(attributes));
}

ValueId Emitter::sum(ValueId a, const std::vector<int64_t>& axes, bool keep) {
  return reduce("ReduceSum", a, axes, keep);
}

ValueId Emitter::mean(ValueId a, const std::vector<int64_t>& axes, bool keep) {
  return reduce("ReduceMean", a, axes, keep);
}

ValueId Emitter::sum_to(ValueId a, const Shape& to) {
  const Shape from = shape(a);
  if (from.size() < to.size()) return a;  // after an error
  const size_t leading = from.size() - to.size();
  std::vector<int64_t> axes;
  for (size_t i = 0; i < from.size(); ++i)
    if (i < leading || (to[i - leading] == 1 && from[i] != 1)) axes.push_back(static_cast<int64_t>(i));
  return reshape(sum(a, axes, false), to);
}

}  // namespace assay::autodiff
