//! Burn's back end for GPUs by way of wgpu, here on Vulkan: CubeCL's kernels as WGSL, operations fused, kernels chosen by their times.

use std::path::Path;

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

/// Where the times of kernels are kept, in place of the folder of the Cargo project around the working directory.
fn keep_times_in(cache: &Path) {
    let mut config = CubeClRuntimeConfig::default();
    config.environment.path = CacheConfig::Directory(cache.join("cubecl"));
    CubeClRuntimeConfig::try_set(config); // once in a process
}

pub fn load(load: Load) -> Answer<Box<dyn Model>> {
    let request = &load.request;
    lavapipe::choose_drivers_for_load(&request.device, request.threads.get(), Path::new(&request.cache));
    keep_times_in(Path::new(&request.cache));
    let lacking = |why: String| Failure::unsupported(Reason::Device, format!("no {}: {why}", request.device));
    let adapters = adapters();
    let adapter = named(&request.device, &adapters).next().ok_or_else(|| lacking("Vulkan has none".into()))?;
    let device = WgpuDevice::new(kind_of(adapter)).on(WgpuBackend::Vulkan);
    static ONCE: std::sync::Once = std::sync::Once::new();
    let mut opened = Ok(());
    ONCE.call_once(|| opened = try_init_setup::<graphics::Vulkan>(&device, RuntimeOptions::default()).map(drop));
    opened.map_err(|error| lacking(error.to_string()))?;
    model::of::<Wgpu>(load, cubecl::Device::Wgpu(device))
}
