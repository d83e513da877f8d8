#!/usr/bin/env bash
# Installs MLX with its library and headers, and says where they lie.
set -euo pipefail
bash "$ASSAY_SOURCE_DIR/sdk/python/venv.sh"
"$ASSAY_BUILD_DIR/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))' > "$ASSAY_BUILD_DIR/libraries.txt"
