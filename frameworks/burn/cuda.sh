#!/usr/bin/env bash
# Compiles the runner with Burn's back end for NVIDIA's GPUs in the place of Flex. The build script of tracel-llvm-bundler, a crate that
# CubeCL's for CUDA needs, fetches an archive of LLVM from no registry and without a hash of ours; Assay does not fetch so. Who wants the
# variant lets that crate do it beforehand, into Assay's cache; what is there is taken.
set -euo pipefail

export XDG_DATA_HOME="$ASSAY_CACHE"
if ! compgen -G "$ASSAY_CACHE/tracel/tracel-llvm-*/.tracel-llvm-installed" >/dev/null; then
  echo "Burn's back end for CUDA is compiled with an LLVM that no package registry has, and Assay fetches from registries only. To have it" >&2
  echo "all the same: XDG_DATA_HOME=$ASSAY_CACHE cargo build --no-default-features --features cuda, in frameworks/burn" >&2
  exit 1
fi
exec bash "$ASSAY_SOURCE_DIR/sdk/rust/build.sh" --no-default-features --features cuda
