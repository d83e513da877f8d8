#!/usr/bin/env bash
# A virtual environment with JAX and its plugin for NVIDIA's GPUs, which brings NVIDIA's libraries.
set -euo pipefail
bash "$ASSAY_SOURCE_DIR/sdk/python/venv.sh" "$ASSAY_BUILD_DIR/venv" "$ASSAY_FRAMEWORK_DIR/cuda.lock"
