#!/usr/bin/env bash
# Compiles the runner with Candle's feature `metal`.
set -euo pipefail

exec bash "$ASSAY_SOURCE_DIR/sdk/rust/build.sh" --features metal
