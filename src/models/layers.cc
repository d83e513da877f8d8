#include "models/layers.h"

#include <fmt/ranges.h>

#include <cmath>

namespace assay::models {

using graph::kAbsent;
using graph::Tensor;

namespace {

constexpr graph::Init kBias = {.mean = 0, .std = 0.02}, kNormScale = {.mean = 1, .std = 0.1};

Tensor integers(const std::vector<int64_t>& values) {
  return Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, values);
}

}  // namespace

double Layers::branch_scale(int64_t branches) { return 1 / std::sqrt(static_cast<double>(branches)); }

int64_t Layers::size(ValueId x, size_t i) const {
  const Shape all = shape(x);
  return i < all.size() ? all[i] : 1;
}

ValueId Layers::matrix(const std::string& prefix, Shape shape, double scale) {
  double fan_in = 1;
  for (size_t i = 1; i < shape.size(); ++i) fan_in *= static_cast<double>(shape[i]);
  return parameter(prefix + ".weight", std::move(shape), {.mean = 0, .std = scale / std::sqrt(fan_in)});
}

ValueId Layers::bias(const std::string& prefix, int64_t size) {
  return parameter(prefix + ".bias", {size}, kBias);
}

ValueId Layers::norm_scale(const std::string& prefix, int64_t size, double mean) {
  return parameter(prefix + ".weight", {size}, {.mean = mean, .std = 0.1 * mean});
}

ValueId Layers::table(const std::string& prefix, int64_t rows, int64_t width) {
  return matrix(prefix, {rows, width}, 1);
}

ValueId Layers::embedding(std::string name, ValueId indices, ValueId table) {
  return op(std::move(name), "Gather", {table, indices}, {{"axis", 0}});
}

ValueId Layers::linear(std::string name, ValueId x, const std::string& prefix, int64_t outputs,
                       LinearOptions options) {
  const Shape in = shape(x);
  std::vector<ValueId> inputs = {x, matrix(prefix, {outputs, in.empty() ? 1 : in.back()}, options.scale)};
  if (options.bias) inputs.push_back(bias(prefix, outputs));
  return op(std::move(name), "Linear", std::move(inputs));
}

ValueId Layers::conv(std::string name, ValueId x, const std::string& prefix, int64_t outputs,
                     ConvOptions options) {
  const size_t space = std::max<size_t>(shape(x).size(), 3) - 2;
  Shape weight = {outputs, size(x, 1)};
  weight.insert(weight.end(), space, options.kernel);
  std::vector<ValueId> inputs = {x, matrix(prefix, weight, options.scale)};
  if (options.bias) inputs.push_back(bias(prefix, outputs));
  return op(std::move(name), "Conv", std::move(inputs),
            {{"kernel_shape", std::vector<int64_t>(space, options.kernel)},
             {"pads", std::vector<int64_t>(2 * space, options.kernel / 2)},
             {"strides", std::vector<int64_t>(space, options.stride)}});
}

ValueId Layers::layer_norm(std::string name, ValueId x, const std::string& prefix, double epsilon,
                           NormOptions options) {
  const int64_t width = shape(x).empty() ? 1 : shape(x).back();
  const auto [weight, shift] =
      options.old_names ? std::pair{".gamma", ".beta"} : std::pair{".weight", ".bias"};
  std::vector<ValueId> inputs = {x, parameter(prefix + weight, {width}, kNormScale)};
  if (options.bias) inputs.push_back(parameter(prefix + shift, {width}, kBias));
  return op(std::move(name), "LayerNormalization", std::move(inputs), {{"axis", -1}, {"epsilon", epsilon}});
}

ValueId Layers::rms_norm(std::string name, ValueId x, const std::string& prefix, double epsilon) {
  const int64_t width = shape(x).empty() ? 1 : shape(x).back();
  return op(std::move(name), "RMSNormalization", {x, norm_scale(prefix, width, 1)},
            {{"axis", -1}, {"epsilon", epsilon}});
}

ValueId Layers::group_norm(std::string name, ValueId x, const std::string& prefix, int64_t groups,
                           double epsilon) {
  const ValueId scale = norm_scale(prefix, size(x, 1), 1);
  return op(std::move(name), "GroupNormalization", {x, scale, bias(prefix, size(x, 1))},
            {{"num_groups", groups}, {"epsilon", epsilon}});
}

// The running statistics do not train; the variance stays positive, since the noise is bounded.
ValueId Layers::batch_norm(std::string name, ValueId x, const std::string& prefix, double epsilon,
                           double scale) {
  const int64_t channels = size(x, 1);
  const ValueId weight = norm_scale(prefix, channels, scale);
  const ValueId shift = bias(prefix, channels);
  const ValueId mean = parameter(prefix + ".running_mean", {channels}, {.mean = 0, .std = 0.1}, false);
  const ValueId variance = parameter(prefix + ".running_var", {channels}, {.mean = 1, .std = 0.1}, false);
  return op(std::move(name), "BatchNormalization", {x, weight, shift, mean, variance},
            {{"epsilon", epsilon}});
}

ValueId Layers::reshape(std::string name, ValueId x, const Shape& shape) {
  const ValueId target = constant(fmt::format("shape.{}", fmt::join(shape, "x")), integers(shape));
  return op(std::move(name), "Reshape", {x, target});
}

ValueId Layers::transpose(std::string name, ValueId x, std::vector<int64_t> order) {
  return op(std::move(name), "Transpose", {x}, {{"perm", std::move(order)}});
}

ValueId Layers::split_heads(const std::string& name, ValueId x, int64_t heads) {
  const ValueId split = reshape(name + ".split", x, {size(x, 0), size(x, 1), heads, size(x, 2) / heads});
  return transpose(name, split, {0, 2, 1, 3});
}

ValueId Layers::rows(std::string name, ValueId x, int64_t first, int64_t last, int64_t axis) {
  const auto number = [&](std::string_view what, int64_t value) {
    return constant(fmt::format("{}.{}", what, value), integers({value}));
  };
  return op(std::move(name), "Slice",
            {x, number("index", first), number("index", last), number("axis", axis)});
}

ValueId Layers::cross_entropy(ValueId scores, ValueId labels) {
  return op("loss", "SoftmaxCrossEntropyLoss", {scores, labels}, {{"reduction", "mean"}});
}

ValueId Layers::mean_square(ValueId prediction, ValueId target) {
  const ValueId error = op("error", "Sub", {prediction, target});
  const ValueId square = op("error.square", "Mul", {error, error});
  return op("loss", "ReduceMean", {square}, {{"keepdims", 0}});
}

}  // namespace assay::models
