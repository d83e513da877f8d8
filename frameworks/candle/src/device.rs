//! The device that this program computes on. It has one, by the feature of Candle's that it is compiled with.

use std::sync::OnceLock;

use assay_runner::{Answer, Failure, Reason};
use candle_core::{Device, Result, cuda};

/// What the protocol calls it.
pub const NAME: &str = if cfg!(feature = "cuda") {
    "cuda"
} else if cfg!(feature = "metal") {
    "metal"
} else {
    "cpu"
};

/// Whether it is the processor, for which Candle has operators that it lacks elsewhere.
pub const IS_CPU: bool = !cfg!(any(feature = "cuda", feature = "metal"));

static DEVICE: OnceLock<Device> = OnceLock::new();

/// The first of its kind.
fn find() -> Result<Device> {
    match NAME {
        "cuda" => {
            // cuBLAS then multiplies float32 as float32 and not as TF32; so it is at first, and who links Candle may change it.
            cuda::set_gemm_reduced_precision_f32(false);
            Device::new_cuda(0)
        }
        "metal" => Device::new_metal(0),
        _ => Ok(Device::Cpu),
    }
}

/// Before anything is computed: `here` is that device afterwards, for the life of the process.
pub fn open() -> Answer<&'static Device> {
    if DEVICE.get().is_none() {
        let found = find()
            .map_err(|error| Failure::unsupported(Reason::Device, format!("Candle finds no device {NAME}: {error}")))?;
        DEVICE.get_or_init(|| found);
    }
    Ok(here())
}

pub fn here() -> &'static Device {
    DEVICE.get().expect("the device was opened by a request that came before")
}

/// For people, as the device's maker names it.
#[cfg(feature = "cuda")]
pub fn description(device: &Device) -> Result<String> {
    device.as_cuda_device()?.cuda_stream().context().name().map_err(candle_core::Error::wrap)
}

#[cfg(all(feature = "metal", not(feature = "cuda")))]
pub fn description(device: &Device) -> Result<String> {
    Ok(device.as_metal_device()?.metal_device().architecture_name())
}

#[cfg(not(any(feature = "cuda", feature = "metal")))]
pub fn description(_: &Device) -> Result<String> {
    Ok(String::new())
}
