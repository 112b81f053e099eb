//! Downloads from a hub: paused, resumed, several at once, and safe against whatever a hub, a network or the end of the
//! program does to them.
//!
//! Invariants: a file appears in the models folder whole, with the SHA-256 that the hub named for it, and over no other
//! file, or not at all; what has arrived lies in `.downloads/ID` there, from where any program takes it up again; one
//! program works on a download at a time, which the lock in that folder sees to.

mod error;
mod fetch;
mod journal;
mod limit;
mod order;
mod part;
mod place;
mod task;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use uuid::Uuid;

use crate::disk;
use crate::hub::{Hub, HubError};
use crate::transfer::{Ending, Resumed, Transfer, TransferKind, TransferState, TransferView, Transfers};

pub use error::DownloadError;
use journal::{Journal, Room};
use limit::{Limiter, Slots};
pub use order::DownloadOrder;

/// The most downloads that are under way at once, unless set otherwise.
pub const DEFAULT_AT_ONCE: usize = 2;

/// Gives the hub with the address and the token that hold at the moment.
pub trait HubSource: Send + Sync {
    /// The hub.
    fn hub(&self) -> BoxFuture<'_, Result<Hub, HubError>>;
}

/// How hard downloads try.
#[derive(Clone)]
pub struct DownloadOptions {
    /// Tries of one file without any progress before it counts as failed.
    pub max_tries: u32,
    /// The wait before the second try; it doubles with each, up to [`DownloadOptions::longest_wait`].
    pub first_wait: Duration,
    /// The longest wait between two tries, also when the hub asks for more.
    pub longest_wait: Duration,
    /// How much room there is below a folder, in bytes; tests tell another truth.
    pub free_bytes: fn(&Path) -> io::Result<u64>,
}

impl Default for DownloadOptions {
    fn default() -> Self {
        Self {
            max_tries: 6,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(30),
            free_bytes: disk::free_bytes,
        }
    }
}

/// The downloads of one program into one models folder; clones share them.
#[derive(Clone)]
pub struct Downloads {
    shared: Arc<Shared>,
}

struct Shared {
    models_dir: PathBuf,
    board: Transfers,
    source: Arc<dyn HubSource>,
    options: DownloadOptions,
    slots: Slots,
    limiter: Limiter,
    /// Held while a download is looked up or made, so that two like requests make one.
    beginning: Mutex<()>,
}

impl Downloads {
    /// Downloads into `models_dir`, shown on `board`. Nothing begins by itself.
    #[must_use]
    pub fn new(models_dir: PathBuf, board: Transfers, source: Arc<dyn HubSource>, options: DownloadOptions) -> Self {
        let shared = Shared {
            models_dir,
            board,
            source,
            options,
            slots: Slots::new(DEFAULT_AT_ONCE),
            limiter: Limiter::default(),
            beginning: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Sets how many are under way at once, and how many bytes a second all of them together may take.
    pub fn set_limits(&self, at_once: usize, bytes_per_second: Option<u64>) {
        self.shared.slots.set_most(at_once.max(1));
        self.shared.limiter.set(bytes_per_second);
    }

    /// Begins a download, or goes on with the one that was ordered alike and has not ended. Must be called within a tokio
    /// runtime, on a thread that may block: it writes the journal.
    ///
    /// # Errors
    /// [`DownloadError`] for names that cannot be used, a download that another program works on, or a folder that cannot
    /// be written.
    pub fn start(&self, order: &DownloadOrder) -> Result<TransferView, DownloadError> {
        order.check()?;
        let _beginning = self.shared.beginning.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self.look_for_left();
        if let Some(journal) = self.journals().into_iter().find(|journal| journal.is_of(order)) {
            let elsewhere = || DownloadError::Elsewhere { title: journal.title.clone() };
            self.shared.board.get(journal.id).ok_or_else(elsewhere)?;
            self.resume(journal.id)?;
            return self.shared.board.get(journal.id).ok_or_else(elsewhere);
        }
        let journal = Journal::new(Uuid::now_v7(), order);
        let room = Room::make(&self.shared.models_dir, journal.id)?;
        room.save(&journal)?;
        let transfer = self.shared.board.enqueue(journal.id, TransferKind::Download, &journal.title, (0, None));
        let view = transfer.view();
        self.spawn(journal, room, transfer);
        Ok(view)
    }

    /// Lets a paused or failed download go on, also one that an earlier program left. `false` when there is none of that id
    /// here.
    ///
    /// # Errors
    /// [`DownloadError`] when its state does not allow it or another program works on it.
    pub fn resume(&self, id: Uuid) -> Result<bool, DownloadError> {
        match self.shared.board.resume(id) {
            Ok(Resumed::GoesOn) => return Ok(true),
            Ok(Resumed::NeedsWorker) => {}
            Err(error) => return Err(error.into()),
        }
        let Some(journal) = Journal::read(&self.shared.models_dir, id)? else { return Ok(false) };
        let Some(room) = Room::enter(&self.shared.models_dir, id)? else {
            return Err(DownloadError::Elsewhere { title: journal.title });
        };
        let Some(transfer) = self.shared.board.take_up(id) else { return Ok(true) };
        self.spawn(journal, room, transfer);
        Ok(true)
    }

    /// Ends a download and removes what has arrived of it; the row of one that has ended goes from the board.
    ///
    /// # Errors
    /// [`DownloadError`] when there is none of that id, or another program works on it.
    pub fn cancel(&self, id: Uuid) -> Result<(), DownloadError> {
        match self.shared.board.cancel(id)? {
            Ending::Soon => Ok(()),
            Ending::NeedsClearing | Ending::Removed => match Room::enter(&self.shared.models_dir, id)? {
                Some(room) => Ok(room.remove()?),
                None if Journal::read(&self.shared.models_dir, id)?.is_none() => Ok(()),
                None => {
                    self.shared.board.remove(id);
                    Err(DownloadError::Elsewhere { title: id.to_string() })
                }
            },
        }
    }

    /// Puts up what earlier programs left unfinished, takes down what others have ended meanwhile, and returns the
    /// downloads that other programs work on at the moment. Reads a few small files.
    #[must_use]
    pub fn look_for_left(&self) -> Vec<TransferView> {
        let (board, dir) = (&self.shared.board, &self.shared.models_dir);
        let journals = self.journals();
        for row in board.list() {
            let is_gone = !journals.iter().any(|journal| journal.id == row.id);
            let is_idle = row.state == TransferState::Paused && !board.is_worked_on(row.id);
            if row.kind == TransferKind::Download && is_idle && is_gone {
                board.remove(row.id);
            }
        }
        let mut elsewhere = Vec::new();
        for journal in journals {
            let row = board.get(journal.id);
            if row.as_ref().is_some_and(|row| row.state != TransferState::Paused) {
                continue;
            }
            let bytes = (journal.done_bytes(dir), journal.total_bytes());
            if row.is_none() && Room::is_held(dir, journal.id) {
                elsewhere.push(journal.view(bytes));
            } else if row.is_none() {
                board.put_paused(journal.id, TransferKind::Download, &journal.title, bytes);
            }
        }
        elsewhere
    }

    fn journals(&self) -> Vec<Journal> {
        journal::all(&self.shared.models_dir)
    }

    fn spawn(&self, journal: Journal, room: Room, transfer: Transfer) {
        tokio::spawn(task::run(Arc::clone(&self.shared), journal, room, transfer));
    }
}
