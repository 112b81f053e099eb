//! The note of a download that has not ended, and the folder that holds it with what has arrived:
//! `.downloads/ID/{journal.json, lock, 0.part, 1.part...}` in the models folder.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use brickwork_engine::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::order::is_optional;
use super::{DownloadError, DownloadOrder};
use crate::hub::{HubError, HubRepository, sha256_digest};
use crate::small_file::{self, SmallFileError};
use crate::transfer::{TransferKind, TransferState, TransferView, now};

const FOLDER: &str = ".downloads";
const JOURNAL: &str = "journal.json";
const LOCK: &str = "lock";
/// The only form of the note so far.
const VERSION: u32 = 1;

/// The note of a download.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Journal {
    version: u32,
    pub(super) id: Uuid,
    pub(super) title: String,
    pub(super) order: DownloadOrder,
    pub(super) begun_at: Timestamp,
    /// What the hub has told, once it was asked.
    pub(super) told: Option<Told>,
}

/// What the hub has told of the files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    /// The commit that the revision stood for; everything comes from it.
    pub(super) commit: String,
    pub(super) licence: Option<String>,
    /// As many as paths in the order.
    pub(super) files: Vec<ToldFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ToldFile {
    pub(super) size_bytes: Option<u64>,
    pub(super) sha256: Option<String>,
    /// By which the part that is here was known.
    pub(super) etag: Option<String>,
    /// Whether the server that sends the bytes knows them by it, too.
    #[serde(default)]
    pub(super) etag_is_own: bool,
    /// Where it comes from, for whoever reads the note.
    pub(super) url: Option<String>,
}

impl Journal {
    pub(super) fn new(id: Uuid, order: &DownloadOrder) -> Self {
        Self { version: VERSION, id, title: order.title.clone(), order: order.clone(), begun_at: now(), told: None }
    }

    /// The note of the download `id` in the models folder `dir`; `None` when there is none, or none that this program
    /// understands.
    pub(super) fn read(dir: &Path, id: Uuid) -> Result<Option<Self>, SmallFileError> {
        let journal: Option<Self> = small_file::read(&folder_of(dir, id).join(JOURNAL))?;
        // Whoever wrote it: nothing in it is used unchecked.
        Ok(journal.filter(|journal| journal.version == VERSION && journal.id == id && journal.is_sound()))
    }

    fn is_sound(&self) -> bool {
        let told_is_sound = self.told.as_ref().is_none_or(|told| {
            let digests = told.files.iter().filter_map(|file| file.sha256.as_deref());
            told.files.len() == self.order.paths.len() && digests.map(sha256_digest).all(|digest| digest.is_ok())
        });
        self.order.check().is_ok() && told_is_sound
    }

    /// Whether it was begun by an order for the same files.
    pub(super) fn is_of(&self, order: &DownloadOrder) -> bool {
        let own = &self.order;
        own.repository == order.repository && own.revision == order.revision && own.needed() == order.needed()
    }

    /// Takes down what the hub has told. What the model can do without and the hub does not have is ordered no more, and
    /// weights that it holds in shards are ordered so.
    ///
    /// # Errors
    /// [`DownloadError`] when a file is missing there, has no checksum although it is large, or is not the catalog's.
    pub(super) fn hear(&mut self, repository: &HubRepository, endpoint: &str) -> Result<(), DownloadError> {
        self.order.in_shards(&repository.files.iter().map(|file| &*file.path).collect::<Vec<_>>());
        let is_there = |path: &str| repository.files.iter().any(|file| file.path == path);
        let is_wanted: Vec<bool> = self.order.paths.iter().map(|path| is_there(path) || !is_optional(path)).collect();
        let mut wanted = is_wanted.iter();
        self.order.paths.retain(|_| wanted.next().is_none_or(|wanted| *wanted));
        let mut wanted = is_wanted.iter();
        self.order.sha256.retain(|_| wanted.next().is_none_or(|wanted| *wanted));
        let mut files = Vec::new();
        for (i, path) in self.order.paths.iter().enumerate() {
            let Some(file) = repository.files.iter().find(|file| file.path == *path) else {
                let (endpoint, name) = (endpoint.to_owned(), path.clone());
                return Err(HubError::NotFound { endpoint, what: "file", name }.into());
            };
            let promised = self.order.sha256.get(i).map(|digest| sha256_digest(digest)).transpose()?;
            let sha256 = match (&file.sha256, promised) {
                (Some(found), Some(expected)) if *found != expected => {
                    let (name, found) = (path.clone(), found.clone());
                    return Err(DownloadError::NotTheCatalogs { name, expected, found });
                }
                (None, None) if is_weights(path) => return Err(DownloadError::NoChecksum { name: path.clone() }),
                (found, promised) => found.clone().or(promised),
            };
            files.push(ToldFile { size_bytes: file.size_bytes, sha256, etag: None, etag_is_own: false, url: None });
        }
        self.told = Some(Told { commit: repository.commit.clone(), licence: repository.licence.clone(), files });
        Ok(())
    }

