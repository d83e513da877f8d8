#!/usr/bin/env bash
# A virtual environment with exactly what a lock file pins: venv.sh [VENV LOCK]. As the script of a framework's build it makes
# $ASSAY_BUILD_DIR/venv from the framework's requirements.lock. May run again after an interruption: pip keeps what it has downloaded.
set -euo pipefail

venv=${1:-$ASSAY_BUILD_DIR/venv}
lock=${2:-$ASSAY_FRAMEWORK_DIR/requirements.lock}

# The first line of a lock file that lock.py wrote names the versions of Python that it has packages for.
read -r head < "$lock" || true
version=$(python3 -I -c 'import sys; print("%d.%d" % sys.version_info[:2])')
if [[ $head =~ CPython\ ([0-9., ]*)\. && ", ${BASH_REMATCH[1]}," != *", $version,"* ]]; then
  echo "$lock has packages for Python ${BASH_REMATCH[1]}; python3 is $version" >&2
  exit 1
fi

# A virtual environment that was cut off lacks pip.
[ -x "$venv/bin/pip" ] || python3 -m venv "$venv" --clear
"$venv/bin/python" -m pip install --no-deps --require-hashes --only-binary=:all: --disable-pip-version-check --progress-bar off -r "$lock"
[ -z "${ASSAY_BUILD_DIR:-}" ] || "$venv/bin/python" -m pip list --format=freeze > "$ASSAY_BUILD_DIR/installed.txt"
