//! What has arrived of one file: its bytes on the disk, and their SHA-256 so far.
//!
//! Everything here blocks; [`PartWriter`] does it on a thread of its own.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// So many pieces may wait to be written.
const QUEUE: usize = 32;

/// What has arrived of one file.
pub(super) struct Part {
    path: PathBuf,
    file: File,
    hasher: Sha256,
    n_bytes: u64,
    /// Whether it was put together from the answers of several requests.
    is_patched: bool,
}

impl Part {
    /// Opens or makes the file and reads what is in it.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::options().create(true).truncate(false).read(true).write(true).open(path)?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 1 << 20];
        let mut n_bytes = 0;
        loop {
            match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => {
                    hasher.update(&buffer[..n]);
                    n_bytes += n as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { path: path.to_owned(), file, hasher, n_bytes, is_patched: n_bytes > 0 })
    }

    pub(super) const fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    pub(super) const fn is_patched(&self) -> bool {
        self.is_patched
    }

    /// Tells that the next bytes come from another answer than those before.
    pub(super) const fn patch(&mut self) {
        self.is_patched = self.n_bytes > 0;
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.n_bytes += bytes.len() as u64;
        Ok(())
    }

    /// Throws everything away.
    pub(super) fn restart(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.hasher = Sha256::new();
        self.n_bytes = 0;
        self.is_patched = false;
        Ok(())
    }

    /// The SHA-256 of what has arrived, when all of it is safe on the disk.
    pub(super) fn finish(&mut self) -> io::Result<String> {
        self.file.sync_all()?;
        Ok(self.hasher.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Removes the file.
    pub(super) fn remove(self) -> io::Result<()> {
        drop(self.file);
        fs::remove_file(&self.path)
    }
}

/// Writes pieces into a part on a thread of its own.
pub(super) struct PartWriter {
    pieces: mpsc::Sender<Vec<u8>>,
    thread: JoinHandle<(Part, io::Result<()>)>,
}

impl PartWriter {
    pub(super) fn start(mut part: Part) -> Self {
        let (pieces, mut queue) = mpsc::channel::<Vec<u8>>(QUEUE);
        let thread = tokio::task::spawn_blocking(move || {
            while let Some(piece) = queue.blocking_recv() {
                if let Err(error) = part.append(&piece) {
                    return (part, Err(error));
                }
            }
            (part, Ok(()))
        });
        Self { pieces, thread }
    }

    /// Hands a piece over; `false` when writing has failed, which [`PartWriter::end`] explains.
    pub(super) async fn write(&self, piece: Vec<u8>) -> bool {
        self.pieces.send(piece).await.is_ok()
    }

    /// Waits until everything is written, and gives the part back.
    pub(super) async fn end(self) -> io::Result<(Part, io::Result<()>)> {
        drop(self.pieces);
        self.thread.await.map_err(io::Error::other)
    }
}

/// Runs `work`, which blocks, on a thread of its own.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