    /// Bytes of all files, once the hub has told them all.
    pub(super) fn total_bytes(&self) -> Option<u64> {
        self.told.as_ref()?.files.iter().map(|file| file.size_bytes).sum()
    }

    /// Bytes that have arrived.
    pub(super) fn done_bytes(&self, dir: &Path) -> u64 {
        let folder = folder_of(dir, self.id);
        let size = |i| fs::metadata(part_path(&folder, i)).map_or(0, |about| about.len());
        (0..self.order.paths.len()).map(size).sum()
    }

    /// It as others see it while another program works on it.
    pub(super) fn view(&self, (done_bytes, total_bytes): (u64, Option<u64>)) -> TransferView {
        TransferView {
            id: self.id,
            kind: TransferKind::Download,
            title: self.title.clone(),
            state: TransferState::Running,
            done_bytes,
            total_bytes,
            bytes_per_second: None,
            remaining_s: None,
            problem: None,
            model_id: None,
            path: None,
            skipped: Vec::new(),
            started_at: self.begun_at,
            ended_at: None,
        }
    }
}

/// Whether a path is that of weights, which nobody runs without knowing that they are whole.
fn is_weights(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    [".gguf", ".safetensors"].iter().any(|ending| path.ends_with(ending))
}

/// The notes of all downloads that have not ended. What cannot be read is left out and logged by nobody: its folder can
/// still be removed.
pub(super) fn all(dir: &Path) -> Vec<Journal> {
    let mut ids: Vec<Uuid> = fs::read_dir(dir.join(FOLDER))
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter_map(|entry| Uuid::parse_str(entry.file_name().to_str()?).ok())
        .collect();
    ids.sort_unstable();
    ids.into_iter().filter_map(|id| Journal::read(dir, id).ok().flatten()).collect()
}

fn folder_of(dir: &Path, id: Uuid) -> PathBuf {
    dir.join(FOLDER).join(id.to_string())
}

fn part_path(folder: &Path, i: usize) -> PathBuf {
    folder.join(format!("{i}.part"))
}

/// The folder of a download that this program works on.
pub(super) struct Room {
    folder: PathBuf,
    // Closing it gives the lock back, also when the program dies.
    lock: File,
}

impl Room {
    /// Makes the folder.
    pub(super) fn make(dir: &Path, id: Uuid) -> Result<Self, DownloadError> {
        let folder = folder_of(dir, id);
        fs::create_dir_all(&folder).map_err(|cause| DownloadError::Io { path: folder.clone(), cause })?;
        Self::enter(dir, id)?.ok_or_else(|| DownloadError::Elsewhere { title: id.to_string() })
    }

    /// Takes the folder; `None` when there is none or another program works on it.
    pub(super) fn enter(dir: &Path, id: Uuid) -> Result<Option<Self>, DownloadError> {
        let folder = folder_of(dir, id);
        if !folder.is_dir() {
            return Ok(None);
        }
        let path = folder.join(LOCK);
        let failed = |cause| DownloadError::Io { path: path.clone(), cause };
        let lock = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        for _ in 0..5 {
            match lock.try_lock() {
                Ok(()) => return Ok(Some(Self { folder, lock })),
                // A program that only looks holds it for a moment.
                Err(TryLockError::WouldBlock) => std::thread::sleep(std::time::Duration::from_millis(20)),
                Err(TryLockError::Error(cause)) => return Err(failed(cause)),
            }
        }
        Ok(None)
    }

    /// Whether some program works on it.
    pub(super) fn is_held(dir: &Path, id: Uuid) -> bool {
        let lock = File::options().write(true).open(folder_of(dir, id).join(LOCK));
        lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
    }

    /// Keeps the note.
    pub(super) fn save(&self, journal: &Journal) -> Result<(), DownloadError> {
        let path = self.folder.join(JOURNAL);
        small_file::write(&path, journal).map_err(|cause| DownloadError::Io { path, cause })
    }

    /// Where the file `i` of the order arrives.
    pub(super) fn part(&self, i: usize) -> PathBuf {
        part_path(&self.folder, i)
    }

    /// The bytes that have arrived of the file `i`.
    pub(super) fn part_bytes(&self, i: usize) -> u64 {
        fs::metadata(self.part(i)).map_or(0, |about| about.len())
    }

    /// Removes the folder with everything in it.
    pub(super) fn remove(self) -> Result<(), DownloadError> {
        let Self { folder, lock } = self;
        let failed = |path: &Path, cause| DownloadError::Io { path: path.to_owned(), cause };
        // First the note, so that what a crash leaves here is taken for no download.
        for name in [JOURNAL.to_owned()].into_iter().chain(names_in(&folder)) {
            let path = folder.join(&name);
            match fs::remove_file(&path) {
                Err(cause) if name != LOCK && cause.kind() != io::ErrorKind::NotFound => {
                    return Err(failed(&path, cause));
                }
                _ => {}
            }
        }
        // Some systems remove no folder with an open file in it.
        drop(lock);
        fs::remove_dir_all(&folder).map_err(|cause| failed(&folder, cause))?;
        // It goes with its last download.
        let _ = folder.parent().map(fs::remove_dir);
        Ok(())
    }
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}
