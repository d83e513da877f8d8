#!/usr/bin/env bash
# Brings Intel's static libraries into the build's folder, those that candle-core asks of intel-mkl-src (mkl-static-lp64-iomp), from
# Intel's own wheels. May run again after an interruption: pip keeps what it has downloaded.
set -euo pipefail

cd "$ASSAY_BUILD_DIR"
rm -rf wheels
bash "$ASSAY_SOURCE_DIR/sdk/python/venv.sh" "$PWD/wheels" "$ASSAY_FRAMEWORK_DIR/mkl.lock"
mkdir -p mkl
mv wheels/lib/lib{mkl_intel_lp64,mkl_intel_thread,mkl_core,iomp5}.a mkl
rm -rf wheels
