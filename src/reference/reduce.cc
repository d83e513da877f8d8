// Sums, products, means, norms and extremes over axes.
#include <algorithm>
#include <cmath>
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

// y = f(row of so many elements), for every row.
template <class E, class T, class F>
void reduce_rows(KernelContext<T>& c, const F& f) {
  const auto axes = reduced_axes(c);
  (void)c.template elements<E>(0);
  const Array rows = with_axes_last(c, axes);
  const E* x = rows.template data<E>();
  const int64_t length = reduced_length(c, axes);
  E* y = c.template out<E>(0);
  c.workers().split(tensor::element_count(c.out_shape(0)), grain_rows(length),
                    [&](int64_t begin, int64_t end) {
                      for (int64_t row = begin; row < end; ++row) y[row] = f(x + row * length, length);
                    });
}

// y = finish(the sum of term(x) over each row).
template <class E, class T, class Term, class Finish>
void sum_terms(KernelContext<T>& c, const Term& term, const Finish& finish) {
  reduce_rows<E>(c, [&](const E* x, int64_t length) {
    return finish(blocked_sum<E>(length, c.blocking(), [&](int64_t i) { return term(x[i]); }));
  });
}

template <class T, class Term>
Result<> sum_numbers(KernelContext<T>& c, const Term& term) {
  const auto same = [](auto sum) { return sum; };
  if (c.floating(0))
    sum_terms<T>(c, term, same);
  else
    sum_terms<int64_t>(c, term, same);
  return {};
}

template <class T>
Result<> reduce_l1(KernelContext<T>& c) {
  return sum_numbers(c, [](auto x) { return x < 0 ? -x : x; });
}
template <class T>
Result<> reduce_sum_square(KernelContext<T>& c) {
  return sum_numbers(c, [](auto x) { return x * x; });
}
template <class T>
Result<> reduce_l2(KernelContext<T>& c) {
  sum_terms<T>(c, [](T x) { return x * x; }, [](T sum) { return std::sqrt(sum); });
  return {};
}
template <class T>
Result<> reduce_log_sum(KernelContext<T>& c) {
  sum_terms<T>(c, [](T x) { return x; }, [](T sum) { return std::log(sum); });
  return {};
}

// Relative to the largest, so that nothing overflows; where that is infinite, it is the result.
template <class T>
Result<> reduce_log_sum_exp(KernelContext<T>& c) {
  reduce_rows<T>(c, [&](const T* x, int64_t length) {
    T top = -std::numeric_limits<T>::infinity();
    for (int64_t i = 0; i < length; ++i) top = x[i] > top || x[i] != x[i] ? x[i] : top;
    if (!std::isfinite(top)) return top;
    return top +
           std::log(blocked_sum<T>(length, c.blocking(), [&](int64_t i) { return std::exp(x[i] - top); }));
  });
  return {};
}

template <class T>
Result<> reduce_prod(KernelContext<T>& c) {
  const auto multiply = [](const auto* x, int64_t length) {
    std::remove_cvref_t<decltype(*x)> result = 1;
    for (int64_t i = 0; i < length; ++i) result *= x[i];
    return result;
  };
  if (c.floating(0))
    reduce_rows<T>(c, multiply);
  else
    reduce_rows<int64_t>(c, multiply);
  return {};
}

// y = the element of each row that `better` prefers to all others, `start` for an empty row.
template <class E, class T, class Better>
void pick(KernelContext<T>& c, E start, const Better& better) {
  reduce_rows<E>(c, [&](const E* x, int64_t length) {
    E best = length == 0 ? start : x[0];
    for (int64_t i = 0; i < length; ++i)
      if (better(x[i], best)) best = x[i];
    return best;
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
                  {"ReduceMin", reduce_min<T>},
                  {"ReduceL1", reduce_l1<T>},
                  {"ReduceL2", reduce_l2<T>},
                  {"ReduceLogSum", reduce_log_sum<T>},
                  {"ReduceLogSumExp", reduce_log_sum_exp<T>},
                  {"ReduceProd", reduce_prod<T>},
                  {"ReduceSumSquare", reduce_sum_square<T>}});
}

template void add_reduce(Kernels<float>&);
template void add_reduce(Kernels<double>&);

}  // namespace assay::reference
