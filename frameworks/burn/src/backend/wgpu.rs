//! Burn's back end for GPUs by way of wgpu, here on Vulkan: CubeCL's kernels as WGSL, operations fused, kernels chosen by their times.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use assay_runner::{Answer, Device, Failure, Load, Reason, lavapipe};
use burn_backend::{BoolDType, BoolStore};
use burn_wgpu::wgpu::{self, AdapterInfo, DeviceType};
use burn_wgpu::{RuntimeOptions, Wgpu, WgpuBackend, WgpuDevice, graphics, try_init_setup};
use cubecl::config::{CubeClRuntimeConfig, RuntimeConfig, cache::CacheConfig};
use cubecl::device::WgpuDeviceKind;

use crate::model::{self, Model};

/// Names of the devices that a load may say.
pub const DEVICES: &[&str] = &["lavapipe", "vulkan"];

/// How it holds booleans: WGSL has no smaller element.
pub const BOOL: BoolDType = BoolStore::U32;

fn adapters() -> Vec<AdapterInfo> {
    let backends = wgpu::Backends::VULKAN;
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let adapters = cubecl::future::block_on(instance.enumerate_adapters(backends));
    adapters.iter().map(wgpu::Adapter::get_info).collect()
}

/// What the protocol calls a device.
fn name_of(adapter: &AdapterInfo) -> &'static str {
    if adapter.device_type == DeviceType::Cpu { "lavapipe" } else { "vulkan" }
}

fn named<'a>(name: &str, adapters: &'a [AdapterInfo]) -> impl Iterator<Item = &'a AdapterInfo> {
    adapters.iter().filter(move |adapter| name_of(adapter) == name)
}

pub fn devices() -> Answer<Vec<Device>> {
    let mut all = Vec::new();
    for name in ["vulkan", "lavapipe"] {
        lavapipe::choose_drivers(name);
        all.extend(named(name, &adapters()).map(|adapter| Device {
            name: name.into(),
            description: format!("{}, {}", adapter.name, adapter.driver_info),
        }));
    }
    lavapipe::some_device(all)
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

/// Where the times of kernels are kept, in place of the folder of the Cargo project around the working directory.
fn keep_times_in(cache: &Path) {
    let mut config = CubeClRuntimeConfig::default();
    config.environment.path = CacheConfig::Directory(cache.join("cubecl"));
    CubeClRuntimeConfig::try_set(config); // once in a process
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
    let adapter = named(name, &adapters).next().ok_or_else(|| lacking("Vulkan has none".into()))?;
    let device = WgpuDevice::new(kind_of(adapter)).on(WgpuBackend::Vulkan);
    try_init_setup::<graphics::Vulkan>(&device, RuntimeOptions::default())
        .map_err(|error| lacking(error.to_string()))?;
    *opened = Some((name.to_string(), threads, device.clone()));
    Ok(device)
}

pub fn load(load: Load) -> Answer<Box<dyn Model>> {
    let request = &load.request;
    let device = open(&request.device, request.threads.get(), Path::new(&request.cache))?;
    model::of::<Wgpu>(load, cubecl::Device::Wgpu(device))
}
