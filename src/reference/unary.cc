// Operators on one operand, element by element, but for activations.
#include <cmath>

#include "reference/map.h"

namespace assay::reference {
namespace {

// Integers wrap: nothing is undefined at the least of them.
int64_t negative(int64_t x) { return static_cast<int64_t>(0 - static_cast<uint64_t>(x)); }
template <class T>
T negative(T x) {
  return -x;
}

template <class T>
Result<> neg(KernelContext<T>& c) {
  return map_number(c, [](auto x) { return negative(x); });
}
template <class T>
Result<> abs(KernelContext<T>& c) {
  return map_number(c, [](auto x) { return x < 0 ? negative(x) : (x == 0 ? decltype(x){0} : x); });
}
template <class T>
Result<> sign(KernelContext<T>& c) {
  return map_number(c, [](auto x) { return static_cast<decltype(x)>((x > 0) - (x < 0)); });
}
template <class T>
Result<> reciprocal(KernelContext<T>& c) {
  return map_real(c, [](T x) { return T{1} / x; });
}
template <class T>
Result<> is_nan(KernelContext<T>& c) {
  return map_test(c, [](T x) { return std::isnan(x); });
}

template <class T>
Result<> is_inf(KernelContext<T>& c) {
  const bool negative = c.node().integer("detect_negative", 1) != 0;
  const bool positive = c.node().integer("detect_positive", 1) != 0;
  return map_test(c, [=](T x) { return std::isinf(x) && (x < 0 ? negative : positive); });
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
  kernels.insert({{"Abs", abs<T>},
                  {"Acos", mapped<T, std::acos>},
                  {"Acosh", mapped<T, std::acosh>},
                  {"Asin", mapped<T, std::asin>},
                  {"Asinh", mapped<T, std::asinh>},
                  {"Atan", mapped<T, std::atan>},
                  {"Atanh", mapped<T, std::atanh>},
                  {"Ceil", mapped<T, std::ceil>},
                  {"Cos", mapped<T, std::cos>},
                  {"Cosh", mapped<T, std::cosh>},
                  {"Erf", mapped<T, std::erf>},
                  {"Exp", mapped<T, std::exp>},
                  {"Floor", mapped<T, std::floor>},
                  {"IsInf", is_inf<T>},
                  {"IsNaN", is_nan<T>},
                  {"Log", mapped<T, std::log>},
                  {"Neg", neg<T>},
                  {"Not", logical_not<T>},
                  {"Reciprocal", reciprocal<T>},
                  {"Round", mapped<T, std::nearbyint>},
                  {"Sign", sign<T>},
                  {"Sin", mapped<T, std::sin>},
                  {"Sinh", mapped<T, std::sinh>},
                  {"Sqrt", mapped<T, std::sqrt>},
                  {"Tan", mapped<T, std::tan>},
                  {"Tanh", mapped<T, std::tanh>}});
}

template void add_unary(Kernels<float>&);
template void add_unary(Kernels<double>&);

}  // namespace assay::reference
