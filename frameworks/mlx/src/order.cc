// Operators that compare or add up the elements along one axis. MLX's argsort is stable: of equal elements
// the first comes first.
#include "indices.h"
#include "operators.h"

namespace mlx_runner {
namespace {

array turned_round(const array& x, int axis) {
  return mx::take(x, mx::arange(x.shape(axis) - 1, -1, -1), axis);
}

template <bool kLargest>
void arg(const Call& call) {
  const int axis = call.axis(0, call.rank(0));
  const bool last = call.flag("select_last_index");
  const array x = last ? turned_round(call.x(0), axis) : call.x(0);
  array place = mx::astype(kLargest ? mx::argmax(x, axis, true) : mx::argmin(x, axis, true), mx::int64);
  if (last) place = number(x.shape(axis) - 1, place) - place;
  call.set(0, mx::reshape(place, call.result_shape()));
}

// What comes first when the largest do: the opposite, which whole numbers have below zero too.
array opposite(const array& x) {
  return mx::issubdtype(x.dtype(), mx::floating) ? mx::negative(x) : number(-1, x) - x;
}

void top_k(const Call& call) {
  const int axis = call.axis(-1, call.rank(0));
  const array x = call.x(0);
  // Places have no gradient, and taking by them asks for one.
  const array order = mx::stop_gradient(mx::argsort(call.flag("largest", true) ? opposite(x) : x, axis));
  mx::Shape stop = order.shape();
  stop[static_cast<size_t>(axis)] = call.result_shape()[static_cast<size_t>(axis)];
  const array first = mx::slice(order, mx::Shape(stop.size(), 0), stop);
  call.set(0, mx::take_along_axis(x, first, axis));
  call.set(1, mx::astype(first, mx::int64));
}

// One at the first of the largest elements.
void hardmax(const Call& call) {
  const int axis = call.axis(-1, call.rank(0));
  const array x = call.x(0), first = mx::argmax(x, axis, true);
  call.set(0,
           mx::astype(counted_along(axis, call.rank(0), x.shape(axis), first.dtype()) == first, x.dtype()));
}

void cum_sum(const Call& call) {
  const auto axis = static_cast<int>(call.integers(1)[0]);
  const array x = call.x(0);
  call.set(0, mx::astype(mx::cumsum(x, axis, call.flag("reverse"), !call.flag("exclusive")), x.dtype()));
}

}  // namespace

std::vector<Operator> order_operators() {
  return {
      {"ArgMax", arg<true>}, {"ArgMin", arg<false>}, {"CumSum", cum_sum},
      {"Hardmax", hardmax},  {"TopK", top_k},
  };
}

}  // namespace mlx_runner
