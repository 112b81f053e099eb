//! Ending a worker that nobody has asked for a while, so that its memory is free.

use std::sync::Arc;

use tokio_util::task::AbortOnDropHandle;

use crate::client::SHUTDOWN_LIMIT;
use crate::shared::Shared;

/// Begins to wait for the idle limit, where there is one. The wait before, if any, ends: each job starts a new one.
pub(crate) fn watch(shared: &Arc<Shared>) {
    let Some(limit) = shared.config.idle_limit else { return };
    // Held weakly, so that a client which is dropped takes its worker along at once.
    let weak = Arc::downgrade(shared);
    let wait = async move {
        loop {
            tokio::time::sleep(limit).await;
            let Some(worker) = weak.upgrade().and_then(|shared| shared.worker()) else { return };
            // Jobs that are in it now start a new wait when they end, but not those that were cancelled.
            if worker.routes().retire() {
                tracing::info!(idle_s = limit.as_secs_f64(), "the model worker is not needed any more");
                return worker.end(SHUTDOWN_LIMIT).await;
            }
        }
    };
    shared.set_idle_wait(AbortOnDropHandle::new(tokio::spawn(wait)));
}
