//! Burn's back end for GPUs by way of wgpu, operations fused, kernels chosen by their times: on Vulkan, with CubeCL's kernels as WGSL, or on
//! Metal, with those in Metal's own language, as the feature says.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use assay_runner::{Answer, Device, Failure, Load, Reason, lavapipe};
use burn_backend::{BoolDType, BoolStore};
use burn_wgpu::wgpu::{self, AdapterInfo, DeviceType};
use burn_wgpu::{RuntimeOptions, Wgpu, WgpuBackend, WgpuDevice, graphics, try_init_setup};
use cubecl::device::WgpuDeviceKind;

use crate::model::{self, Model};
use crate::tuning::keep_times_in;

/// The interface that wgpu is to use: its names there, for Burn and in the type of a set-up, and the devices that a load may say.
#[cfg(not(feature = "metal"))]
mod interface {
    pub use super::graphics::Vulkan as Graphics;
    pub const WGPU: super::wgpu::Backends = super::wgpu::Backends::VULKAN;
    pub const BURN: super::WgpuBackend = super::WgpuBackend::Vulkan;
    pub const DEVICES: &[&str] = &["lavapipe", "vulkan"];
}

#[cfg(feature = "metal")]
mod interface {
    pub use super::graphics::Metal as Graphics;
    pub const WGPU: super::wgpu::Backends = super::wgpu::Backends::METAL;
    pub const BURN: super::WgpuBackend = super::WgpuBackend::Metal;
    pub const DEVICES: &[&str] = &["metal"];
}

pub use interface::DEVICES;

/// What products and convolutions of float32 are computed in: neither WGSL nor Metal has a coarser type in whose place CubeCL would use it.
pub const PRECISION: &str = "f32";

/// How it holds booleans: WGSL has no smaller element, and it is the same everywhere with wgpu.
pub const BOOL: BoolDType = BoolStore::U32;

fn adapters() -> Vec<AdapterInfo> {
    let backends = interface::WGPU;
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let adapters = cubecl::future::block_on(instance.enumerate_adapters(backends));
    adapters.iter().map(wgpu::Adapter::get_info).collect()
}

/// What the protocol calls a device.
fn name_of(adapter: &AdapterInfo) -> &'static str {
    match adapter.device_type {
        _ if cfg!(feature = "metal") => "metal",
        DeviceType::Cpu => "lavapipe",
        _ => "vulkan",
    }
}

fn named<'a>(name: &str, adapters: &'a [AdapterInfo]) -> impl Iterator<Item = &'a AdapterInfo> {
    adapters.iter().filter(move |adapter| name_of(adapter) == name)
}

pub fn devices() -> Answer<Vec<Device>> {
    let mut all = Vec::new();
    for &name in DEVICES.iter().rev() {
        lavapipe::choose_drivers(name);
        all.extend(named(name, &adapters()).map(|adapter| Device {
            name: name.into(),
            description: format!("{}, {}", adapter.name, adapter.driver_info),
        }));
    }
    if all.is_empty() {
        return Err(Failure::unsupported(Reason::Device, "wgpu finds no device here"));
    }
    Ok(all)
}

/// The first adapter of the kind, as Burn calls it.
fn kind_of(adapter: &AdapterInfo) -> WgpuDeviceKind {
    match adapter.device_type {
        DeviceType::DiscreteGpu => WgpuDeviceKind::DiscreteGpu(0),
        DeviceType::IntegratedGpu => WgpuDeviceKind::IntegratedGpu(0),
        DeviceType::VirtualGpu => WgpuDeviceKind::VirtualGpu(0),
        DeviceType::Cpu => WgpuDeviceKind::Cpu,
        DeviceType::Other => WgpuDeviceKind::Other(0),
    }
}

/// The device of that name, with so many threads where the processor is the device. Drivers and CubeCL's runtime are set up once in a
/// process and stay as they are.
fn open(name: &str, threads: usize, cache: &Path) -> Answer<WgpuDevice> {
    static OPENED: Mutex<Option<(String, usize, WgpuDevice)>> = Mutex::new(None);
    let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((other, count, device)) = &*opened {
        if (other.as_str(), *count) == (name, threads) {
            return Ok(device.clone());
        }
        return Err(Failure::failed(format!("{other} with {count} threads cannot become {name} with {threads}")));
    }
    lavapipe::choose_drivers_for_load(name, threads, cache);
    keep_times_in(cache);
    let lacking = |why: String| Failure::unsupported(Reason::Device, format!("no {name}: {why}"));
    let adapters = adapters();
    let adapter = named(name, &adapters).next().ok_or_else(|| lacking("wgpu finds none".into()))?;
    let device = WgpuDevice::new(kind_of(adapter)).on(interface::BURN);
    try_init_setup::<interface::Graphics>(&device, RuntimeOptions::default())
        .map_err(|error| lacking(error.to_string()))?;
    *opened = Some((name.to_string(), threads, device.clone()));
    Ok(device)
}

pub fn load(load: Load) -> Answer<Box<dyn Model>> {
    let request = &load.request;
    let device = open(&request.device, request.threads.get(), Path::new(&request.cache))?;
    model::of::<Wgpu>(load, cubecl::Device::Wgpu(device))
}
