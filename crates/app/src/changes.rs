//! Notices that something was written to the database, by this program or by another.

use std::sync::Weak;
use std::time::Duration;

use tokio::sync::watch;

use crate::app::Inner;

/// How often the database is asked whether another program wrote to it. Asking costs a few microseconds.
const INTERVAL: Duration = Duration::from_millis(100);

/// Tells whoever waits that the database may have changed.
pub(crate) struct Changes(watch::Sender<u64>);

impl Changes {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    /// A receiver that has seen everything so far: subscribe first, read the database, then wait.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }

    /// Says so at once, after a write of this program.
    pub(crate) fn bump(&self) {
        self.0.send_modify(|count| *count = count.wrapping_add(1));
    }
}

/// Looks for writes of other programs until the program's state is dropped.
pub(crate) async fn watch(state: Weak<Inner>) {
    let mut seen = None;
    let mut warned = false;
    loop {
        tokio::time::sleep(INTERVAL).await;
        let Some(inner) = state.upgrade() else { return };
        match inner.store.data_version().await {
            Ok(version) if seen != Some(version) => {
                seen = Some(version);
                inner.changes.bump();
            }
            Ok(_) => warned = false,
            Err(error) if !warned => {
                warned = true;
                tracing::warn!(%error, "the database cannot be asked for changes of other programs");
            }
            Err(_) => {}
        }
    }
}
