#!/usr/bin/env bash
# Brings NVIDIA's compiler and libraries of the versions in toolkit.lock into the build's folder, as a toolkit for frameworks that compile
# kernels of their own: $ASSAY_BUILD_DIR/cuda with bin, include, lib, nvvm, and a list of what came. What is not in any wheel is the driver's libcuda, which the
# machine has that has the device. May run again after an interruption: pip keeps what it has downloaded.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
cd "$ASSAY_BUILD_DIR"
rm -rf wheels cuda
bash "$ASSAY_SOURCE_DIR/sdk/python/venv.sh" "$PWD/wheels" "$here/toolkit.lock"
mv wheels/lib/python3*/site-packages/nvidia/cu13 cuda
rm -rf wheels
grep -o '^[a-z].*==[0-9.]*' "$here/toolkit.lock" | sed 's/==/ v/' > cuda/installed.txt  # for the list of who compiles with it

# Wheels have libraries by the names that programs load them by; the linker wants the names without a version, and nvcc looks in lib64.
ln -s lib cuda/lib64
cd cuda/lib
for library in *.so.*; do [ -e "${library%%.so.*}.so" ] || ln -s "$library" "${library%%.so.*}.so"; done
driver=$(ldconfig -p | sed -n 's/^\tlibcuda\.so\.1 (libc6,x86-64) => //p' | head -n 1)
[ -n "$driver" ] || { echo "NVIDIA's driver is not there: ldconfig knows no libcuda.so.1" >&2; exit 1; }
ln -s "$driver" libcuda.so
