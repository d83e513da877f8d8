// The table of steering.h: what decides threads, places and kernels, and what is done about it. What steers
// one framework only stands in its manifest (variables_unset). Private to steering.cc and steering_linux.cc.
#pragma once

#include "host/steering.h"

namespace assay::host {

inline constexpr Steering kSteering[] = {
    // Kept: without them programs may crash, or would use another device than the user means.
    {"KMP_DUPLICATE_LIB_OK", Treatment::kept, "two OpenMP libraries in a process end it without"},
    {"OPENBLAS_CORETYPE", Treatment::kept, "guards against kernels that crash on a CPU unknown to OpenBLAS"},
    {"MKL_THREADING_LAYER", Treatment::kept, "guards against two OpenMP libraries in a process"},
    {"CUDA_VISIBLE_DEVICES", Treatment::kept, "which device is meant"},
    {"CUDA_DEVICE_ORDER", Treatment::kept, "which device is meant"},
    {"HIP_VISIBLE_DEVICES", Treatment::kept, "which device is meant"},
    {"ROCR_VISIBLE_DEVICES", Treatment::kept, "which device is meant"},
    {"HSA_OVERRIDE_GFX_VERSION", Treatment::kept, "a device may not work without"},
    {"LD_PRELOAD", Treatment::kept, "code in every process, often an allocator; a program may need it"},
    {"GLIBC_TUNABLES", Treatment::kept, "allocator and kernels of the C library; may guard against crashes"},
    // Taken: they would act on Assay when libgomp or hwloc is loaded or asked.
    {"OMP_PLACES", Treatment::taken, "pins threads, and the program that loads libgomp"},
    {"OMP_PROC_BIND", Treatment::taken, "pins threads, and the program that loads libgomp"},
    {"GOMP_", Treatment::taken, "affinity and spinning of libgomp"},
    {"KMP_", Treatment::taken, "affinity and spinning of LLVM's and Intel's OpenMP"},
    {"HWLOC_", Treatment::taken, "shows another machine than this one"},
    // Unset in runners: Assay says how many threads there are; kernels and modes are the frameworks' choice.
    {"OMP_", Treatment::unset, "threads of OpenMP"},
    {"MKL_", Treatment::unset, "threads and kernels of MKL"},
    {"OPENBLAS_", Treatment::unset, "threads of OpenBLAS"},
    {"GOTO_NUM_THREADS", Treatment::unset, "threads of OpenBLAS"},
    {"BLIS_", Treatment::unset, "threads and kernels of BLIS"},
    {"VECLIB_MAXIMUM_THREADS", Treatment::unset, "threads of Accelerate"},
    {"NUMEXPR_", Treatment::unset, "threads of numexpr"},
    {"RAYON_", Treatment::unset, "threads of Rust's rayon"},
    {"TBB_", Treatment::unset, "threads of oneTBB"},
    {"TVM_", Treatment::unset, "threads and places of TVM"},
    {"DNNL_", Treatment::unset, "kernels of oneDNN"},
    {"ONEDNN_", Treatment::unset, "kernels and precision of oneDNN"},
    {"XLA_", Treatment::unset, "compilation of XLA"},
    {"NVIDIA_TF32_OVERRIDE", Treatment::unset, "precision of CUDA's libraries"},
    {"CUBLAS_", Treatment::unset, "kernels and workspace of cuBLAS"},
    {"CUDA_LAUNCH_BLOCKING", Treatment::unset, "makes every kernel wait"},
    {"PYTHON", Treatment::unset, "how Python imports, optimises, warns and encodes; runners get a plain one"},
    {"MALLOC_", Treatment::unset, "arenas of the C library's allocator"},
};

}  // namespace assay::host
