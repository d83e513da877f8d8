// Operators whose result has the same elements in the same order: they share their operand's bytes. And Cast,
// which does when the storage stays.
#include <cmath>

#include "reference/kernel.h"

namespace assay::reference {
namespace {

template <class T>
Result<> view(KernelContext<T>& c) {
  c.set(0, c.input(0).reshaped(c.out_shape(0)));
  return {};
}

template <class From, class To, class T, class F>
void convert(KernelContext<T>& c, F f) {
  const From* x = c.template elements<From>(0);
  To* y = c.template out<To>(0);
  c.workers().split(c.input(0).size(), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) y[i] = static_cast<To>(f(x[i]));
  });
}

template <class From, class T>
void convert_from(KernelContext<T>& c, DType to) {
  if (to == DType::boolean)
    convert<From, bool>(c, [](From x) { return x != From{}; });
  else if (to == DType::i64)
    convert<From, int64_t>(c, [](From x) { return x; });
  else if (to == DType::i32)
    convert<From, int64_t>(c, [](From x) { return static_cast<int32_t>(static_cast<int64_t>(x)); });
  else
    convert<From, T>(c, [](From x) { return x; });
}

// Between floating types nothing is rounded to f32 or f64, since values are held in the evaluation's own
// scalar; a cast to f16 or bf16 rounds, since that is what the graph asks for.
template <class T>
Result<> cast(KernelContext<T>& c) {
  const DType to = c.out_dtype(0);
  if (c.floating(0) && (to == DType::f16 || to == DType::bf16)) {
    const tensor::Tensor narrow = tensor::converted(c.input(0).to_tensor(), to);
    c.set(0, Array(tensor::converted(narrow, tensor::dtype_of<T>())));
  } else if (c.floating(0) && tensor::is_floating(to)) {
    return view(c);
  } else if (c.floating(0)) {
    convert_from<T>(c, to);
  } else if (c.input(0).storage() == DType::boolean) {
    convert_from<bool>(c, to);
  } else {
    convert_from<int64_t>(c, to);
  }
  return {};
}

}  // namespace

template <class T>
void add_views(Kernels<T>& kernels) {
  kernels.insert({{"Reshape", view<T>},
                  {"Flatten", view<T>},
                  {"Squeeze", view<T>},
                  {"Unsqueeze", view<T>},
                  {"Identity", view<T>},
                  {"Cast", cast<T>}});
}

template void add_views(Kernels<float>&);
template void add_views(Kernels<double>&);

}  // namespace assay::reference
