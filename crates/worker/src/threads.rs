//! How many threads compute.

use std::num::NonZeroUsize;

/// The number of physical cores that this process may use. llama.cpp's own default is 4 whatever the machine; more
/// threads than physical cores slow its arithmetic down.
pub(crate) fn physical_cores() -> u32 {
    let usable = usable() as usize;
    let physical = sysinfo::System::physical_core_count().unwrap_or(usable);
    u32::try_from(physical.clamp(1, usable)).unwrap_or(1)
}

/// The number of threads that this process may run at once.
pub(crate) fn usable() -> u32 {
    let usable = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    u32::try_from(usable).unwrap_or(1)
}

/// The numbers of threads that may be the fastest for writing, the usual one first: the physical cores, fewer of them, and all
/// that can run at once.
pub(crate) fn candidates(physical: u32, usable: u32) -> Vec<u32> {
    let mut candidates = Vec::new();
    for threads in [physical, physical - physical / 4, physical / 2, usable] {
        if threads > 0 && !candidates.contains(&threads) {
            candidates.push(threads);
        }
    }
    candidates
}

/// Makes `threads` the number with which models compute that llama.cpp does not run. To be called once, before the first of
/// them.
pub(crate) fn share_among(threads: u32) {
    if let Err(error) = rayon::ThreadPoolBuilder::new().num_threads(threads as usize).build_global() {
        eprintln!("the number of threads could not be set: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_are_the_cores_fewer_and_all() {
        for (physical, usable, expected) in
            [(1, 1, &[1][..]), (1, 2, &[1, 2]), (2, 2, &[2, 1]), (8, 16, &[8, 6, 4, 16]), (24, 32, &[24, 18, 12, 32])]
        {
            assert_eq!(candidates(physical, usable), expected, "{physical} of {usable}");
        }
    }
}
