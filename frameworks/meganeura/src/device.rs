//! Vulkan's devices: GPUs, and Lavapipe, which computes on the processor.

use std::sync::Arc;

use assay_runner::{Answer, Device, Failure, Reason};
use blade_graphics::{Context, DeviceReport, DeviceReportStatus};
use meganeura::{GpuOptions, init_gpu_context_with};

fn reports() -> Answer<Vec<DeviceReport>> {
    Context::enumerate().map_err(|error| Failure::unsupported(Reason::Device, format!("no Vulkan: {error:?}")))
}

/// What the protocol calls a device; None when the framework cannot use it.
fn name_of(report: &DeviceReport) -> Option<&'static str> {
    let DeviceReportStatus::Available { .. } = report.status else { return None };
    Some(if report.information.is_software_emulated { "lavapipe" } else { "vulkan" })
}

pub fn devices() -> Answer<Vec<Device>> {
    let device = |report: &DeviceReport| {
        let about = &report.information;
        let description = format!("{}, {} {}", about.device_name, about.driver_name, about.driver_info);
        Some(Device { name: name_of(report)?.into(), description })
    };
    Ok(reports()?.iter().filter_map(device).collect())
}

/// A context on the first device of that name, with so many threads where the processor is the device.
pub fn open(name: &str, threads: usize) -> Answer<Arc<Context>> {
    // SAFETY: nothing else runs in this process yet that reads the environment: a program is loaded before any thread is there.
    unsafe { std::env::set_var("LP_NUM_THREADS", threads.to_string()) };
    let lacking = |why: String| Failure::unsupported(Reason::Device, format!("no {name}: {why}"));
    let report = reports()?.into_iter().find(|report| name_of(report) == Some(name));
    let report = report.ok_or_else(|| lacking("Vulkan has none".into()))?;
    let options = GpuOptions { device_id: Some(report.device_id), timing: false };
    Ok(Arc::new(init_gpu_context_with(options).map_err(|error| lacking(format!("{error:?}")))?))
}
