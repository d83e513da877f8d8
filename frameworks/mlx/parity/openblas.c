// Preloaded into the other side's interpreter, so that it multiplies matrices with the same OpenBLAS as the runner: what libmlx calls, under
// the names that the package has.
#define FORWARD(NAME, SCALAR, OPERAND)                                                                                                        \
  void scipy_##NAME(int, int, int, int, int, int, SCALAR, const OPERAND*, int, const OPERAND*, int, SCALAR, OPERAND*, int);                    \
  void NAME(int order, int ta, int tb, int m, int n, int k, SCALAR alpha, const OPERAND* a, int lda, const OPERAND* b, int ldb, SCALAR beta,  \
            OPERAND* c, int ldc) {                                                                                                            \
    scipy_##NAME(order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);                                                                \
  }

FORWARD(cblas_sgemm, float, float)
FORWARD(cblas_dgemm, double, double)
FORWARD(cblas_cgemm, const void*, void)
