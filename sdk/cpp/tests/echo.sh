#!/usr/bin/env bash
# Starts the runner that tests/conformance/test_sdks.py speaks to.
exec "$(dirname -- "$0")/../../../build/release/sdk/cpp/sdk_cpp_echo_runner"
