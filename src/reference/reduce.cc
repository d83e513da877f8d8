// Sums, means and extremes over axes.
#include <algorithm>
#include <limits>
#include <set>

#include "reference/kernel.h"
#include "reference/strided.h"
#include "reference/sums.h"

namespace assay::reference {
namespace {

// The reduced axes of a node, ascending. No axes: all, or none when noop_with_empty_axes says so.
template <class T>
std::vector<size_t> reduced_axes(const KernelContext<T>& c) {
  const size_t rank = c.shape(0).size();
  std::set<size_t> axes;
  for (const int64_t axis : c.list(1)) axes.insert(positive_axis(axis, rank));
  if (axes.empty() && c.node().integer("noop_with_empty_axes", 0) == 0)
    for (size_t i = 0; i < rank; ++i) axes.insert(i);
  return {axes.begin(), axes.end()};
}

// How many elements go into one of the result.
template <class T>
int64_t reduced_length(const KernelContext<T>& c, const std::vector<size_t>& axes) {
  int64_t length = 1;
  for (const size_t axis : axes) length *= c.shape(0)[axis];
  return length;
}

// y[r] = sum of row r.
template <class E>
void sum_rows(Workers& workers, int blocking, const E* x, E* y, int64_t rows, int64_t length) {
  workers.split(rows, grain_rows(length), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      y[row] = blocked_sum<E>(length, blocking, [&](int64_t i) { return x[row * length + i]; });
  });
}

// y[c] = sum of column c: panels of rows are added up one by one, the panels' sums then.
template <class E>
void sum_columns(Workers& workers, int blocking, const E* x, E* y, int64_t rows, int64_t columns) {
  const int64_t panel = blocking == 0 ? 128 : (blocking == 1 ? 32 : 8);
  workers.split(columns, grain_rows(rows), [&](int64_t begin, int64_t end) {
    std::vector<E> partial(static_cast<size_t>(end - begin));
    std::fill(y + begin, y + end, E{});
    for (int64_t from = 0; from < rows; from += panel) {
      std::ranges::fill(partial, E{});
      for (int64_t row = from; row < std::min(rows, from + panel); ++row)
        for (int64_t i = begin; i < end; ++i) partial[static_cast<size_t>(i - begin)] += x[row * columns + i];
      for (int64_t i = begin; i < end; ++i) y[i] += partial[static_cast<size_t>(i - begin)];
    }
  });
}

// The operand as [kept, length] with the reduced axes last, moved there if they are not.
template <class T>
Array with_axes_last(KernelContext<T>& c, const std::vector<size_t>& axes) {
  const size_t rank = c.shape(0).size();
  if (axes.empty() || axes.front() == rank - axes.size()) return c.input(0);
  std::vector<size_t> order;
  for (size_t i = 0; i < rank; ++i)
    if (std::ranges::find(axes, i) == axes.end()) order.push_back(i);
  order.insert(order.end(), axes.begin(), axes.end());
  return permuted(c.workers(), c.arena(), c.input(0), order);
}

// Sums over `axes` into y, which has the kept axes' elements in order.
template <class E, class T>
void sum_axes(KernelContext<T>& c, const std::vector<size_t>& axes, E* y) {
  const E* x = c.template elements<E>(0);
  const int64_t kept = tensor::element_count(c.out_shape(0));
  const int64_t length = reduced_length(c, axes);
  const bool leading = !axes.empty() && axes.back() == axes.size() - 1;
  if (leading && axes.size() < c.shape(0).size())
    sum_columns(c.workers(), c.blocking(), x, y, length, kept);
  else
    sum_rows(c.workers(), c.blocking(), with_axes_last(c, axes).template data<E>(), y, kept, length);
}

template <class T>
Result<> reduce_sum(KernelContext<T>& c) {
  const auto axes = reduced_axes(c);
  if (c.floating(0))
    sum_axes<T>(c, axes, c.template out<T>(0));
  else
    sum_axes<int64_t>(c, axes, c.template out<int64_t>(0));
  return {};
}

template <class T>
Result<> reduce_mean(KernelContext<T>& c) {
  if (!c.floating(0)) return fail(ErrorKind::data, "the mean of integers is not supported");
  const auto axes = reduced_axes(c);
  T* y = c.template out<T>(0);
  sum_axes<T>(c, axes, y);
  const auto count = static_cast<T>(reduced_length(c, axes));
  for (int64_t i = 0; i < tensor::element_count(c.out_shape(0)); ++i) y[i] /= count;
  return {};
}

// y = the element of each row that `better` prefers to all others, `start` for an empty row.
template <class E, class T, class Better>
void pick(KernelContext<T>& c, E start, const Better& better) {
  const auto axes = reduced_axes(c);
  (void)c.template elements<E>(0);
  const Array rows = with_axes_last(c, axes);
  const E* x = rows.template data<E>();
  const int64_t length = reduced_length(c, axes);
  E* y = c.template out<E>(0);
  c.workers().split(tensor::element_count(c.out_shape(0)), grain_rows(length),
                    [&](int64_t begin, int64_t end) {
                      for (int64_t row = begin; row < end; ++row) {
                        y[row] = length == 0 ? start : x[row * length];
                        for (int64_t i = row * length; i < (row + 1) * length; ++i)
                          if (better(x[i], y[row])) y[row] = x[i];
                      }
                    });
}

template <class T, class Better>
Result<> reduce_extreme(KernelContext<T>& c, T start, int64_t integer_start, const Better& better) {
  if (c.floating(0))
    pick<T>(c, start, better);
  else if (c.input(0).storage() == DType::boolean)
    pick<bool>(c, integer_start > 0, better);
  else
    pick<int64_t>(c, integer_start, better);
  return {};
}

// A NaN wins over every number.
template <class T>
Result<> reduce_max(KernelContext<T>& c) {
  return reduce_extreme(c, -std::numeric_limits<T>::infinity(), std::numeric_limits<int64_t>::min(),
                        [](auto a, auto b) { return a > b || a != a; });
}
template <class T>
Result<> reduce_min(KernelContext<T>& c) {
  return reduce_extreme(c, std::numeric_limits<T>::infinity(), std::numeric_limits<int64_t>::max(),
                        [](auto a, auto b) { return a < b || a != a; });
}

}  // namespace

template <class T>
void add_reduce(Kernels<T>& kernels) {
  kernels.insert({{"ReduceSum", reduce_sum<T>},
                  {"ReduceMean", reduce_mean<T>},
                  {"ReduceMax", reduce_max<T>},
                  {"ReduceMin", reduce_min<T>}});
}

template void add_reduce(Kernels<float>&);
template void add_reduce(Kernels<double>&);

}  // namespace assay::reference
