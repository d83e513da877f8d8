// Operators on one operand, element by element.
#include <cmath>
#include <limits>
#include <numbers>

#include "reference/kernel.h"
#include "reference/kinks.h"

namespace assay::reference {
namespace {

// y = f(x) for floating elements.
template <class T, class F>
Result<> map_real(KernelContext<T>& c, F f) {
  const T* x = c.real(0);
  T* y = c.out_over(0, 0);
  c.workers().split(c.input(0).size(), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) y[i] = f(x[i]);
  });
  return {};
}

// The same for floating elements or integers.
template <class T, class F>
Result<> map_number(KernelContext<T>& c, F f) {
  if (c.floating(0)) return map_real(c, f);
  const int64_t* x = c.integers(0);
  auto* y = c.template out<int64_t>(0);
  for (int64_t i = 0; i < c.input(0).size(); ++i) y[i] = f(x[i]);
  return {};
}

template <class T>
T sigmoid(T x) {
  return T{1} / (T{1} + std::exp(-x));
}

template <class T>
Result<> neg(KernelContext<T>& c) {
  return map_number(c, [](auto x) { return -x; });
}
template <class T>
Result<> abs(KernelContext<T>& c) {
  return map_number(c, [](auto x) { return x < 0 ? -x : (x == 0 ? decltype(x){0} : x); });
}
template <class T>
Result<> sign(KernelContext<T>& c) {
  return map_number(c, [](auto x) { return static_cast<decltype(x)>((x > 0) - (x < 0)); });
}
template <class T>
Result<> sqrt(KernelContext<T>& c) {
  return map_real(c, [](T x) { return std::sqrt(x); });
}
template <class T>
Result<> reciprocal(KernelContext<T>& c) {
  return map_real(c, [](T x) { return T{1} / x; });
}
template <class T>
Result<> exp(KernelContext<T>& c) {
  return map_real(c, [](T x) { return std::exp(x); });
}
template <class T>
Result<> log(KernelContext<T>& c) {
  return map_real(c, [](T x) { return std::log(x); });
}
template <class T>
Result<> sin(KernelContext<T>& c) {
  return map_real(c, [](T x) { return std::sin(x); });
}
template <class T>
Result<> cos(KernelContext<T>& c) {
  return map_real(c, [](T x) { return std::cos(x); });
}
template <class T>
Result<> tanh(KernelContext<T>& c) {
  return map_real(c, [](T x) { return std::tanh(x); });
}
template <class T>
Result<> erf(KernelContext<T>& c) {
  return map_real(c, [](T x) { return std::erf(x); });
}
// Where the slope is ambiguous, the value decides it: zero is off, the least positive number is on.
template <class T>
Result<> relu_at_kinks(KernelContext<T>& c) {
  const T width = kink_width(c, 0);
  const bool on = c.execution().kinks == Kinks::on;
  return map_real(c, [=](T x) {
    if (std::abs(x) > width) return std::max(x, T{0});
    return on ? std::max(x, std::numeric_limits<T>::min()) : T{0};
  });
}

template <class T>
Result<> relu(KernelContext<T>& c) {
  if (c.floating(0) && c.execution().kinks != Kinks::computed) return relu_at_kinks(c);
  return map_number(c, [](auto x) { return x < 0 ? decltype(x){0} : x; });
}
template <class T>
Result<> sigmoid_kernel(KernelContext<T>& c) {
  return map_real(c, [](T x) { return sigmoid(x); });
}

template <class T>
Result<> swish(KernelContext<T>& c) {
  const auto alpha = static_cast<T>(c.node().real("alpha", 1.0));
  return map_real(c, [alpha](T x) { return x * sigmoid(alpha * x); });
}

template <class T>
Result<> gelu(KernelContext<T>& c) {
  if (c.node().text("approximate", "none") == "tanh") {
    const T factor = std::sqrt(T{2} / std::numbers::pi_v<T>);
    return map_real(c, [factor](T x) {
      return T{0.5} * x * (T{1} + std::tanh(factor * (x + static_cast<T>(0.044715) * x * x * x)));
    });
  }
  const T factor = T{1} / std::numbers::sqrt2_v<T>;
  return map_real(c, [factor](T x) { return T{0.5} * x * (T{1} + std::erf(x * factor)); });
}

template <class T>
Result<> logical_not(KernelContext<T>& c) {
  const bool* x = c.booleans(0);
  bool* y = c.template out<bool>(0);
  for (int64_t i = 0; i < c.input(0).size(); ++i) y[i] = !x[i];
  return {};
}

}  // namespace

template <class T>
void add_unary(Kernels<T>& kernels) {
  kernels.insert({{"Neg", neg<T>},
                  {"Abs", abs<T>},
                  {"Sign", sign<T>},
                  {"Sqrt", sqrt<T>},
                  {"Reciprocal", reciprocal<T>},
                  {"Exp", exp<T>},
                  {"Log", log<T>},
                  {"Sin", sin<T>},
                  {"Cos", cos<T>},
                  {"Tanh", tanh<T>},
                  {"Erf", erf<T>},
                  {"Relu", relu<T>},
                  {"Sigmoid", sigmoid_kernel<T>},
                  {"Swish", swish<T>},
                  {"Gelu", gelu<T>},
                  {"Not", logical_not<T>}});
}

template void add_unary(Kernels<float>&);
template void add_unary(Kernels<double>&);

}  // namespace assay::reference
