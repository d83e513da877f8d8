//! Burn's back end `wgpu` by Vulkan: CubeCL's kernels, fused, as SPIR-V. On GPUs, and on Lavapipe, which computes on the processor.

use std::path::Path;
use std::sync::OnceLock;

use assay_runner::{Answer, Device, Failure, Load, Reason};
use burn_backend::{Backend, BoolDType, BoolStore, DType, read_sync};
use burn_wgpu::wgpu::{AdapterInfo, Backends, DeviceType, Instance, InstanceDescriptor};
use burn_wgpu::{Wgpu, WgpuBackend, WgpuDevice};
use cubecl::config::cache::CacheConfig;
use cubecl::config::{CubeClRuntimeConfig, RuntimeConfig};
use cubecl::wgpu::WgpuDeviceKind;

use crate::model::{self, Model};

/// How it stores booleans where it has bytes, which Burn's own choice is, too.
pub const BOOL: BoolDType = BoolStore::U8;

/// Lets Vulkan see the Lavapipe that was set up with this program, where there is one, and nothing else.
fn choose_drivers(name: &str) {
    let own = std::env::current_exe().ok().map(|program| program.with_file_name("lavapipe.json"));
    if let Some(own) = own.filter(|own| name == "lavapipe" && own.exists()) {
        // SAFETY: no other thread is there yet that reads the environment: devices are asked for one request after the other, and
        // CubeCL's threads begin when a device is opened.
        for variable in ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"] {
            unsafe { std::env::set_var(variable, &own) };
        }
    }
}

fn adapters() -> Vec<AdapterInfo> {
    let about = InstanceDescriptor { backends: Backends::VULKAN, ..InstanceDescriptor::new_without_display_handle() };
    let adapters = read_sync(Instance::new(about).enumerate_adapters(Backends::VULKAN));
    adapters.iter().map(|adapter| adapter.get_info()).collect()
}

/// What the protocol calls an adapter.
fn name_of(about: &AdapterInfo) -> &'static str {
    if about.device_type == DeviceType::Cpu { "lavapipe" } else { "vulkan" }
}

fn named(name: &str) -> impl Iterator<Item = AdapterInfo> {
    adapters().into_iter().filter(move |about| name_of(about) == name)
}

pub fn devices() -> Answer<Vec<Device>> {
    let mut all: Vec<_> = named("vulkan").collect();
    choose_drivers("lavapipe");
    all.extend(named("lavapipe"));
    let described = |about: &AdapterInfo| Device {
        name: name_of(about).into(),
        description: format!("{}, {}", about.name, about.driver_info),
    };
    Ok(all.iter().map(described).collect())
}

pub fn open(load: Load) -> Answer<Box<dyn Model>> {
    load.request.require(&["lavapipe", "vulkan"], &["f32"])?;
    let (name, threads) = (load.request.device.clone(), load.request.threads.get());
    hold(&name, threads, Path::new(&load.request.cache))?;
    let device = first(&name)?.into();
    let lacking = || Failure::unsupported(Reason::Device, format!("{name} has no bytes"));
    Wgpu::supports_dtype(&device, DType::Bool(BOOL)).then_some(()).ok_or_else(lacking)?;
    model::of::<Wgpu>(load, device)
}

/// CubeCL opens a device once in a process, and Lavapipe makes its threads then. What they compile and measure lies in `cache`.
fn hold(name: &str, threads: usize, cache: &Path) -> Answer<()> {
    static HELD: OnceLock<(String, usize)> = OnceLock::new();
    let (device, count) = HELD.get_or_init(|| {
        choose_drivers(name);
        // SAFETY: as above.
        unsafe {
            std::env::set_var("LP_NUM_THREADS", threads.to_string());
            std::env::set_var("MESA_SHADER_CACHE_DIR", cache.join("mesa"));
            std::env::set_var("__GL_SHADER_DISK_CACHE_PATH", cache); // NVIDIA's
        }
        let mut config = CubeClRuntimeConfig::default();
        config.environment.path = CacheConfig::Directory(cache.into());
        CubeClRuntimeConfig::set(config);
        (name.to_string(), threads)
    });
    if (device.as_str(), *count) != (name, threads) {
        return Err(Failure::failed(format!("{device} with {count} threads cannot become {name} with {threads}")));
    }
    Ok(())
}

/// The first device of that name, as CubeCL counts them: among those of its kind.
fn first(name: &str) -> Answer<WgpuDevice> {
    let about = named(name).next();
    let about = about.ok_or_else(|| Failure::unsupported(Reason::Device, format!("no {name}: Vulkan has none")))?;
    let kind = match about.device_type {
        DeviceType::DiscreteGpu => WgpuDeviceKind::DiscreteGpu(0),
        DeviceType::IntegratedGpu => WgpuDeviceKind::IntegratedGpu(0),
        DeviceType::VirtualGpu => WgpuDeviceKind::VirtualGpu(0),
        DeviceType::Cpu => WgpuDeviceKind::Cpu,
        DeviceType::Other => WgpuDeviceKind::Other(0),
    };
    Ok(WgpuDevice::new(kind).on(WgpuBackend::Vulkan))
}
