#!/usr/bin/env bash
# What build.sh makes, and ggml's back end for NVIDIA's GPUs: cuda.sh TARGET. The back end is compiled with the toolkit that
# sdk/cuda/toolkit.sh has put into the build's folder, for the compute capability of this machine's first GPU; a runner registers it
# (ggml_backend_register). Flash attention is left out, which is half precision, and so is what spreads a model over several GPUs. May run
# again after an interruption.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
bash "$here/build.sh" "$1"
libraries=$(cat "$ASSAY_BUILD_DIR/libraries.txt")
toolkit=$ASSAY_BUILD_DIR/cuda
capability=$(nvidia-smi --id=0 --query-gpu=compute_cap --format=csv,noheader | tr -d .)
key=$(cat "$here/cuda.sh" "$here/../cuda/toolkit.lock" | sha256sum | cut -c1-8)
build=$libraries/cuda-$capability-$key

exec 8> "$libraries/lock"
flock 8
unset NVCC_PREPEND_FLAGS NVCC_APPEND_FLAGS CUDA_PATH CUDAFLAGS CUDAARCHS CUDACXX CUDAHOSTCXX
export CCACHE_BASEDIR=$libraries CCACHE_NOHASHDIR=1
cmake -S "$libraries/src" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF \
  -DCMAKE_CUDA_COMPILER="$toolkit/bin/nvcc" -DCUDAToolkit_ROOT="$toolkit" -DCMAKE_CUDA_ARCHITECTURES="$capability-real" \
  -DGGML_CUDA=ON -DGGML_CUDA_FA=OFF -DGGML_CUDA_NCCL=OFF -DGGML_CPU=OFF -DGGML_OPENMP=OFF \
  -DLLAMA_BUILD_COMMON=OFF -DLLAMA_BUILD_TOOLS=OFF \
  -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_APP=OFF
cmake --build "$build" --target ggml-cuda
find "$build" -name libggml-cuda.a -exec cp {} "$ASSAY_BUILD_DIR" \;
cat "$toolkit/installed.txt" >> "$ASSAY_BUILD_DIR/installed.txt"
