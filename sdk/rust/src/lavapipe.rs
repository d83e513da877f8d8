//! Lavapipe, Vulkan's driver that computes on the processor, as `sdk/vulkan/lavapipe.sh` sets it up beside a runner's program. What is
//! said here is said to drivers by the environment, so before anything asks Vulkan, on the thread that serves requests.

use std::path::Path;

use crate::{Answer, Device, Failure, Reason};

fn set(name: &str, value: impl AsRef<std::ffi::OsStr>) {
    // SAFETY: no other thread is there yet that reads the environment: requests are served one after the other, and the threads that a
    // framework starts for a model do not.
    unsafe { std::env::set_var(name, value) }
}

/// Lets Vulkan see the Lavapipe that was set up with this program, where there is one, and nothing else, if that is the device's name.
pub fn choose_drivers(device: &str) {
    let own = std::env::current_exe().ok().map(|program| program.with_file_name("lavapipe.json"));
    if let Some(own) = own.filter(|own| device == "lavapipe" && own.exists()) {
        for variable in ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"] {
            set(variable, &own);
        }
    }
}

/// As `choose_drivers`, and for a load: so many threads where the processor is the device, and a folder for what a driver compiles.
pub fn choose_drivers_for_load(device: &str, threads: usize, cache: &Path) {
    choose_drivers(device);
    set("LP_NUM_THREADS", threads.to_string());
    set("MESA_SHADER_CACHE_DIR", cache.join("mesa"));
    set("__GL_SHADER_DISK_CACHE_PATH", cache); // NVIDIA's
}

/// Vulkan's devices as a framework lists them, unless there is none.
pub fn some_device(found: Vec<Device>) -> Answer<Vec<Device>> {
    if found.is_empty() {
        return Err(Failure::unsupported(Reason::Device, "Vulkan finds no device here"));
    }
    Ok(found)
}
