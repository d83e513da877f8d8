//! Candle has its threads for the life of the process, as many as these variables say when the first of them is needed.

use std::env;
use std::sync::OnceLock;

use assay_runner::{Answer, Failure};

static LIMIT: OnceLock<usize> = OnceLock::new();

/// Before anything is computed. Fails when an earlier load had another number.
pub fn limit_to(threads: usize) -> Answer<()> {
    let limit = *LIMIT.get_or_init(|| {
        // SAFETY: no other thread runs before the first load.
        unsafe {
            env::set_var("RAYON_NUM_THREADS", threads.to_string());
            env::set_var("CANDLE_NUM_THREADS", threads.to_string());
        }
        threads
    });
    if limit == threads {
        return Ok(());
    }
    Err(Failure::failed(format!("Candle has {limit} threads for the life of the process, not {threads}")))
}
