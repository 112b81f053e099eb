//! The lock that says which process runs the queue of a data folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use crate::error::{Fault, StoreError};

/// Held by the one process that runs a data folder's queue. The operating system releases it when the process ends,
/// however it ends, so a lock that can be taken means that the earlier holder is gone.
#[derive(Debug)]
pub struct QueueLock {
    // Closing the file releases the lock.
    _file: File,
}

impl QueueLock {
    /// The lock's file in the data folder. It holds nothing and stays when the lock is released.
    pub const FILE_NAME: &'static str = "queue.lock";

    /// Takes the lock of the data folder `dir`, or gives `None` while another holder has it. Does not wait.
    ///
    /// # Errors
    /// [`StoreError::Storage`] when the lock's file cannot be made or the file system knows no locks.
    pub fn try_acquire(dir: &Path) -> Result<Option<Self>, StoreError> {
        let path = dir.join(Self::FILE_NAME);
        let failed = |err: io::Error| StoreError::Storage { detail: format!("{}: {err}", path.display()) };
        let file = lock_file(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(err)) => Err(failed(err)),
        }
    }
}

/// Held while a database is checked, created or migrated, so that two processes cannot do so at once.
#[derive(Debug)]
pub(crate) struct OpeningLock {
    _file: File,
}

impl OpeningLock {
    /// Waits for the lock that belongs to the database at `path`; its holders need moments only.
    pub(crate) fn acquire(path: &Path) -> Result<Self, Fault> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".opening");
        let file = lock_file(&path.with_file_name(name))?;
        file.lock()?;
        Ok(Self { _file: file })
    }
}

fn lock_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).open(path)
}
