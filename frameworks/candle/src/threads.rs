//! Candle has its threads for the life of the process, as many as these variables say when the first of them is needed; MKL's too. MKL by
//! itself takes no more than there are cores, and of those fewer where it thinks that they do not pay: `MKL_DYNAMIC` holds it to the number.

use std::env;
use std::sync::OnceLock;

use assay_runner::{Answer, Failure};

const COUNTS: [&str; 4] = ["RAYON_NUM_THREADS", "CANDLE_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"];

static LIMIT: OnceLock<usize> = OnceLock::new();

/// Before anything is computed. Fails when an earlier load had another number.
pub fn limit_to(threads: usize) -> Answer<()> {
    let limit = *LIMIT.get_or_init(|| {
        // SAFETY: no other thread runs before the first load.
        unsafe {
            COUNTS.iter().for_each(|name| env::set_var(name, threads.to_string()));
            env::set_var("MKL_DYNAMIC", "FALSE");
        }
        threads
    });
    if limit == threads {
        return Ok(());
    }
    Err(Failure::failed(format!("Candle has {limit} threads for the life of the process, not {threads}")))
}
