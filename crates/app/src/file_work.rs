//! Long work on files, done on a thread of its own and shown on the board of transfers.
//!
//! Invariant: the thread stands still while the user wants a pause, and ends within one piece, clearing up, when the user
//! ends it or the program stops.

use brickwork_engine::Phrase;
use std::time::{Duration, Instant};

use brickwork_models::transfer::{
    Cancelled, Outcome, Transfer, TransferKind, TransferProblem, TransferState, TransferView,
};
use tokio::task::JoinHandle;

use crate::app::App;

/// Progress is told at most this often; the last piece always.
const TELL: Duration = Duration::from_millis(50);

/// Work that was begun. Dropping it lets the work go on.
#[derive(Debug)]
pub struct FileWork<T> {
    /// The work as it stood when it was begun.
    pub transfer: TransferView,
    result: JoinHandle<Result<T, TransferProblem>>,
}

impl<T> FileWork<T> {
    /// Waits for the end of the work.
    ///
    /// # Errors
    /// Why it did not succeed; `cancelled` when the user ended it.
    pub async fn result(self) -> Result<T, TransferProblem> {
        self.result.await.unwrap_or_else(|error| {
            Err(TransferProblem::new(
                "internal",
                format!("The work broke off: {error}."),
                "Try again; the log in the data folder says more.",
            )
            .saying(Phrase::new("work_broke_off").with("cause", error.to_string())))
        })
    }
}

/// What work is told to do by the board, and tells it.
pub(crate) struct Pace<'a> {
    transfer: &'a Transfer,
    done_bytes: u64,
    total_bytes: u64,
    told: Option<Instant>,
}

impl Pace<'_> {
    /// Takes note of `n_bytes` more. Stands still while a pause is wanted.
    ///
    /// # Errors
    /// [`Cancelled`] when the user ended the work.
    pub(crate) fn step(&mut self, n_bytes: u64) -> Result<(), Cancelled> {
        self.done_bytes += n_bytes;
        if self.told.is_none_or(|told| told.elapsed() >= TELL) || self.done_bytes >= self.total_bytes {
            self.told = Some(Instant::now());
            self.transfer.progress(self.done_bytes.min(self.total_bytes), Some(self.total_bytes));
        }
        self.transfer.checkpoint()
    }
}

/// The problem of work that the user ended.
pub(crate) fn cancelled() -> TransferProblem {
    TransferProblem::new("cancelled", "The work was ended before it was done.", "Start it again when you want it.")
        .saying(Phrase::new("work_cancelled"))
}

impl App {
    /// Begins work on a thread of its own, and shows it under `title`. `work` tells each piece to its [`Pace`]; `outcome`
    /// says what of its result is shown.
    pub(crate) fn begin_work<T: Send + 'static>(
        &self,
        (kind, title, total_bytes): (TransferKind, String, u64),
        work: impl FnOnce(&mut Pace<'_>) -> Result<T, TransferProblem> + Send + 'static,
        outcome: impl FnOnce(&T) -> Outcome + Send + 'static,
    ) -> FileWork<T> {
        let transfer = self.board().begin(kind, title, Some(total_bytes));
        let view = transfer.view();
        let result = tokio::task::spawn_blocking(move || {
            let mut pace = Pace { transfer: &transfer, done_bytes: 0, total_bytes, told: None };
            let result = work(&mut pace);
            match &result {
                Ok(_) => transfer.progress(total_bytes, Some(total_bytes)),
                Err(problem) => tracing::warn!(problem.code, problem.message, "work on files failed"),
            }
            transfer.finish(result.as_ref().map(outcome).map_err(Clone::clone));
            result
        });
        FileWork { transfer: view, result }
    }

    /// Ends the work on files that is under way, so that no thread outlives the program's wish to stop. Downloads see to
    /// themselves.
    pub(crate) fn end_file_work(&self) {
        let is_ours = |transfer: &TransferView| transfer.kind != TransferKind::Download && !transfer.state.has_ended();
        for transfer in self.board().list().iter().filter(|transfer| is_ours(transfer)) {
            // One that has ended meanwhile needs no end.
            let _ = self.board().cancel(transfer.id);
        }
    }

    /// A transfer as it stands; `None` when it is off the list.
    #[must_use]
    pub fn transfer(&self, id: uuid::Uuid) -> Option<TransferView> {
        self.board().get(id)
    }

    /// Asks work on files to end, as the user's Ctrl+C does.
    pub fn end_transfer(&self, id: uuid::Uuid) {
        if self.board().get(id).is_some_and(|transfer| transfer.state != TransferState::Done) {
            // One that is off the list has ended.
            let _ = self.board().cancel(id);
        }
    }
}
