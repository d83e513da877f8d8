# OpenBLAS for the truth comes from the PyPI package scipy-openblas32 (its symbols carry the prefix scipy_): Debian 12's own
# OpenBLAS does not know current CPUs and runs generic kernels on them. ./run and ./test install it into the cache and set
# ASSAY_OPENBLAS_ROOT to the package's folder (the one that holds include/ and lib/).
set(ASSAY_OPENBLAS_ROOT "" CACHE PATH "Folder of the installed scipy_openblas32 Python package")
if(NOT EXISTS "${ASSAY_OPENBLAS_ROOT}/include/cblas.h")
  message(FATAL_ERROR "ASSAY_OPENBLAS_ROOT does not hold include/cblas.h: run ./run or ./test, which install it, or pass "
                      "-DASSAY_OPENBLAS_ROOT=<site-packages>/scipy_openblas32")
endif()
add_library(openblas SHARED IMPORTED)
set_target_properties(openblas PROPERTIES
  IMPORTED_LOCATION "${ASSAY_OPENBLAS_ROOT}/lib/libscipy_openblas.so"
  INTERFACE_INCLUDE_DIRECTORIES "${ASSAY_OPENBLAS_ROOT}/include")
