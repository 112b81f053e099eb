//! The board of long work on files: downloads, imports, checks and bundles, each with its progress, where anybody can look
//! at it and ask it to pause, go on or end.
//!
//! Invariants: whoever asks only leaves a wish, and the one who does the work obeys it at the next piece; a row whose work
//! was dropped without a word is failed, never running for ever. Nothing here touches a file or knows what is moved.

mod row;
mod speed;
mod view;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use brickwork_engine::Timestamp;
use uuid::Uuid;

use row::Row;
pub use row::{Cancelled, Outcome, Transfer, Wish};
pub use view::{LeftOutFile, TransferKind, TransferProblem, TransferState, TransferView};

/// So many rows that have ended are kept; the first to have ended go first.
const KEPT_ENDED: usize = 100;

/// Why a transfer is not steered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// There is none of that id.
    #[error("There is no transfer {0}. List the transfers to find its id.")]
    Unknown(Uuid),
    /// It has ended, or is in a state that does not take the wish.
    #[error("The transfer {id} is {state}, so it cannot be {wish}. Look at the list of transfers.", state = state.name())]
    State {
        /// The transfer.
        id: Uuid,
        /// Its state.
        state: TransferState,
        /// What was asked for: `paused`, `resumed`.
        wish: &'static str,
    },
}

/// What became of the wish to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resumed {
    /// The one who does the work goes on.
    GoesOn,
    /// Nobody does the work at the moment: start it anew with [`Transfers::take_up`].
    NeedsWorker,
}

/// What becomes of a wish to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The one who does the work ends it soon and clears up.
    Soon,
    /// Nobody does the work: whoever started it has to clear up. The row is cancelled already.
    NeedsClearing,
    /// It had ended; its row is off the list.
    Removed,
}

/// The board; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Transfers {
    rows: Arc<Mutex<Vec<Arc<Row>>>>,
}

impl Transfers {
    /// An empty board.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts up new work, which is under way from this moment. `total_bytes` may become known later.
    #[must_use]
    pub fn begin(&self, kind: TransferKind, title: impl Into<String>, total_bytes: Option<u64>) -> Transfer {
        self.put_up(Uuid::now_v7(), kind, title.into(), TransferState::Running, (0, total_bytes)).attach()
    }

    /// Puts up work that somebody is about to do: it waits until [`Transfer::running`].
    #[must_use]
    pub fn enqueue(
        &self,
        id: Uuid,
        kind: TransferKind,
        title: impl Into<String>,
        bytes: (u64, Option<u64>),
    ) -> Transfer {
        self.put_up(id, kind, title.into(), TransferState::Waiting, bytes).attach()
    }

    /// Puts up work that nobody does at the moment, such as what an earlier program left: `(done, total)` bytes of it.
    pub fn put_paused(&self, id: Uuid, kind: TransferKind, title: impl Into<String>, bytes: (u64, Option<u64>)) {
        self.put_up(id, kind, title.into(), TransferState::Paused, bytes);
    }

    /// Takes up work that is paused or failed and that nobody does, which then waits until [`Transfer::running`].
    /// `None` when somebody does it, when it has ended otherwise, or when it is not on the board.
    #[must_use]
    pub fn take_up(&self, id: Uuid) -> Option<Transfer> {
        self.row(id)?.take_up()
    }

    /// All rows, the oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<TransferView> {
        self.rows().iter().map(|row| row.view()).collect()
    }

    /// One row.
    #[must_use]
    pub fn get(&self, id: Uuid) -> Option<TransferView> {
        Some(self.row(id)?.view())
    }

    /// Whether somebody does the work of a row at the moment.
    #[must_use]
    pub fn is_worked_on(&self, id: Uuid) -> bool {
        self.row(id).is_some_and(|row| row.is_attached())
    }

    /// Asks for a pause, which holds until [`Transfers::resume`].
    ///
    /// # Errors
    /// [`TransferError`] for an unknown one, or one that has ended.
    pub fn pause(&self, id: Uuid) -> Result<(), TransferError> {
        self.known(id)?.pause()
    }

    /// Asks a paused one to go on, or a failed one to try again.
    ///
    /// # Errors
    /// [`TransferError`] for an unknown one, or one that is neither paused nor failed.
    pub fn resume(&self, id: Uuid) -> Result<Resumed, TransferError> {
        self.known(id)?.resume()
    }

    /// Asks for the end of one that is not over, or takes one that is off the list. What a failed download has kept for
    /// another try goes as well, which its starter sees to.
    ///
    /// # Errors
    /// [`TransferError::Unknown`].
    pub fn cancel(&self, id: Uuid) -> Result<Ending, TransferError> {
        let ending = self.known(id)?.cancel();
        if ending == Ending::Removed {
            self.remove(id);
        }
        Ok(ending)
    }

    /// Takes a row off the list, whatever its state.
    pub fn remove(&self, id: Uuid) {
        self.rows().retain(|row| row.id != id);
    }

    fn put_up(
        &self,
        id: Uuid,
        kind: TransferKind,
        title: String,
        state: TransferState,
        bytes: (u64, Option<u64>),
    ) -> Arc<Row> {
        let row = Arc::new(Row::new(id, kind, title, state, bytes));
        let mut rows = self.rows();
        rows.retain(|other| other.id != id);
        rows.push(Arc::clone(&row));
        let mut surplus = rows.iter().filter(|row| row.has_ended()).count().saturating_sub(KEPT_ENDED);
        rows.retain(|row| {
            let goes = surplus > 0 && row.has_ended();
            surplus -= usize::from(goes);
            !goes
        });
        row
    }

    fn known(&self, id: Uuid) -> Result<Arc<Row>, TransferError> {
        self.row(id).ok_or(TransferError::Unknown(id))
    }

    fn row(&self, id: Uuid) -> Option<Arc<Row>> {
        self.rows().iter().find(|row| row.id == id).cloned()
    }

    fn rows(&self) -> MutexGuard<'_, Vec<Arc<Row>>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// This instant by the system's clock.
pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
