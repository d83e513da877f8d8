//! Burn's back end for NVIDIA's GPUs: CubeCL's kernels by LLVM as PTX, operations fused, kernels chosen by their times.

use std::path::Path;

use assay_runner::{Answer, Device, Failure, Load, Reason};
use burn_backend::{BoolDType, BoolStore};
use burn_cuda::Cuda;

use crate::model::{self, Model};
use crate::tuning::keep_times_in;

/// Names of the devices that a load may say.
pub const DEVICES: &[&str] = &["cuda"];

/// What products and convolutions of float32 are computed in: from Ampere on CubeCL rounds their operands to TF32 wherever one of its
/// kernels for tensor cores is the quickest, and nothing tells it not to.
pub const PRECISION: &str = "tf32";

/// How it holds booleans.
pub const BOOL: BoolDType = BoolStore::Native;

/// The first GPU.
fn open() -> Answer<cubecl::Device> {
    cubecl::Device::cuda(0)
        .map_err(|error| Failure::unsupported(Reason::Device, format!("CUDA finds no device here: {error:?}")))
}

/// Its name is what a client of CubeCL's says, and the first client is made with what a load says (tuning.rs).
pub fn devices() -> Answer<Vec<Device>> {
    open()?;
    Ok(vec![Device { name: "cuda".into(), description: "the first GPU that CUDA lists".into() }])
}

pub fn load(load: Load) -> Answer<Box<dyn Model>> {
    keep_times_in(Path::new(&load.request.cache));
    model::of::<Cuda>(load, open()?)
}
