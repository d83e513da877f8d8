// Operators that compare or add up the elements of each row along one axis: ArgMax, ArgMin, TopK, CumSum.
#include <numeric>

#include "reference/rows.h"

namespace assay::reference {
namespace {

// Whether a comes before b: the larger (smaller) one, what is not a number before all.
template <class E>
bool precedes(E a, E b, bool largest) {
  if (a != a || b != b) return a != a && b == b;
  return largest ? a > b : a < b;
}

template <class E, class T>
void arg_as(KernelContext<T>& c, bool largest) {
  const Rows rows(c.shape(0), positive_axis(c.node().integer("axis", 0), c.shape(0).size()));
  const bool last = c.node().integer("select_last_index", 0) != 0;
  const E* x = c.template elements<E>(0);
  auto* y = c.template out<int64_t>(0);
  for_each_row(c.workers(), rows, [&](int64_t row) {
    const E* from = x + rows.start(row);
    int64_t best = 0;
    for (int64_t i = 1; i < rows.length; ++i) {
      const E candidate = from[i * rows.inner], found = from[best * rows.inner];
      if (last ? !precedes(found, candidate, largest) : precedes(candidate, found, largest)) best = i;
    }
    y[row] = best;
  });
}

template <class T>
Result<> arg(KernelContext<T>& c, bool largest) {
  if (c.floating(0))
    arg_as<T>(c, largest);
  else
    arg_as<int64_t>(c, largest);
  return {};
}
template <class T>
Result<> arg_max(KernelContext<T>& c) {
  return arg(c, true);
}
template <class T>
Result<> arg_min(KernelContext<T>& c) {
  return arg(c, false);
}

// The first k in order; of equal ones the one with the lower index comes first. So too where no order is
// asked for.
template <class E, class T>
void top_k_as(KernelContext<T>& c) {
  const size_t axis = positive_axis(c.node().integer("axis", -1), c.shape(0).size());
  const Rows rows(c.shape(0), axis), taken(c.out_shape(0), axis);
  const bool largest = c.node().integer("largest", 1) != 0;
  const E* x = c.template elements<E>(0);
  E* values = c.template out<E>(0);
  auto* indices = c.template out<int64_t>(1);
  for_each_row(c.workers(), rows, [&](int64_t row) {
    const E* from = x + rows.start(row);
    std::vector<int64_t> order(static_cast<size_t>(rows.length));
    std::iota(order.begin(), order.end(), 0);
    const auto before = [&](int64_t a, int64_t b) {
      const E first = from[a * rows.inner], second = from[b * rows.inner];
      if (precedes(first, second, largest)) return true;
      return !precedes(second, first, largest) && a < b;
    };
    std::partial_sort(order.begin(), order.begin() + taken.length, order.end(), before);
    for (int64_t i = 0; i < taken.length; ++i) {
      const int64_t at = taken.start(row) + i * taken.inner;
      indices[at] = order[static_cast<size_t>(i)];
      values[at] = from[indices[at] * rows.inner];
    }
  });
}

template <class T>
Result<> top_k(KernelContext<T>& c) {
  if (c.floating(0))
    top_k_as<T>(c);
  else
    top_k_as<int64_t>(c);
  return {};
}

// Each element is the sum of those up to it, without itself where `exclusive` says so.
template <class E, class T>
void cum_sum_as(KernelContext<T>& c) {
  const Rows rows(c.shape(0), positive_axis(c.integers(1)[0], c.shape(0).size()));
  const bool exclusive = c.node().integer("exclusive", 0) != 0;
  const bool reverse = c.node().integer("reverse", 0) != 0;
  const E* x = c.template elements<E>(0);
  E* y = c.template out<E>(0);
  for_each_row(c.workers(), rows, [&](int64_t row) {
    E total{};
    for (int64_t i = 0; i < rows.length; ++i) {
      const int64_t at = rows.start(row) + (reverse ? rows.length - 1 - i : i) * rows.inner;
      const E before = total;
      total = static_cast<E>(total + x[at]);
      y[at] = exclusive ? before : total;
    }
  });
}

template <class T>
Result<> cum_sum(KernelContext<T>& c) {
  if (c.floating(0))
    cum_sum_as<T>(c);
  else
    cum_sum_as<int64_t>(c);
  return {};
}

}  // namespace

template <class T>
void add_order(Kernels<T>& kernels) {
  kernels.insert(
      {{"ArgMax", arg_max<T>}, {"ArgMin", arg_min<T>}, {"TopK", top_k<T>}, {"CumSum", cum_sum<T>}});
}

template void add_order(Kernels<float>&);
template void add_order(Kernels<double>&);

}  // namespace assay::reference
