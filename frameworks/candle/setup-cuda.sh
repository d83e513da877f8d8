#!/usr/bin/env bash
# Brings NVIDIA's compiler and libraries of the versions in cuda.lock into the build's folder, as a toolkit: bin, include, lib, nvvm. What
# is not in any wheel is the driver's libcuda, which the machine has that has the device. May run again after an interruption: pip keeps
# what it has downloaded.
set -euo pipefail

cd "$ASSAY_BUILD_DIR"
rm -rf wheels cuda
bash "$ASSAY_SOURCE_DIR/sdk/python/venv.sh" "$PWD/wheels" "$ASSAY_FRAMEWORK_DIR/cuda.lock"
mv wheels/lib/python3*/site-packages/nvidia/cu13 cuda
rm -rf wheels

# Wheels have libraries by the names that programs load them by; the linker wants the names without a version.
cd cuda/lib
for library in *.so.*; do [ -e "${library%%.so.*}.so" ] || ln -s "$library" "${library%%.so.*}.so"; done
driver=$(ldconfig -p | sed -n 's/^\tlibcuda\.so\.1 (libc6,x86-64) => //p' | head -n 1)
[ -n "$driver" ] || { echo "NVIDIA's driver is not there: ldconfig knows no libcuda.so.1" >&2; exit 1; }
ln -s "$driver" libcuda.so
