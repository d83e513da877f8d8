//! Flex, Burn's back end for processors, in Rust.

use assay_runner::{Answer, Device, Failure, Load};
use burn_backend::{BoolDType, BoolStore};
use burn_flex::{Flex, FlexDevice};

use crate::model::{self, Model};

/// Names of the devices that a load may say.
pub const DEVICES: &[&str] = &["cpu"];

/// What products and convolutions of float32 are computed in.
pub const PRECISION: &str = "f32";

/// How it holds booleans.
pub const BOOL: BoolDType = BoolStore::Native;

pub fn devices() -> Answer<Vec<Device>> {
    Ok(vec![Device { name: "cpu".into(), description: "Flex, in Rust".into() }])
}

/// Burn computes on rayon's pool, of which this thread is one: there is one pool in a process, and it stays as it is.
fn hold_threads(threads: usize) -> Answer<()> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).use_current_thread();
    if pool.build_global().is_err() && rayon::current_num_threads() != threads {
        let there = rayon::current_num_threads();
        return Err(Failure::failed(format!("the pool of {there} threads cannot become one of {threads}")));
    }
    Ok(())
}

pub fn load(load: Load) -> Answer<Box<dyn Model>> {
    hold_threads(load.request.threads.get())?;
    model::of::<Flex>(load, FlexDevice)
}
