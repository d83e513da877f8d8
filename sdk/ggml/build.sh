#!/usr/bin/env bash
# Builds static libraries of the ggml family: build.sh TARGET, where the target is "ggml" or, on top of it, "llama". All frameworks of the
# family share one source and one build tree in the cache, outside of any framework's build, whose footprint is the runner alone. May run
# again after an interruption.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
read -r crate version checksum < <(grep -v '^#' "$here/source.lock")
key=$({ cat "$here/source.lock" "$here/build.sh"; c++ --version; uname -m; } | sha256sum | cut -c1-16)
libraries=$ASSAY_CACHE/ggml/$key

fetch() { # the crate's archive through the user's own Cargo, which keeps it; unpacked into $libraries/src
  local archive cargo_home=${CARGO_HOME:-$HOME/.cargo}
  cargo info "$crate@$version" > /dev/null
  archive=$(find "$cargo_home/registry/cache" -name "$crate-$version.crate" -print -quit)
  echo "$checksum  $archive" | sha256sum --check --quiet
  rm -rf "$libraries/src.part" "$libraries/src"
  mkdir -p "$libraries/src.part"
  tar -xzf "$archive" -C "$libraries/src.part" --strip-components=2 "$crate-$version/llama.cpp"
  mv "$libraries/src.part" "$libraries/src"
}

build() { # AMX off: it serves quantised weights only, and g++ 12 compiles its tile configuration wrongly
  local flags="-ffunction-sections -fdata-sections"
  [ "$(uname -m)" != x86_64 ] || flags="$flags -mno-amx-tile -mno-amx-int8 -mno-amx-bf16"
  export CCACHE_BASEDIR=$libraries CCACHE_NOHASHDIR=1
  cmake -S "$libraries/src" -B "$libraries/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags" -DBUILD_SHARED_LIBS=OFF \
    -DGGML_NATIVE=ON -DGGML_LLAMAFILE=ON -DGGML_OPENMP=OFF \
    -DLLAMA_BUILD_COMMON=OFF -DLLAMA_BUILD_TOOLS=OFF \
    -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_APP=OFF
  cmake --build "$libraries/build" --target "$1"
  mkdir -p "$libraries/include" "$libraries/lib"
  cp "$libraries"/src/include/*.h "$libraries"/src/ggml/include/*.h "$libraries/include"
  find "$libraries/build" -name 'lib*.a' -exec cp {} "$libraries/lib" \;
}

mkdir -p "$libraries"
exec 8> "$libraries/lock"
flock 8
[ -d "$libraries/src" ] || fetch
build "$1"
printf '%s\n' "$libraries" > "$ASSAY_BUILD_DIR/libraries.txt"
echo "$crate $version, $(c++ --version | head -n 1)" > "$ASSAY_BUILD_DIR/installed.txt"
