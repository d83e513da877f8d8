// Arithmetic on two operands (Max and Min: on any number) with broadcasting.
#include <algorithm>
#include <cmath>

#include "reference/broadcast.h"

namespace assay::reference {
namespace {

// y = f(a, b) in E. The result takes the place of an operand where it can.
template <class E, class T, class F>
void combine(KernelContext<T>& c, F f) {
  const E* a = c.template elements<E>(0);
  const E* b = c.template elements<E>(1);
  E* y = nullptr;
  if constexpr (std::is_same_v<E, T>)
    y = c.out_over(0, c.input(0).exclusive() && c.shape(0) == c.out_shape(0) ? 0 : 1);
  else
    y = c.template out<E>(0);
  broadcast_binary(c.workers(), c.out_shape(0), y, a, c.shape(0), b, c.shape(1), f);
}

template <class T, class F>
Result<> arithmetic(KernelContext<T>& c, F f) {
  if (c.floating(0))
    combine<T>(c, f);
  else
    combine<int64_t>(c, f);
  return {};
}

template <class T>
Result<> add(KernelContext<T>& c) {
  return arithmetic(c, [](auto a, auto b) { return a + b; });
}
template <class T>
Result<> sub(KernelContext<T>& c) {
  return arithmetic(c, [](auto a, auto b) { return a - b; });
}
template <class T>
Result<> mul(KernelContext<T>& c) {
  return arithmetic(c, [](auto a, auto b) { return a * b; });
}

template <class T>
Result<> div(KernelContext<T>& c) {
  if (!c.floating(0)) {
    const int64_t* divisors = c.integers(1);
    if (std::find(divisors, divisors + c.input(1).size(), 0) != divisors + c.input(1).size())
      return fail(ErrorKind::data, "integer division by zero");
  }
  return arithmetic(c, [](auto a, auto b) { return a / b; });
}

int64_t integer_power(int64_t base, int64_t exponent) {
  return static_cast<int64_t>(std::pow(static_cast<double>(base), exponent));
}

// The result has the base's type; base and exponent may differ in theirs.
template <class T>
Result<> pow(KernelContext<T>& c) {
  if (c.floating(0) && c.floating(1)) {
    combine<T>(c, [](T a, T b) { return b == T{2} ? a * a : std::pow(a, b); });
  } else if (!c.floating(0) && !c.floating(1)) {
    combine<int64_t>(c, integer_power);
  } else {
    // One operand is brought to the type of the other's arithmetic, double, which holds both.
    std::vector<double> operands[2];
    for (size_t i = 0; i < 2; ++i) {
      if (c.floating(i))
        operands[i].assign(c.real(i), c.real(i) + c.input(i).size());
      else
        operands[i].assign(c.integers(i), c.integers(i) + c.input(i).size());
    }
    const auto compute = [&](auto* y) {
      using Y = std::remove_pointer_t<decltype(y)>;
      broadcast_binary(c.workers(), c.out_shape(0), y, operands[0].data(), c.shape(0), operands[1].data(),
                       c.shape(1), [](double a, double b) { return static_cast<Y>(std::pow(a, b)); });
    };
    if (c.floating(0))
      compute(c.template out<T>(0));
    else
      compute(c.template out<int64_t>(0));
  }
  return {};
}

// out = f(... f(f(x0, x1), x2) ...).
template <class E, class T, class F>
void fold(KernelContext<T>& c, F f) {
  E* y = c.template out<E>(0);
  broadcast_binary(c.workers(), c.out_shape(0), y, c.template elements<E>(0), c.shape(0),
                   c.template elements<E>(0), c.shape(0), f);
  for (size_t i = 1; i < c.inputs(); ++i)
    broadcast_binary(c.workers(), c.out_shape(0), y, y, c.out_shape(0), c.template elements<E>(i), c.shape(i),
                     f);
}

template <class T, class F>
Result<> extreme(KernelContext<T>& c, F f) {
  if (c.floating(0))
    fold<T>(c, f);
  else
    fold<int64_t>(c, f);
  return {};
}

// A comparison with NaN is false: written so that a NaN on either side is the result, as in numpy.
template <class T>
Result<> max(KernelContext<T>& c) {
  return extreme(c, [](auto a, auto b) { return a > b || a != a ? a : b; });
}
template <class T>
Result<> min(KernelContext<T>& c) {
  return extreme(c, [](auto a, auto b) { return a < b || a != a ? a : b; });
}

}  // namespace

template <class T>
void add_binary(Kernels<T>& kernels) {
  kernels.insert({{"Add", add<T>},
                  {"Sub", sub<T>},
                  {"Mul", mul<T>},
                  {"Div", div<T>},
                  {"Pow", pow<T>},
                  {"Max", max<T>},
                  {"Min", min<T>}});
}

template void add_binary(Kernels<float>&);
template void add_binary(Kernels<double>&);

}  // namespace assay::reference
