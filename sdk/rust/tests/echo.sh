#!/usr/bin/env bash
# Starts the runner that tests/conformance/test_sdks.py speaks to, compiled as the quick form of a runner is.
set -euo pipefail
cd "$(dirname -- "$0")/.."
bash cargo.sh build --quiet --profile quick --example echo
exec "$(bash cargo.sh metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/quick/examples/echo"
