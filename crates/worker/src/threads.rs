//! How many threads compute.

use std::num::NonZeroUsize;

/// The number of physical cores that this process may use. llama.cpp's own default is 4 whatever the machine; more
/// threads than physical cores slow its arithmetic down.
pub(crate) fn physical_cores() -> u32 {
    let usable = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let physical = sysinfo::System::physical_core_count().unwrap_or(usable);
    u32::try_from(physical.clamp(1, usable)).unwrap_or(1)
}

/// Makes `threads` the number with which models compute that llama.cpp does not run. To be called once, before the first of
/// them.
pub(crate) fn share_among(threads: u32) {
    if let Err(error) = rayon::ThreadPoolBuilder::new().num_threads(threads as usize).build_global() {
        eprintln!("the number of threads could not be set: {error}");
    }
}
