#!/usr/bin/env bash
# Starts the runner that tests/conformance/test_sdks.py speaks to; the interpreter is that of the tests, which has the SDK's packages.
here=$(cd -- "$(dirname -- "$0")" && pwd)
export PYTHONPATH=$here/..
exec "${ASSAY_TEST_PYTHON:-python3}" "$here/echo_runner.py"
