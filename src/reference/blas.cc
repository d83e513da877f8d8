#include "reference/blas.h"

#include <cblas.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "reference/rounding.h"

namespace assay::reference {
namespace {

static_assert(sizeof(blasint) == 4, "scipy-openblas32 has 32-bit integers");

// Once a process: BLAS on the calling thread only. The library must have been built with 32-bit integers like
// its header.
void prepare_blas() {
  static const bool prepared = [] {
    const std::string_view config = scipy_openblas_get_config();
    ASSAY_CHECK(config.find("USE64BITINT") == std::string_view::npos, "OpenBLAS with 64-bit integers: {}",
                config);
    scipy_openblas_set_num_threads(1);
    return true;
  }();
  (void)prepared;
}

blasint blas_int(int64_t value) {
  ASSAY_CHECK(value >= 0 && value <= std::numeric_limits<blasint>::max(),
              "{} elements in one matrix dimension", value);
  return static_cast<blasint>(value);
}

CBLAS_TRANSPOSE flag(bool transposed) { return transposed ? CblasTrans : CblasNoTrans; }

void call(blasint m, blasint n, blasint k, double alpha, Matrix<double> a, Matrix<double> b, double beta,
          double* c, blasint ldc) {
  scipy_cblas_dgemm(CblasRowMajor, flag(a.transposed), flag(b.transposed), m, n, k, alpha, a.data,
                    blas_int(a.stride), b.data, blas_int(b.stride), beta, c, ldc);
}
void call(blasint m, blasint n, blasint k, float alpha, Matrix<float> a, Matrix<float> b, float beta,
          float* c, blasint ldc) {
  scipy_cblas_sgemm(CblasRowMajor, flag(a.transposed), flag(b.transposed), m, n, k, alpha, a.data,
                    blas_int(a.stride), b.data, blas_int(b.stride), beta, c, ldc);
}

// The part of a matrix that starts at (row, column).
template <class T>
Matrix<T> part(Matrix<T> matrix, int64_t row, int64_t column) {
  matrix.data += matrix.transposed ? column * matrix.stride + row : row * matrix.stride + column;
  return matrix;
}

// Length of a panel of the inner dimension. A short inner dimension is cut too: otherwise head-sized sums
// would be the same in all three evaluations.
int64_t panel_length(int64_t k, int blocking) {
  if (blocking == 1) return std::clamp<int64_t>((k + 1) / 2, 1, 256);
  if (blocking == 2) return std::clamp<int64_t>((k + 3) / 4, 1, 64);
  return std::max<int64_t>(k, 1);
}

// The product on the calling thread.
template <class T>
void gemm_part(int blocking, int64_t m, int64_t n, int64_t k, T alpha, Matrix<T> a, Matrix<T> b, T beta, T* c,
               int64_t stride) {
  const int64_t length = panel_length(k, blocking);
  for (int64_t from = 0; from < std::max<int64_t>(k, 1); from += length) {
    const int64_t size = std::min(length, k - from);
    call(blas_int(m), blas_int(n), blas_int(size), alpha, part(a, 0, from), part(b, from, 0),
         from == 0 ? beta : T{1}, c, blas_int(stride));
  }
}

// A copy of a rows x columns operand, rounded.
template <class T>
class Rounded {
 public:
  Rounded(const Execution& execution, Matrix<T> matrix, int64_t rows, int64_t columns) : matrix_(matrix) {
    if (execution.operands == Operands::full) return;
    if (matrix.transposed) std::swap(rows, columns);
    room_.resize(static_cast<size_t>(rows * columns));
    round_matrix(execution.workers, execution.operands, matrix.data, rows, columns, matrix.stride,
                 room_.data());
    matrix_.data = room_.data();
    matrix_.stride = columns;
  }
  [[nodiscard]] Matrix<T> matrix() const { return matrix_; }

 private:
  std::vector<T> room_;
  Matrix<T> matrix_;
};

// Below so many multiply-adds a thread is not woken.
constexpr int64_t kLeastWork = 64 * 64 * 64;

}  // namespace

template <class T>
void gemm(const Execution& execution, int64_t m, int64_t n, int64_t k, T alpha, Matrix<T> a, Matrix<T> b,
          T beta, T* c, int64_t stride) {
  prepare_blas();
  if (m == 0 || n == 0) return;
  const Rounded<T> left(execution, a, m, k), right(execution, b, k, n);
  a = left.matrix();
  b = right.matrix();
  // The longer side is cut; each thread packs the whole of the other operand, which the arithmetic outweighs.
  const bool by_rows = m >= n;
  const int64_t side = by_rows ? m : n;
  const int64_t work = std::max<int64_t>(1, (by_rows ? n : m) * std::max<int64_t>(k, 1));
  const int64_t fair = (side + execution.workers.threads() - 1) / execution.workers.threads();
  const int64_t grain = std::max(fair, (kLeastWork + work - 1) / work);
  execution.workers.split(side, grain, [&](int64_t begin, int64_t end) {
    if (by_rows)
      gemm_part(execution.blocking, end - begin, n, k, alpha, part(a, begin, 0), b, beta, c + begin * stride,
                stride);
    else
      gemm_part(execution.blocking, m, end - begin, k, alpha, a, part(b, 0, begin), beta, c + begin, stride);
  });
}

std::string blas_core() { return scipy_openblas_get_corename(); }

bool blas_core_is_generic(const std::string& core) {
  static constexpr std::array<std::string_view, 6> kGeneric = {"Generic",   "Prescott", "Core2",
                                                               "Northwood", "armv8",    "Unknown"};
  return std::ranges::any_of(kGeneric, [&](std::string_view name) {
    return std::ranges::equal(
        core, name, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
  });
}

template <class T>
double measured_gemm_peak(int threads, double seconds) {
  constexpr int64_t kSide = 1536;
  Workers workers(threads);
  const std::vector<T> a(kSide * kSide, T{0.5});
  const std::vector<T> b(kSide * kSide, T{0.25});
  std::vector<T> c(kSide * kSide);
  double best_seconds = std::numeric_limits<double>::infinity();
  const int64_t end_ns = now_ns() + static_cast<int64_t>(seconds * 1e9);
  do {
    const int64_t start_ns = now_ns();
    gemm<T>({workers}, kSide, kSide, kSide, T{1}, {a.data(), kSide}, {b.data(), kSide}, T{0}, c.data(),
            kSide);
    best_seconds = std::min(best_seconds, static_cast<double>(now_ns() - start_ns) * 1e-9);
  } while (now_ns() < end_ns);
  return 2.0 * kSide * kSide * kSide / best_seconds;
}

template void gemm(const Execution&, int64_t, int64_t, int64_t, float, Matrix<float>, Matrix<float>, float,
                   float*, int64_t);
template void gemm(const Execution&, int64_t, int64_t, int64_t, double, Matrix<double>, Matrix<double>,
                   double, double*, int64_t);
template double measured_gemm_peak<float>(int, double);
template double measured_gemm_peak<double>(int, double);

}  // namespace assay::reference
