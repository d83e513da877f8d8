// Matrix products: Linear (ours), MatMul and Gemm.
#include "reference/broadcast.h"

namespace assay::reference {
namespace {

// y[..., out] = x[..., in] W[out, in]^T + b.
template <class T>
Result<> linear(KernelContext<T>& c) {
  const int64_t out = c.shape(1)[0];
  const int64_t in = c.shape(1)[1];
  const int64_t rows = product(c.shape(0), 0, c.shape(0).size() - 1);
  const T* x = c.real(0);
  const T* w = c.real(1);
  T* y = c.template out<T>(0);
  gemm<T>(c.execution(), rows, out, in, T{1}, {x, in}, {w, in, true}, T{0}, y, out);
  if (c.given(2)) {
    const T* b = c.real(2);
    broadcast_binary(c.workers(), c.out_shape(0), y, y, c.out_shape(0), b, c.shape(2),
                     [](T value, T bias) { return value + bias; });
  }
  return {};
}

// The product of two stacks of matrices, given the number of leading dimensions' elements and where each pair
// of matrices lies.
template <class T>
struct Stack {
  int64_t m = 1;
  int64_t n = 1;
  int64_t k = 1;
  std::vector<int64_t> a;  // element offset of A's matrix, a product
  std::vector<int64_t> b;
};

// Leading dimensions broadcast; a vector counts as a row on the left and as a column on the right.
template <class T>
Stack<T> stack_of(const Shape& a, const Shape& b, const Shape& out) {
  Stack<T> stack;
  stack.k = a.back();
  stack.m = a.size() == 1 ? 1 : a[a.size() - 2];
  stack.n = b.size() == 1 ? 1 : b.back();
  const size_t matrix_dims = (a.size() > 1 ? 1 : 0) + (b.size() > 1 ? 1 : 0);
  Shape lead(out.begin(), out.end() - static_cast<int64_t>(matrix_dims));
  const Shape a_lead(a.begin(), a.end() - static_cast<int64_t>(std::min<size_t>(a.size(), 2)));
  const Shape b_lead(b.begin(), b.end() - static_cast<int64_t>(std::min<size_t>(b.size(), 2)));
  Workers alone(1);
  const Broadcast<2> loops(lead, {a_lead, b_lead});
  loops.for_rows(alone, [&](int64_t, const std::array<int64_t, 2>& offsets, int64_t length) {
    for (int64_t i = 0; i < length; ++i) {
      stack.a.push_back((offsets[0] + i * loops.step(0)) * stack.m * stack.k);
      stack.b.push_back((offsets[1] + i * loops.step(1)) * stack.k * stack.n);
    }
  });
  return stack;
}

template <class T>
Result<> matmul(KernelContext<T>& c) {
  if (!c.floating(0)) return fail(ErrorKind::data, "integer matrices are not supported");
  const auto stack = stack_of<T>(c.shape(0), c.shape(1), c.out_shape(0));
  const T* a = c.real(0);
  const T* b = c.real(1);
  T* y = c.template out<T>(0);
  const auto count = static_cast<int64_t>(stack.a.size());
  if (c.shape(1).size() == 2 &&
      c.shape(0).size() > 2) {  // one matrix on the right: a single product of all rows
    gemm<T>(c.execution(), count * stack.m, stack.n, stack.k, T{1}, {a, stack.k}, {b, stack.n}, T{0}, y,
            stack.n);
    return {};
  }
  const auto multiply = [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const auto at = static_cast<size_t>(i);
      gemm<T>(c.execution(), stack.m, stack.n, stack.k, T{1}, {a + stack.a[at], stack.k},
              {b + stack.b[at], stack.n}, T{0}, y + i * stack.m * stack.n, stack.n);
    }
  };
  if (count >= c.workers().threads())
    c.workers().split(count, 1, multiply);
  else
    multiply(0, count);
  return {};
}

// alpha A' B' + beta C, C broadcast to the result.
template <class T>
Result<> gemm_kernel(KernelContext<T>& c) {
  const bool trans_a = c.node().integer("transA", 0) != 0;
  const bool trans_b = c.node().integer("transB", 0) != 0;
  const auto alpha = static_cast<T>(c.node().real("alpha", 1.0));
  const auto beta = static_cast<T>(c.node().real("beta", 1.0));
  const int64_t m = c.out_shape(0)[0];
  const int64_t n = c.out_shape(0)[1];
  const int64_t k = c.shape(0)[trans_a ? 0 : 1];
  const T* a = c.real(0);
  const T* b = c.real(1);
  T* y = c.template out<T>(0);
  gemm<T>(c.execution(), m, n, k, alpha, {a, c.shape(0)[1], trans_a}, {b, c.shape(1)[1], trans_b}, T{0}, y,
          n);
  if (c.given(2))
    broadcast_binary(c.workers(), c.out_shape(0), y, y, c.out_shape(0), c.real(2), c.shape(2),
                     [beta](T value, T addend) { return value + beta * addend; });
  return {};
}

}  // namespace

template <class T>
void add_matmul(Kernels<T>& kernels) {
  kernels.insert({{"Linear", linear<T>}, {"MatMul", matmul<T>}, {"Gemm", gemm_kernel<T>}});
}

template void add_matmul(Kernels<float>&);
template void add_matmul(Kernels<double>&);

}  // namespace assay::reference
