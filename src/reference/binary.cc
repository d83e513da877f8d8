// Arithmetic on two operands (some: on any number) with broadcasting, and Clip.
#include <algorithm>
#include <cmath>
#include <limits>

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

// Integers wrap, as they do in every framework: nothing is undefined where they are too large.
int64_t wrapped(uint64_t x) { return static_cast<int64_t>(x); }

template <class E>
E wrapping_add(E a, E b) {
  if constexpr (std::is_integral_v<E>)
    return wrapped(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  else
    return a + b;
}
template <class E>
E wrapping_sub(E a, E b) {
  if constexpr (std::is_integral_v<E>)
    return wrapped(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
  else
    return a - b;
}
template <class E>
E wrapping_mul(E a, E b) {
  if constexpr (std::is_integral_v<E>)
    return wrapped(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
  else
    return a * b;
}

template <class T>
Result<> add(KernelContext<T>& c) {
  return arithmetic(c, [](auto a, auto b) { return wrapping_add(a, b); });
}
template <class T>
Result<> sub(KernelContext<T>& c) {
  return arithmetic(c, [](auto a, auto b) { return wrapping_sub(a, b); });
}
template <class T>
Result<> mul(KernelContext<T>& c) {
  return arithmetic(c, [](auto a, auto b) { return wrapping_mul(a, b); });
}

// Whether input 1 are integers, and one of them is 0.
template <class T>
bool divides_by_zero(const KernelContext<T>& c) {
  if (c.floating(1)) return false;
  const int64_t* divisors = c.integers(1);
  return std::find(divisors, divisors + c.input(1).size(), 0) != divisors + c.input(1).size();
}

// Towards zero. The least integer has no opposite, and a processor traps where it is divided by -1.
int64_t quotient(int64_t a, int64_t b) { return b == -1 ? wrapping_sub<int64_t>(0, a) : a / b; }
template <class T>
T quotient(T a, T b) {
  return a / b;
}

template <class T>
Result<> div(KernelContext<T>& c) {
  if (divides_by_zero(c)) return fail(ErrorKind::data, "integer division by zero");
  return arithmetic(c, [](auto a, auto b) { return quotient(a, b); });
}

// What is left has the sign of the divisor, or that of the dividend with `of_c` as in C.
int64_t remainder(int64_t a, int64_t b, bool of_c) {
  const int64_t rest = b == -1 ? 0 : a % b;
  return !of_c && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}
template <class T>
T remainder(T a, T b, bool /*of_c*/) {
  return std::fmod(a, b);
}

template <class T>
Result<> mod(KernelContext<T>& c) {
  if (divides_by_zero(c)) return fail(ErrorKind::data, "integer division by zero");
  const bool of_c = c.node().integer("fmod", 0) != 0;
  return arithmetic(c, [of_c](auto a, auto b) { return remainder(a, b, of_c); });
}

// By squaring, so that large results are exact; they wrap. A negative exponent leaves 0 but of 1 and -1.
int64_t integer_power(int64_t base, int64_t exponent) {
  if (exponent < 0) return base == 1 || base == -1 ? integer_power(base, -(exponent % 2)) : 0;
  int64_t result = 1;
  for (; exponent > 0; exponent /= 2, base = wrapping_mul(base, base))
    if (exponent % 2 != 0) result = wrapping_mul(result, base);
  return result;
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
                   c.template elements<E>(0), c.shape(0), [](E first, E /*same*/) { return first; });
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

template <class T>
Result<> sum(KernelContext<T>& c) {
  fold<T>(c, wrapping_add<T>);
  return {};
}

template <class T>
Result<> mean(KernelContext<T>& c) {
  const auto count = static_cast<T>(c.inputs());
  ASSAY_TRY_VOID(sum(c));
  const Array total = c.outputs()[0];
  const T* from = total.template data<T>();
  T* y = c.template out<T>(0);
  for (int64_t i = 0; i < total.size(); ++i) y[i] = from[i] / count;
  return {};
}

template <class T>
Result<> prelu(KernelContext<T>& c) {
  return arithmetic(c, [](auto x, auto slope) { return x < 0 ? wrapping_mul(x, slope) : x; });
}

// First the lower limit, then the upper one; what is not a number stays so.
template <class E, class T>
void clip_as(KernelContext<T>& c) {
  const E low = c.given(1) ? *c.template elements<E>(1) : std::numeric_limits<E>::lowest();
  const E high = c.given(2) ? *c.template elements<E>(2) : std::numeric_limits<E>::max();
  const bool below = c.given(1), above = c.given(2);
  const E* x = c.template elements<E>(0);
  E* y = c.template out<E>(0);
  c.workers().split(c.input(0).size(), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const E raised = below && x[i] < low ? low : x[i];
      y[i] = above && raised > high ? high : raised;
    }
  });
}

template <class T>
Result<> clip(KernelContext<T>& c) {
  if (c.floating(0))
    clip_as<T>(c);
  else
    clip_as<int64_t>(c);
  return {};
}

}  // namespace

template <class T>
void add_binary(Kernels<T>& kernels) {
  kernels.insert({{"Add", add<T>},
                  {"Clip", clip<T>},
                  {"Mean", mean<T>},
                  {"Mod", mod<T>},
                  {"PRelu", prelu<T>},
                  {"Sum", sum<T>},
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
