// The only door to BLAS: matrix products in float and double, row-major, split over the evaluator's own
// workers, with the sums over the inner dimension blocked as asked for; and what the BLAS library says about
// itself.
#pragma once

#include <cstdint>
#include <string>

#include "reference/options.h"
#include "reference/workers.h"

namespace assay::reference {

// How an evaluation runs: on which workers, and what reference/options.h says.
struct Execution {
  Workers& workers;
  int blocking = 0;
  Operands operands = Operands::full;
  Kinks kinks = Kinks::computed;
  double kink_width = 0;
};

// A matrix in row-major storage: element (i, j) is data[i * stride + j], or data[j * stride + i] when it is
// transposed.
template <class T>
struct Matrix {
  const T* data = nullptr;
  int64_t stride = 0;
  bool transposed = false;
};

// C[m, n] = alpha A[m, k] B[k, n] + beta C, where C has `stride` elements a row. With blocking 0 the sums
// over k are BLAS's own; with 1 and 2 they are sums over panels of k (at most 256 and 64, and always at least
// two and four of them). A and B are rounded to the execution's operand format first. beta = 0 overwrites C
// whatever it holds. Inside a worker it runs on that worker alone.
template <class T>
void gemm(const Execution& execution, int64_t m, int64_t n, int64_t k, T alpha, Matrix<T> a, Matrix<T> b,
          T beta, T* c, int64_t stride);

// The kernels that BLAS chose for this CPU: "SkylakeX", "Zen", "Haswell" …
[[nodiscard]] std::string blas_core();
// Whether that is a fallback which runs many times below what the CPU can do; `assay check` warns then.
[[nodiscard]] bool blas_core_is_generic(const std::string& core);

// The highest rate of this machine's matrix product in T, in FLOP/s, on `threads` threads (0: all): the best
// of repeated products of 1536 x 1536 matrices for about `seconds`.
template <class T>
[[nodiscard]] double measured_gemm_peak(int threads, double seconds = 0.5);

}  // namespace assay::reference
