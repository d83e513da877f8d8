#!/usr/bin/env bash
# Installs ONNX Runtime into $ASSAY_BUILD_DIR/venv. May run again after an interruption: pip keeps what it has downloaded.
set -euo pipefail

venv="$ASSAY_BUILD_DIR/venv"
lock="$ASSAY_FRAMEWORK_DIR/requirements.lock"

version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
case "$version" in
  3.11 | 3.12 | 3.13) ;;
  *) echo "requirements.lock has packages for Python 3.11, 3.12 and 3.13; python3 is $version" >&2; exit 1 ;;
esac

# A virtual environment that was cut off lacks pip.
[ -x "$venv/bin/pip" ] || python3 -m venv --clear "$venv"
"$venv/bin/python" -m pip install --require-hashes --only-binary=:all: --progress-bar off -r "$lock"
"$venv/bin/python" -c 'import onnxruntime, onnx, safetensors; print("ONNX Runtime", onnxruntime.__version__)'
"$venv/bin/python" -m pip list --format=freeze > "$ASSAY_BUILD_DIR/installed.txt"
