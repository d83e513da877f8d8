#!/usr/bin/env bash
# Compiles the runner of the framework whose folder this is run for, llama.cpp or ggml, and links it against the libraries.
set -euo pipefail

export CCACHE_BASEDIR=$ASSAY_SOURCE_DIR CCACHE_NOHASHDIR=1
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
launcher=(); ! command -v ccache > /dev/null || launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
cmake -S "$ASSAY_FRAMEWORK_DIR" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release "${launcher[@]}" \
  -DASSAY_SOURCE_DIR="$ASSAY_SOURCE_DIR" -DLLAMA_CPP_DIR="$(cat "$ASSAY_BUILD_DIR/libraries.txt")"
cmake --build "$build"
mv "$build/runner" "$ASSAY_BUILD_DIR/runner"
