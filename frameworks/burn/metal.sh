#!/usr/bin/env bash
# Compiles the runner with Burn's back end for GPUs, for Metal, in the place of Flex.
set -euo pipefail

exec bash "$ASSAY_SOURCE_DIR/sdk/rust/build.sh" --no-default-features --features metal
