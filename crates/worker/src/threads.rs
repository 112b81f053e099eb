//! How many threads compute.

use std::num::NonZeroUsize;

/// The number of physical cores that this process may use. llama.cpp's own default is 4 whatever the machine; more
/// threads than physical cores slow its arithmetic down.
pub(crate) fn physical_cores() -> u32 {
    let usable = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let physical = sysinfo::System::physical_core_count().unwrap_or(usable);
    u32::try_from(physical.clamp(1, usable)).unwrap_or(1)
}
