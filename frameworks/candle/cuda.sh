#!/usr/bin/env bash
# Compiles the runner with Candle's feature `cuda`, by the compiler and against the libraries that sdk/cuda/toolkit.sh brought, for the first
# GPU of this machine.
set -euo pipefail

export CUDA_HOME="$ASSAY_BUILD_DIR/cuda" PATH="$ASSAY_BUILD_DIR/cuda/bin:$PATH"
unset NVCC CUDA_PATH CUDA_ROOT CUDA_TOOLKIT_ROOT_DIR CUDNN_LIB CUDARC_CUDA_VERSION NVCC_PREPEND_FLAGS NVCC_APPEND_FLAGS
export CUDA_COMPUTE_CAP
CUDA_COMPUTE_CAP=$(nvidia-smi --id=0 --query-gpu=compute_cap --format=csv,noheader | tr -d .)
bash "$ASSAY_SOURCE_DIR/sdk/rust/build.sh" --features cuda
cat "$ASSAY_BUILD_DIR/cuda/installed.txt" >> "$ASSAY_BUILD_DIR/installed.txt"
