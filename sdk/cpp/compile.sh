#!/usr/bin/env bash
# Compiles the runner of the framework whose folder this is run for, with its CMakeLists.txt. The libraries that it links against lie
# where libraries.txt in the build's folder says, when the build's script has left one.
set -euo pipefail

export CCACHE_BASEDIR=$ASSAY_SOURCE_DIR CCACHE_NOHASHDIR=1
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
options=()
! command -v ccache > /dev/null || options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
[ ! -e "$ASSAY_BUILD_DIR/libraries.txt" ] || options+=(-DLIBRARIES_DIR="$(cat "$ASSAY_BUILD_DIR/libraries.txt")")
cmake -S "$ASSAY_FRAMEWORK_DIR" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DASSAY_SOURCE_DIR="$ASSAY_SOURCE_DIR" "${options[@]}"
cmake --build "$build"
mv "$build/runner" "$ASSAY_BUILD_DIR/runner"
