#!/usr/bin/env bash
# Brings NVIDIA's compiler and libraries, and builds the libraries that the runner is linked from, with ggml's back end for CUDA.
set -euo pipefail
bash "$ASSAY_SOURCE_DIR/sdk/cuda/toolkit.sh"
bash "$ASSAY_SOURCE_DIR/sdk/ggml/cuda.sh" llama
