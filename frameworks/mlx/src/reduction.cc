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
      {"LogSoftmax", log_softmax},
      {"ReduceMax", reduce<Kind::max>},
      {"ReduceMean", reduce<Kind::mean>},
      {"ReduceMin", reduce<Kind::min>},
      {"ReduceSum", reduce<Kind::sum>},
      {"Softmax", softmax},
  };
}

}  // namespace mlx_runner
