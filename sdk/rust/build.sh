#!/usr/bin/env bash
# Compiles the runner of the framework whose folder this is run for, with its Cargo.toml: the executable "runner". It is both the
# script and the `compile` of a build, since Cargo compiles the framework and the runner as one. Arguments are those that say cargo which
# features to take: a framework with several builds has a script for each, which calls this one. May run again after an interruption.
set -euo pipefail

cargo() { bash "$ASSAY_SOURCE_DIR/sdk/rust/cargo.sh" "$@"; }

profile=release
[ -z "${ASSAY_QUICK_BUILDS:-}" ] || profile=quick
cd "$ASSAY_FRAMEWORK_DIR"
# Each message of Cargo's that names an executable is of one that is linked now, in whatever folder.
program=$(cargo build --profile $profile --message-format json-render-diagnostics "$@" | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
cp "$program" "$ASSAY_BUILD_DIR/runner.part"
mv "$ASSAY_BUILD_DIR/runner.part" "$ASSAY_BUILD_DIR/runner"
cargo tree --edges normal --prefix none --format '{p}' "$@" | sed 's/ (.*//' | sort -u > "$ASSAY_BUILD_DIR/installed.txt"
