#!/usr/bin/env bash
# Compiles the runner with Burn's back end for NVIDIA's GPUs in the place of Flex. The build script of tracel-llvm-bundler, a crate that
# CubeCL's for CUDA needs, fetches an archive of LLVM by itself, from no registry and without asking any setting; it unpacks it into
# Assay's cache, and what is there is not fetched again.
set -euo pipefail

export XDG_DATA_HOME="$ASSAY_CACHE"
if [ -n "${ASSAY_OFFLINE:-}" ] && ! compgen -G "$ASSAY_CACHE/tracel/tracel-llvm-*/.tracel-llvm-installed" >/dev/null; then
  echo "LLVM is not in $ASSAY_CACHE/tracel, and the network is not to be used: Burn's crate tracel-llvm-bundler fetches it" >&2
  exit 1
fi
exec bash "$ASSAY_SOURCE_DIR/sdk/rust/build.sh" --no-default-features --features cuda
