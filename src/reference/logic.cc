// Comparisons, logic and selection, with broadcasting.
#include "reference/broadcast.h"

namespace assay::reference {
namespace {

template <class E, class T, class F>
Result<> compare_as(KernelContext<T>& c, F f) {
  const E* a = c.template elements<E>(0);
  const E* b = c.template elements<E>(1);
  broadcast_binary(c.workers(), c.out_shape(0), c.template out<bool>(0), a, c.shape(0), b, c.shape(1), f);
  return {};
}

template <class T, class F>
Result<> compare(KernelContext<T>& c, F f) {
  if (c.floating(0)) return compare_as<T>(c, f);
  if (c.input(0).storage() == DType::boolean) return compare_as<bool>(c, f);
  return compare_as<int64_t>(c, f);
}

template <class T>
Result<> equal(KernelContext<T>& c) {
  return compare(c, [](auto a, auto b) { return a == b; });
}
template <class T>
Result<> greater(KernelContext<T>& c) {
  return compare(c, [](auto a, auto b) { return a > b; });
}
template <class T>
Result<> greater_or_equal(KernelContext<T>& c) {
  return compare(c, [](auto a, auto b) { return a >= b; });
}
template <class T>
Result<> less(KernelContext<T>& c) {
  return compare(c, [](auto a, auto b) { return a < b; });
}
template <class T>
Result<> less_or_equal(KernelContext<T>& c) {
  return compare(c, [](auto a, auto b) { return a <= b; });
}
template <class T>
Result<> logical_and(KernelContext<T>& c) {
  return compare_as<bool>(c, [](bool a, bool b) { return a && b; });
}
template <class T>
Result<> logical_or(KernelContext<T>& c) {
  return compare_as<bool>(c, [](bool a, bool b) { return a || b; });
}
template <class T>
Result<> logical_xor(KernelContext<T>& c) {
  return compare_as<bool>(c, [](bool a, bool b) { return a != b; });
}

template <class E, class T>
Result<> select(KernelContext<T>& c) {
  const bool* condition = c.booleans(0);
  const E* x = c.template elements<E>(1);
  const E* y = c.template elements<E>(2);
  E* out = c.template out<E>(0);
  const Broadcast<3> loops(c.out_shape(0), {c.shape(0), c.shape(1), c.shape(2)});
  loops.for_rows(c.workers(), [&](int64_t at, const std::array<int64_t, 3>& offsets, int64_t length) {
    for (int64_t i = 0; i < length; ++i)
      out[at + i] = condition[offsets[0] + i * loops.step(0)] ? x[offsets[1] + i * loops.step(1)]
                                                              : y[offsets[2] + i * loops.step(2)];
  });
  return {};
}

template <class T>
Result<> where(KernelContext<T>& c) {
  if (c.floating(1)) return select<T>(c);
  if (c.input(1).storage() == DType::boolean) return select<bool>(c);
  return select<int64_t>(c);
}

}  // namespace

template <class T>
void add_logic(Kernels<T>& kernels) {
  kernels.insert({{"Equal", equal<T>},
                  {"Greater", greater<T>},
                  {"GreaterOrEqual", greater_or_equal<T>},
                  {"Less", less<T>},
                  {"LessOrEqual", less_or_equal<T>},
                  {"And", logical_and<T>},
                  {"Or", logical_or<T>},
                  {"Xor", logical_xor<T>},
                  {"Where", where<T>}});
}

template void add_logic(Kernels<float>&);
template void add_logic(Kernels<double>&);

}  // namespace assay::reference
