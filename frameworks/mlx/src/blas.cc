#include "blas.h"

#ifdef __linux__

#include <dlfcn.h>

#include <cstdlib>

// What libmlx calls. Defined in the executable, which the linker asks before all libraries, they stand before
// those of the BLAS that the wheel brings; a call goes to the one that was chosen.
namespace {

using Sgemm = void (*)(int, int, int, int, int, int, float, const float*, int, const float*, int, float,
                       float*, int);
using Dgemm = void (*)(int, int, int, int, int, int, double, const double*, int, const double*, int, double,
                       double*, int);
using Cgemm = void (*)(int, int, int, int, int, int, const void*, const void*, int, const void*, int,
                       const void*, void*, int);

struct Products {
  Sgemm single = nullptr;
  Dgemm wide = nullptr;
  Cgemm complex = nullptr;
};

template <class Function>
void find(Function& function, void* library, const std::string& name) {
  function = reinterpret_cast<Function>(::dlsym(library, name.c_str()));
  ASSAY_CHECK(function != nullptr, "no {} in the BLAS", name);
}

Products products_of(void* library, const std::string& prefix) {
  Products products;
  find(products.single, library, prefix + "cblas_sgemm");
  find(products.wide, library, prefix + "cblas_dgemm");
  find(products.complex, library, prefix + "cblas_cgemm");
  return products;
}

Products& chosen() {
  static Products products = products_of(RTLD_NEXT, "");
  return products;
}

// Its pool of threads is made when it is loaded, so their number is said before.
void* openblas(int threads) {
  ::setenv("OPENBLAS_NUM_THREADS", std::to_string(threads).c_str(), 1);
  static void* library = ::dlopen(ASSAY_OPENBLAS, RTLD_NOW | RTLD_LOCAL);
  return library;
}

}  // namespace

extern "C" {

void cblas_sgemm(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                 const float* a, int lda, const float* b, int ldb, float beta, float* c, int ldc) {
  chosen().single(order, transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void cblas_dgemm(int order, int transpose_a, int transpose_b, int m, int n, int k, double alpha,
                 const double* a, int lda, const double* b, int ldb, double beta, double* c, int ldc) {
  chosen().wide(order, transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void cblas_cgemm(int order, int transpose_a, int transpose_b, int m, int n, int k, const void* alpha,
                 const void* a, int lda, const void* b, int ldb, const void* beta, void* c, int ldc) {
  chosen().complex(order, transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

}  // extern "C"

namespace mlx_runner {

assay_runner::Answer<std::string> use_blas(const std::string& variant, int threads) {
  if (variant != "openblas") {
    chosen() = products_of(RTLD_NEXT, "");
    return "the BLAS of the wheel";
  }
  void* library = openblas(threads);
  if (library == nullptr) return assay_runner::failed("{}", ::dlerror());
  chosen() = products_of(library, "scipy_");
  void (*set_threads)(int) = nullptr;
  char* (*configuration)() = nullptr;
  find(set_threads, library, "scipy_openblas_set_num_threads");
  find(configuration, library, "scipy_openblas_get_config");
  set_threads(threads);
  return configuration();
}

}  // namespace mlx_runner

#else

namespace mlx_runner {

assay_runner::Answer<std::string> use_blas(const std::string& variant, int) {
  if (variant == "openblas")
    return assay_runner::unsupported(assay_runner::Reason::platform,
                                     "OpenBLAS is put under MLX on Linux only");
  return "the BLAS of the system";
}

}  // namespace mlx_runner

#endif
