//! What CubeCL's runtimes for GPUs are told before the first of them starts.

use std::path::Path;

use cubecl::config::{CubeClRuntimeConfig, RuntimeConfig, cache::CacheConfig};

/// Where the times of kernels are kept, in place of the folder of the Cargo project around the working directory.
pub fn keep_times_in(cache: &Path) {
    let mut config = CubeClRuntimeConfig::default();
    config.environment.path = CacheConfig::Directory(cache.join("cubecl"));
    CubeClRuntimeConfig::try_set(config); // once in a process
}
