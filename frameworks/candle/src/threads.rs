//! Candle has its threads for the life of the process, as many as these variables say when the first of them is needed. MKL has threads
//! of its own for each thread that asks it for something, and Candle's pools ask as well, each thread for a part: those get one.

use std::env;
use std::sync::OnceLock;

use assay_runner::{Answer, Failure};

static LIMIT: OnceLock<usize> = OnceLock::new();

/// Before anything is computed. Fails when an earlier load had another number.
pub fn limit_to(threads: usize) -> Answer<()> {
    let limit = *LIMIT.get_or_init(|| {
        // SAFETY: no other thread of this program's runs before the first load; those of a GPU's driver may.
        unsafe {
            env::set_var("RAYON_NUM_THREADS", threads.to_string());
            env::set_var("CANDLE_NUM_THREADS", threads.to_string());
            env::set_var("MKL_NUM_THREADS", "1");
            env::set_var("MKL_DYNAMIC", "FALSE");
        }
        mkl::limit_this_thread_to(threads);
        threads
    });
    if limit == threads {
        return Ok(());
    }
    Err(Failure::failed(format!("Candle has {limit} threads for the life of the process, not {threads}")))
}

#[cfg(feature = "mkl")]
mod mkl {
    use std::ffi::c_int;

    unsafe extern "C" {
        fn MKL_Set_Num_Threads_Local(threads: c_int) -> c_int;
    }

    pub fn limit_this_thread_to(threads: usize) {
        // SAFETY: takes any number.
        unsafe { MKL_Set_Num_Threads_Local(threads as c_int) };
    }
}

#[cfg(not(feature = "mkl"))]
mod mkl {
    pub fn limit_this_thread_to(_: usize) {}
}
