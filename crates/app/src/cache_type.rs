//! How keys and values are kept, from the program's words to the worker's and back.
//!
//! The type of `brickwork-models` is what the interfaces show and the arithmetic counts with; the one of the worker's protocol is
//! what a frame holds. Neither of the two crates may know the other, so they meet here.

use brickwork_models::fit::CacheType;
use brickwork_worker_client::CacheType as OfWorker;

/// What the worker is told.
pub(crate) const fn for_worker(cache_type: CacheType) -> OfWorker {
    match cache_type {
        CacheType::F16 => OfWorker::F16,
        CacheType::Q8_0 => OfWorker::Q8_0,
        CacheType::Q4_0 => OfWorker::Q4_0,
    }
}

/// What the worker was told.
pub(crate) const fn from_worker(cache_type: OfWorker) -> CacheType {
    match cache_type {
        OfWorker::F16 => CacheType::F16,
        OfWorker::Q8_0 => CacheType::Q8_0,
        OfWorker::Q4_0 => CacheType::Q4_0,
    }
}
