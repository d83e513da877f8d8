// Reductions and softmax.
#include <limits>
#include <numeric>

#include "operators.h"
#include "sums.h"

namespace mlx_runner {
namespace {

// The axes to reduce; none where the node asks for nothing.
std::vector<int> axes_of(const Call& call) {
  const auto given = call.given(1) ? call.integers(1) : std::vector<int64_t>();
  std::vector<int> axes(given.begin(), given.end());
  for (int& axis : axes) axis += axis < 0 ? call.rank(0) : 0;
  if (axes.empty() && !call.flag("noop_with_empty_axes")) {
    axes.resize(static_cast<size_t>(call.rank(0)));
    std::iota(axes.begin(), axes.end(), 0);
  }
  return axes;
}

// What an empty set has as its largest element, or as its least.
array extreme(mx::Dtype dtype, bool largest) {
  const double infinity = std::numeric_limits<double>::infinity();
  if (mx::issubdtype(dtype, mx::floating)) return array(largest ? infinity : -infinity, dtype);
  if (dtype == mx::bool_) return array(largest);
  if (dtype == mx::int32)
    return array(largest ? std::numeric_limits<int32_t>::max() : std::numeric_limits<int32_t>::min());
  return array(largest ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min());
}

enum class Kind : uint8_t { sum, mean, max, min };

// Means of whole numbers are rounded towards zero.
array mean_of_integers(const array& total, int64_t count) {
  const array divisor = number(count, total), size = mx::abs(total);
  return mx::sign(total) * mx::floor_divide(size, divisor);
}

array reduced(const array& x, const std::vector<int>& axes, Kind kind) {
  if (kind == Kind::max) return mx::max(x, axes, true);
  if (kind == Kind::min) return mx::min(x, axes, true);
  if (kind == Kind::sum) return total(x, axes);
  int64_t count = 1;
  for (const int axis : axes) count *= x.shape(axis);
  if (!mx::issubdtype(x.dtype(), mx::floating)) return mean_of_integers(total(x, axes), count);
  return total(x, axes) * number(1.0 / static_cast<double>(count), x);
}

template <Kind kKind>
void reduce(const Call& call) {
  const auto axes = axes_of(call);
  const array x = call.x(0);
  if (axes.empty()) return call.set(0, x);
  const bool is_extreme = kKind == Kind::max || kKind == Kind::min;
  if (x.size() == 0 && is_extreme)
    return call.set(0, mx::full(call.result_shape(), extreme(x.dtype(), kKind == Kind::min)));
  call.set(0, mx::reshape(reduced(x, axes, kKind), call.result_shape()));
}

// The result's shape of what was reduced with its axes kept; `x` where the node asks for nothing.
void set_reduced(const Call& call, const array& x) { call.set(0, mx::reshape(x, call.result_shape())); }

void reduce_prod(const Call& call) {
  const array x = call.x(0);
  const auto axes = axes_of(call);
  set_reduced(call, axes.empty() ? x : mx::astype(mx::prod(x, axes, true), x.dtype()));
}

array sum_of(const Call& call, const array& terms) {
  const auto axes = axes_of(call);
  return axes.empty() ? terms : total(terms, axes);
}

void reduce_l1(const Call& call) { set_reduced(call, sum_of(call, mx::abs(call.x(0)))); }
void reduce_l2(const Call& call) { set_reduced(call, mx::sqrt(sum_of(call, mx::square(call.x(0))))); }
void reduce_sum_square(const Call& call) { set_reduced(call, sum_of(call, mx::square(call.x(0)))); }
void reduce_log_sum(const Call& call) { set_reduced(call, mx::log(sum_of(call, call.x(0)))); }

void reduce_log_sum_exp(const Call& call) {
  const auto axes = axes_of(call);
  set_reduced(call, axes.empty() ? call.x(0) : mx::logsumexp(call.x(0), axes, true));
}

// The largest along the spatial axes, which stay as one element each.
void global_max_pool(const Call& call) {
  const array x = call.image(0);
  std::vector<int> axes(x.ndim() - 2);
  std::iota(axes.begin(), axes.end(), 1);
  call.set_image(0, mx::max(x, axes, true));
}

// The mean along the spatial axes, which stay as one element each.
void global_average_pool(const Call& call) {
  const array x = call.image(0);
  std::vector<int> axes(x.ndim() - 2);
  std::iota(axes.begin(), axes.end(), 1);
  call.set_image(0, mx::mean(x, axes, true));
}

void softmax(const Call& call) {
  call.set(0, mx::softmax(call.x(0), call.axis(-1, call.rank(0)), /*precise=*/true));
}

// Less the largest first: what is left is small where the scores are large.
void log_softmax(const Call& call) {
  const int axis = call.axis(-1, call.rank(0));
  const array x = call.x(0), shifted = x - mx::stop_gradient(mx::max(x, axis, true));
  call.set(0, shifted - mx::logsumexp(shifted, axis, true));
}

}  // namespace

std::vector<Operator> reduction_operators() {
  return {
      {"GlobalAveragePool", global_average_pool},
      {"GlobalMaxPool", global_max_pool},
      {"LogSoftmax", log_softmax},
      {"ReduceL1", reduce_l1},
      {"ReduceL2", reduce_l2},
      {"ReduceLogSum", reduce_log_sum},
      {"ReduceLogSumExp", reduce_log_sum_exp},
      {"ReduceProd", reduce_prod},
      {"ReduceSumSquare", reduce_sum_square},
      {"ReduceMax", reduce<Kind::max>},
      {"ReduceMean", reduce<Kind::mean>},
      {"ReduceMin", reduce<Kind::min>},
      {"ReduceSum", reduce<Kind::sum>},
      {"Softmax", softmax},
  };
}

}  // namespace mlx_runner
