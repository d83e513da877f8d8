//! Vulkan's devices: GPUs, and Lavapipe, which computes on the processor.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use assay_runner::{Answer, Device, Failure, Reason, lavapipe};
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

fn described(report: &DeviceReport) -> Option<Device> {
    let about = &report.information;
    let description = format!("{}, {}", about.device_name, about.driver_info);
    Some(Device { name: name_of(report)?.into(), description })
}

pub fn devices() -> Answer<Vec<Device>> {
    let mut all: Vec<Device> =
        reports()?.iter().filter_map(described).filter(|device| device.name == "vulkan").collect();
    lavapipe::choose_drivers("lavapipe");
    all.extend(reports()?.iter().filter_map(described).filter(|device| device.name == "lavapipe"));
    lavapipe::some_device(all)
}

/// A device that was opened, for a number of threads.
type Opened = (String, usize, Arc<Context>);

/// A context on the first device of that name, with so many threads where the processor is the device. There is one for all loads: drivers
/// give a process a handful, and do not take them back (that of NVIDIA refuses the fourteenth). What a driver compiles it keeps in `cache`,
/// that of the first load.
pub fn open(name: &str, threads: usize, cache: &Path) -> Answer<Arc<Context>> {
    static LAST: Mutex<Option<Opened>> = Mutex::new(None);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((device, count, context)) = &*last
        && (device.as_str(), *count) == (name, threads)
    {
        return Ok(context.clone());
    }
    let context = Arc::new(open_anew(name, threads, cache)?);
    *last = Some((name.to_string(), threads, context.clone()));
    Ok(context)
}

fn open_anew(name: &str, threads: usize, cache: &Path) -> Answer<Context> {
    lavapipe::choose_drivers_for_load(name, threads, cache);
    let lacking = |why: String| Failure::unsupported(Reason::Device, format!("no {name}: {why}"));
    let report = reports()?.into_iter().find(|report| name_of(report) == Some(name));
    let report = report.ok_or_else(|| lacking("Vulkan has none".into()))?;
    let options = GpuOptions { device_id: Some(report.device_id), timing: false };
    init_gpu_context_with(options).map_err(|error| lacking(format!("{error:?}")))
}
