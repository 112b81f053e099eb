//! Ending a worker that nobody has asked for a while, so that its memory is free.

use std::sync::Arc;

use tokio_util::task::AbortOnDropHandle;

use crate::client::{SHUTDOWN_LIMIT, Shared};

/// Begins to wait for the idle limit, where there is one. The wait before, if any, ends: each job starts a new one.
pub(crate) fn watch(shared: &Arc<Shared>) {
    let Some(limit) = shared.config.idle_limit else { return };
    // Held weakly, so that a client which is dropped takes its worker along at once.
    let weak = Arc::downgrade(shared);
    let wait = async move {
        tokio::time::sleep(limit).await;
        let Some(shared) = weak.upgrade() else { return };
        // A job that has the worker now starts its own wait when it ends.
        let idle = shared.worker.try_lock().ok().and_then(|mut worker| worker.take());
        if idle.is_some() {
            shared.set_memory(Vec::new());
        }
        drop(shared);
        if let Some(process) = idle {
            tracing::info!(idle_s = limit.as_secs_f64(), "the model worker is not needed any more");
            process.end(SHUTDOWN_LIMIT).await;
        }
    };
    shared.set_idle_wait(AbortOnDropHandle::new(tokio::spawn(wait)));
}
