#!/usr/bin/env bash
# Compiles the runner with Candle's feature `mkl`, against what setup-mkl.sh brought. Cargo is told what the build script of intel-mkl-src
# would say, so the script does not run: it looks on the system, and else fetches an MKL of 2020 from a container registry.
set -euo pipefail

cat > "$ASSAY_BUILD_DIR/mkl.toml" <<END
[target.x86_64-unknown-linux-gnu.mkl_core]
rustc-link-search = ["native=$ASSAY_BUILD_DIR/mkl"]
rustc-link-lib = ["static:-bundle=mkl_intel_lp64", "static:-bundle=mkl_intel_thread", "static:-bundle=mkl_core", "static:-bundle=iomp5"]
END
bash "$ASSAY_SOURCE_DIR/sdk/rust/build.sh" --features mkl --config "$ASSAY_BUILD_DIR/mkl.toml"
grep -o '^[a-z].*==[0-9.]*' "$ASSAY_FRAMEWORK_DIR/mkl.lock" | sed 's/==/ v/' >> "$ASSAY_BUILD_DIR/installed.txt"
