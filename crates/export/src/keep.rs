//! What files held before an export overwrote them, kept outside the folder so that the export can be undone.
//!
//! Each export has a folder of its own, `EXPORT_ID/`: `export.json` says what it was, `journal.jsonl` lists what it was
//! about to do, line by line, each on disk before it was done, and `blobs/` holds the old contents by their hash. So an
//! export whose program was killed can be undone as well as one that ended. A file `undone` says that it was.

mod journal;
mod listing;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cap_std::fs::Permissions;
use serde::{Deserialize, Serialize};

pub(crate) use journal::{Entry, Old, read_journal};
pub use listing::{KeptExport, MAX_KEPT_BYTES, MAX_KEPT_EXPORTS, kept_exports, prune_exports};

use crate::apply::Facts;
use crate::error::ExportError;
use crate::manifest::sha256_hex;
use crate::{MAX_COMPARED_BYTES, MAX_TOTAL_BYTES};

const HEAD: &str = "export.json";
const JOURNAL: &str = "journal.jsonl";
const BLOBS: &str = "blobs";
const UNDONE: &str = "undone";

/// The version of what is kept that this program writes and reads.
const KEEP_VERSION: u32 = 1;

/// Where an export keeps what it overwrites.
#[derive(Debug, Clone, Copy)]
pub struct Keep<'a> {
    /// The folder of all kept exports; made when missing.
    pub exports: &'a Path,
    /// This export's own id, of letters, digits and `-`.
    pub export_id: &'a str,
}

/// What an export was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) version: u32,
    pub(crate) export_id: String,
    pub(crate) run_id: String,
    pub(crate) pipeline: String,
    pub(crate) exported_at: String,
    /// The folder as it was chosen.
    pub(crate) folder: PathBuf,
    /// The branch that was made for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) new_branch: Option<String>,
}

/// The kept folder of one export.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    dir: PathBuf,
}

/// An export that is being kept.
#[derive(Debug)]
pub(crate) struct Keeping {
    kept: Kept,
    journal: File,
    old_bytes: u64,
    /// Whether anything was about to change.
    pub(crate) has_entries: bool,
}

impl Kept {
    /// The kept folder of `export_id`, whether there is one or not.
    pub(crate) fn of(exports: &Path, export_id: &str) -> Result<Self, ExportError> {
        let is_id = (1..=64).contains(&export_id.len())
            && export_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if is_id {
            Ok(Self { dir: exports.join(export_id) })
        } else {
            Err(ExportError::UnknownExport { export_id: export_id.to_owned() })
        }
    }

    pub(crate) fn head(&self) -> Result<Head, ExportError> {
        let unknown = || ExportError::UnknownExport { export_id: self.id() };
        let bytes = match fs::read(self.dir.join(HEAD)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(unknown()),
            other => other.map_err(|source| self.fault(HEAD, source))?,
        };
        match serde_json::from_slice::<Head>(&bytes) {
            Ok(head) if head.version == KEEP_VERSION => Ok(head),
            _ => Err(ExportError::KeptUnreadable { export_id: self.id(), part: HEAD.to_owned() }),
        }
    }

    pub(crate) fn entries(&self) -> Result<Vec<Entry>, ExportError> {
        match File::open(self.dir.join(JOURNAL)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            other => other.and_then(read_journal).map_err(|source| self.fault(JOURNAL, source)),
        }
    }

    /// An old content, proved to be the one that was kept.
    pub(crate) fn blob(&self, sha256: &str) -> Result<Vec<u8>, ExportError> {
        let bytes = fs::read(self.dir.join(BLOBS).join(sha256)).map_err(|source| self.fault(sha256, source))?;
        if sha256_hex(&bytes) == sha256 {
            Ok(bytes)
        } else {
            Err(ExportError::KeptUnreadable { export_id: self.id(), part: sha256.to_owned() })
        }
    }

    pub(crate) fn is_undone(&self) -> bool {
        self.dir.join(UNDONE).exists()
    }

