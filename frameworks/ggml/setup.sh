#!/usr/bin/env bash
# Builds the libraries that the runner is linked from.
set -euo pipefail
bash "$ASSAY_SOURCE_DIR/sdk/ggml/build.sh" ggml
