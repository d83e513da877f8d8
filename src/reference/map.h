// One function applied to every element of input 0, the only result having its shape.
#pragma once

#include "reference/kernel.h"

namespace assay::reference {

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

// The same, floating elements to booleans.
template <class T, class F>
Result<> map_test(KernelContext<T>& c, F f) {
  const T* x = c.real(0);
  bool* y = c.template out<bool>(0);
  for (int64_t i = 0; i < c.input(0).size(); ++i) y[i] = f(x[i]);
  return {};
}

// The kernel that applies a function which needs nothing else.
template <class T, T (*kFunction)(T)>
Result<> mapped(KernelContext<T>& c) {
  return map_real(c, [](T x) { return kFunction(x); });
}

}  // namespace assay::reference
