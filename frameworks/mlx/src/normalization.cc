// Normalisations: MLX's fused operators where they say the same.
#include <numeric>

#include "operators.h"
#include "sums.h"

namespace mlx_runner {
namespace {

float epsilon_of(const Call& call) { return static_cast<float>(call.node().real("epsilon", 1e-5)); }

// MLX's own work along the last axis with a vector of factors, in float32.
bool fits_own(const Call& call, int axis) {
  if (call.value(0).dtype == DType::f64) return false;
  for (size_t i = 1; i < call.node().inputs.size(); ++i)
    if (call.given(i) && (call.rank(i) > 1 || call.shape(i) != assay::tensor::Shape{call.shape(0).back()}))
      return false;
  return axis == call.rank(0) - 1;
}

std::vector<int> axes_from(int axis, int rank) {
  std::vector<int> axes(static_cast<size_t>(rank - axis));
  std::iota(axes.begin(), axes.end(), axis);
  return axes;
}

// One by the root of the mean square along the axes.
array inverse_root(const array& x, const std::vector<int>& axes, float epsilon) {
  return mx::rsqrt(mx::mean(mx::square(x), axes, true) + number(epsilon, x));
}

void rms_normalization(const Call& call) {
  const int axis = call.axis(-1, call.rank(0));
  const array x = call.x(0);
  if (fits_own(call, axis)) return call.set(0, mx::fast::rms_norm(x, call.x(1), epsilon_of(call)));
  call.set(0, x * inverse_root(x, axes_from(axis, call.rank(0)), epsilon_of(call)) * call.x(1));
}

void layer_normalization(const Call& call) {
  const int axis = call.axis(-1, call.rank(0));
  const array x = call.x(0);
  const auto bias = call.given(2) ? std::optional<array>(call.x(2)) : std::nullopt;
  if (fits_own(call, axis) && !call.wanted(1) && !call.wanted(2))
    return call.set(0, mx::fast::layer_norm(x, call.x(1), bias, epsilon_of(call)));
  const auto axes = axes_from(axis, call.rank(0));
  const array mean = mx::mean(x, axes, true), centred = x - mean;
  const array inverse = inverse_root(centred, axes, epsilon_of(call));
  const array scaled = centred * inverse * call.x(1);
  call.set(0, bias ? scaled + *bias : scaled);
  call.set(1, mean);
  call.set(2, inverse);
}

// As mlx.nn.GroupNorm does it in PyTorch's way: the elements of a group side by side, one row each.
void group_normalization(const Call& call) {
  const auto groups = static_cast<int>(call.node().integer("num_groups", 1));
  const array x = call.image(0);
  const int batch = x.shape(0), channels = x.shape(-1);
  const array grouped =
      mx::transpose(mx::reshape(x, {batch, -1, groups, channels / groups}), std::vector<int>{0, 2, 1, 3});
  const array normed = mx::fast::layer_norm(mx::reshape(grouped, {batch, groups, -1}), std::nullopt,
                                            std::nullopt, epsilon_of(call));
  const array back = mx::transpose(mx::reshape(normed, grouped.shape()), std::vector<int>{0, 2, 1, 3});
  call.set_image(0, mx::reshape(back, x.shape()) * call.x(1) + call.x(2));
}

// As mlx.nn.InstanceNorm does it.
void instance_normalization(const Call& call) {
  const array x = call.image(0);
  std::vector<int> axes(x.ndim() - 2);
  std::iota(axes.begin(), axes.end(), 1);
  const array centred = x - mx::mean(x, axes, true);
  call.set_image(0, centred * inverse_root(centred, axes, epsilon_of(call)) * call.x(1) + call.x(2));
}

// What has no length stays as it is.
void lp_normalization(const Call& call) {
  const array x = call.x(0);
  const std::vector<int> axis{call.axis(-1, call.rank(0))};
  const bool squares = call.node().integer("p", 2) == 2;
  const array sum = total(squares ? mx::square(x) : mx::abs(x), axis);
  const array norm = squares ? mx::sqrt(sum) : sum, none = norm == number(0, norm);
  call.set(0, mx::where(none, number(0, x), x / mx::where(none, number(1, norm), norm)));
}

// The squares of the channels around each: views moved along the axis of channels, added up.
void local_response_normalization(const Call& call) {
  const auto size = static_cast<int>(call.node().integer("size", 1));
  const array x = call.image(0), square = mx::square(x);
  const int axis = static_cast<int>(x.ndim()) - 1, before = (size - 1) / 2, channels = x.shape(axis);
  const array padded = mx::pad(square, std::vector<int>{axis}, {before}, {size - 1 - before}, number(0, x));
  array sum = mx::zeros_like(square);
  for (int i = 0; i < size; ++i) {
    mx::Shape start(x.ndim(), 0), stop = x.shape();
    start.back() = i;
    stop.back() = i + channels;
    sum = sum + mx::slice(padded, start, stop);
  }
  const array scaled =
      number(call.node().real("bias", 1), x) + number(call.node().real("alpha", 0.0001F) / size, x) * sum;
  call.set_image(0, x / mx::power(scaled, number(call.node().real("beta", 0.75), x)));
}

void batch_normalization(const Call& call) {
  if (call.flag("training_mode")) Call::refuse("batch statistics (training_mode 1)");
  const array factor = call.x(1) * mx::rsqrt(call.x(4) + number(epsilon_of(call), call.x(4)));
  // With another axis nothing fuses them into what follows, where each element would have its own root
  // computed.
  const array rows = mx::expand_dims(factor, 0), shift = mx::expand_dims(call.x(2) - call.x(3) * factor, 0);
  if (call.rank(0) < 3) return call.set(0, call.x(0) * rows + shift);
  call.set_image(0, call.image(0) * rows + shift);
}

}  // namespace

std::vector<Operator> normalization_operators() {
  return {
      {"BatchNormalization", batch_normalization},
      {"GroupNormalization", group_normalization},
      {"InstanceNormalization", instance_normalization},
      {"LRN", local_response_normalization},
      {"LpNormalization", lp_normalization},
      {"LayerNormalization", layer_normalization},
      {"RMSNormalization", rms_normalization},
  };
}

}  // namespace mlx_runner