    pub(crate) fn set_undone(&self) -> Result<(), ExportError> {
        write_durably(&self.dir, UNDONE, b"").map_err(|source| self.fault(UNDONE, source))
    }

    pub(crate) fn remove(&self) {
        // What cannot be removed now goes with the oldest exports later.
        let _ = fs::remove_dir_all(&self.dir);
    }

    fn id(&self) -> String {
        self.dir.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn fault(&self, part: &str, source: io::Error) -> ExportError {
        ExportError::Keep { path: self.dir.join(part), source }
    }
}

impl Keeping {
    /// Begins to keep, before anything is touched.
    pub(crate) fn begin(keep: Keep<'_>, folder: &Path, facts: &Facts) -> Result<Self, ExportError> {
        let kept = Kept::of(keep.exports, keep.export_id)?;
        let head = Head {
            version: KEEP_VERSION,
            export_id: keep.export_id.to_owned(),
            run_id: facts.run_id.clone(),
            pipeline: facts.pipeline.clone(),
            exported_at: facts.exported_at.clone(),
            folder: folder.to_owned(),
            new_branch: facts.new_branch.clone(),
        };
        let begun = fs::create_dir_all(keep.exports)
            .and_then(|()| private_folder(&kept.dir))
            .and_then(|()| private_folder(&kept.dir.join(BLOBS)))
            .and_then(|()| serde_json::to_vec_pretty(&head).map_err(Into::into))
            .and_then(|bytes| write_durably(&kept.dir, HEAD, &bytes))
            .and_then(|()| private_file().append(true).create_new(true).open(kept.dir.join(JOURNAL)));
        match begun {
            Ok(journal) => Ok(Self { kept, journal, old_bytes: 0, has_entries: false }),
            Err(source) => {
                let fault = kept.fault(HEAD, source);
                kept.remove();
                Err(fault)
            }
        }
    }

    /// Notes what is about to be done; it is on disk when this returns.
    pub(crate) fn note(&mut self, entry: &Entry) -> Result<(), ExportError> {
        let mut line = serde_json::to_vec(entry).map_err(|error| self.kept.fault(JOURNAL, error.into()))?;
        line.push(b'\n');
        self.has_entries |= entry.is_change();
        let written = self.journal.write_all(&line).and_then(|()| self.journal.sync_data());
        written.map_err(|source| self.kept.fault(JOURNAL, source))
    }

    /// Notes that a file of this name is about to be written, and keeps what is there.
    pub(crate) fn note_file(
        &mut self,
        name: &str,
        new: &[u8],
        old: Option<&(Vec<u8>, Permissions)>,
    ) -> Result<(), ExportError> {
        let old = match old {
            None => None,
            Some((bytes, permissions)) => {
                self.old_bytes += bytes.len() as u64;
                if self.old_bytes > MAX_TOTAL_BYTES {
                    return Err(ExportError::TooManyOldBytes { size_bytes: self.old_bytes });
                }
                let sha256 = sha256_hex(bytes);
                let blobs = self.kept.dir.join(BLOBS);
                write_durably(&blobs, &sha256, bytes).map_err(|source| self.kept.fault(BLOBS, source))?;
                Some(Old::new(sha256, permissions))
            }
        };
        self.note(&Entry::File { name: name.to_owned(), new: sha256_hex(new), old })
    }

    /// What was kept is needed no more.
    pub(crate) fn discard(self) {
        self.kept.remove();
    }
}

/// The kept contents are the user's: nobody else may read them.
fn private_folder(dir: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Writes a file that is there whole, and on disk, or not at all.
fn write_durably(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    debug_assert!(bytes.len() as u64 <= MAX_COMPARED_BYTES, "what is kept was compared before");
    let temporary = dir.join(format!("{name}.tmp"));
    let mut file = private_file().write(true).create(true).truncate(true).open(&temporary)?;
    file.write_all(bytes).and_then(|()| file.sync_all())?;
    fs::rename(&temporary, dir.join(name))?;
    // A system that cannot make names durable keeps them as well as it does.
    #[cfg(unix)]
    let _ = File::open(dir).and_then(|dir| dir.sync_all());
    Ok(())
}
