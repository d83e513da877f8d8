#!/usr/bin/env bash
# Cargo as runners in Rust are compiled: cargo.sh COMMAND [OPTION…]. One target folder in the cache for all of them, outside of any
# clone, so that what two frameworks share is compiled once; cargo locks it, and goes on after an interruption. The instructions are
# those of this machine's processor, as users compile for their own; cargo does not see that "native" is another one elsewhere, so a cache
# that machines share has a folder for each set of instructions. What users' shells and settings say of flags does not count.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
for name in ${!CARGO_PROFILE_*} ${!CARGO_BUILD_*} ${!CARGO_TARGET_*} CARGO_ENCODED_RUSTFLAGS; do unset "$name"; done
cache=${ASSAY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/assay}
export RUSTFLAGS="-C target-cpu=native"
instructions=$(rustc --print cfg $RUSTFLAGS | cksum | cut -d ' ' -f 1)
export CARGO_TARGET_DIR=$cache/rust-$instructions
export CARGO_INCREMENTAL=0 CARGO_TERM_COLOR=never

command=$1; shift
exec cargo "$command" --locked --config "$here/profiles.toml" "$@"
