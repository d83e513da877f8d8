#!/usr/bin/env bash
# Installs the wheel, which brings headers, libraries and a CMake package beside its Python modules.
set -euo pipefail
bash "$ASSAY_SOURCE_DIR/sdk/python/venv.sh"
"$ASSAY_BUILD_DIR/venv/bin/python" -c "from importlib.metadata import files; \
print(next(f for f in files('openvino') if f.name == 'OpenVINOConfig.cmake').locate().resolve().parents[1])" > "$ASSAY_BUILD_DIR/libraries.txt"
