//! The shelf's folder: one file a sequence, written whole under another name and renamed.
//!
//! A file holds, all in little-endian order: [`MAGIC`], the format's version (4 bytes), the CRC-32 of everything behind it
//! (4 bytes), the number of tokens (4 bytes), the number of bytes of the state (8 bytes), the ids of the tokens (4 bytes
//! each) and the state. What is read is checked as a whole before llama.cpp sees it. The folder is named after the
//! model file and all that a state depends on, so a state is never given to another model.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use llama_cpp_2::token::LlamaToken;

use super::{Found, Saved};

/// How a file begins.
const MAGIC: &[u8; 4] = b"BWKV";

/// Version of the format; a file of another one is removed.
const VERSION: u32 = 1;

/// Bytes before the ids.
const HEAD_BYTES: usize = 4 + 4 + 4 + 4 + 8;

/// Set in the keys of files, which tells them from those in memory.
const IS_FILE: u64 = 1 << 63;

/// Names end so.
const EXTENSION: &str = "kv";

/// A file of the folder.
#[derive(Debug)]
struct Known {
    key: u64,
    path: PathBuf,
    ids: Vec<LlamaToken>,
}

/// The folder of one model.
#[derive(Debug)]
pub(crate) struct Disk {
    /// The folder of all models, whose size is bounded.
    root: PathBuf,
    folder: PathBuf,
    limit_bytes: u64,
    known: Vec<Known>,
}

impl Disk {
    /// The folder within `root` for the model that `model` tells apart from all others. `limit_bytes` bounds `root`. A folder that
    /// cannot be read is as good as an empty one.
    pub(crate) fn open(root: &Path, model: &impl Hash, limit_bytes: u64) -> Self {
        let (folder, _) = Self::place_of(root, model, limit_bytes);
        let mut disk = Self { root: root.to_owned(), folder, limit_bytes, known: Vec::new() };
        for path in files_in(&disk.folder) {
            match read_ids(&path) {
                Ok(Some(ids)) => disk.know(path, ids),
                // Another format's, or damaged.
                Ok(None) => drop(fs::remove_file(&path)),
                Err(_) => {}
            }
        }
        disk
    }

    /// The folder that [`Disk::open`] would use, and its limit.
    pub(crate) fn place_of(root: &Path, model: &impl Hash, limit_bytes: u64) -> (PathBuf, u64) {
        (root.join(format!("{:016x}", hash_of(model))), limit_bytes)
    }

    /// Its folder and its limit.
    pub(crate) fn place(&self) -> (PathBuf, u64) {
        (self.folder.clone(), self.limit_bytes)
    }

    pub(crate) fn best(&self, wanted: &[LlamaToken]) -> Option<Found> {
        let found = |known: &Known| Found { key: known.key, n_shared: super::common(&known.ids, wanted) };
        self.known.iter().map(found).max_by_key(|found| found.n_shared)
    }

    /// Reads a file. One that is damaged is removed, and `None` returned.
    pub(crate) fn read(&mut self, key: u64) -> Option<Saved> {
        let index = self.known.iter().position(|known| known.key == key)?;
        let path = self.known[index].path.clone();
        let saved = fs::read(&path).ok().and_then(parse);
        if saved.is_none() {
            self.known.swap_remove(index);
            // It may be gone already.
            let _ = fs::remove_file(&path);
        } else {
            touch(&path);
        }
        saved
    }

    /// Writes a sequence, in place of those that are its start. Failing is no harm: it is computed anew then.
    pub(crate) fn write(&mut self, saved: &Saved) {
        if self.known.iter().any(|known| known.ids.starts_with(&saved.ids)) {
            return;
        }
        let n_bytes = (HEAD_BYTES + 4 * saved.ids.len() + saved.bytes.len()) as u64;
        if n_bytes > self.limit_bytes {
            return;
        }
        make_room(&self.root, self.limit_bytes - n_bytes);
        self.known.retain(|known| known.path.exists());
        match write_whole(&self.folder, saved) {
            Ok(path) => {
                let (shorter, others) =
                    std::mem::take(&mut self.known).into_iter().partition(|known| saved.ids.starts_with(&known.ids));
                self.known = others;
                let shorter: Vec<Known> = shorter;
                for known in shorter {
                    let _ = fs::remove_file(known.path);
                }
                self.know(path, saved.ids.clone());
            }
            Err(error) => eprintln!("{}: a computed prompt could not be kept ({error})", self.folder.display()),
        }
    }

    fn know(&mut self, path: PathBuf, ids: Vec<LlamaToken>) {
        let key = hash_of(&raw(&ids)) | IS_FILE;
        self.known.push(Known { key, path, ids });
    }
}

/// Removes the files that were used least recently until all that are left in `root` take at most `limit_bytes`.
fn make_room(root: &Path, limit_bytes: u64) {
    let folders = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<(SystemTime, u64, PathBuf)> = folders
        .flat_map(|folder| files_in(&folder))
        .filter_map(|path| {
            let about = fs::metadata(&path).ok()?;
            Some((about.modified().unwrap_or(SystemTime::UNIX_EPOCH), about.len(), path))
        })
        .collect();
    files.sort();
    let mut taken: u64 = files.iter().map(|(_, size, _)| size).sum();
    for (_, size, path) in files {
        if taken <= limit_bytes {
            return;
        }
        if fs::remove_file(&path).is_ok() {
            taken -= size;
        }
    }
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == EXTENSION)).collect()
}

fn write_whole(folder: &Path, saved: &Saved) -> io::Result<PathBuf> {
    create_private(folder)?;
    let path = folder.join(format!("{:016x}.{EXTENSION}", hash_of(&raw(&saved.ids))));
    let unfinished = path.with_extension("part");
    let n_ids = u32::try_from(saved.ids.len()).map_err(io::Error::other)?;
    let mut body = Vec::with_capacity(HEAD_BYTES + 4 * saved.ids.len());
    body.extend_from_slice(&n_ids.to_le_bytes());
    body.extend_from_slice(&(saved.bytes.len() as u64).to_le_bytes());
    saved.ids.iter().for_each(|id| body.extend_from_slice(&id.0.to_le_bytes()));
    let mut sum = crc32fast::Hasher::new();
    sum.update(&body);
    sum.update(&saved.bytes);
    let written = (|| {
        let mut file = File::create(&unfinished)?;
        file.write_all(MAGIC)?;
        file.write_all(&VERSION.to_le_bytes())?;
        file.write_all(&sum.finalize().to_le_bytes())?;
        file.write_all(&body)?;
        file.write_all(&saved.bytes)?;
        drop(file);
        fs::rename(&unfinished, &path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    written.map(|()| path)
}

/// Makes a folder that only its user can read: what a model computed tells what it was asked.
fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The head of a file: the sum, the number of tokens and the number of bytes of the state.
fn head(bytes: &[u8]) -> Option<(u32, usize, usize)> {
    let word = |at: usize| bytes.get(at..at + 4).and_then(|word| word.try_into().ok()).map(u32::from_le_bytes);
    let n_bytes = bytes.get(16..24).and_then(|word| word.try_into().ok()).map(u64::from_le_bytes)?;
    let is_ours = bytes.starts_with(MAGIC) && word(4)? == VERSION;
    is_ours.then_some((word(8)?, usize::try_from(word(12)?).ok()?, usize::try_from(n_bytes).ok()?))
}

/// The ids of a file, without its state; `None` when it is none of ours or has not the length that it says.
fn read_ids(path: &Path) -> io::Result<Option<Vec<LlamaToken>>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut bytes = [0; HEAD_BYTES];
    if length < HEAD_BYTES as u64 {
        return Ok(None);
    }
    file.read_exact(&mut bytes)?;
    let Some((_, n_ids, n_bytes)) = head(&bytes) else { return Ok(None) };
    let whole = (HEAD_BYTES as u64).checked_add(4 * n_ids as u64).and_then(|sum| sum.checked_add(n_bytes as u64));
    if whole != Some(length) {
        return Ok(None);
    }
    let mut ids = vec![0; 4 * n_ids];
    file.read_exact(&mut ids)?;
    Ok(Some(ids_of(&ids)))
}

/// A whole file that is in order.
fn parse(mut file: Vec<u8>) -> Option<Saved> {
    let (sum, n_ids, n_bytes) = head(&file)?;
    let start = HEAD_BYTES.checked_add(n_ids.checked_mul(4)?)?;
    if file.len() != start.checked_add(n_bytes)? || crc32fast::hash(&file[12..]) != sum {
        return None;
    }
    let ids = ids_of(&file[HEAD_BYTES..start]);
    file.drain(..start);
    Some(Saved { ids, bytes: file })
}

fn ids_of(bytes: &[u8]) -> Vec<LlamaToken> {
    let words = bytes.chunks_exact(4).filter_map(|word| word.try_into().ok());
    words.map(|word| LlamaToken(i32::from_le_bytes(word))).collect()
}

fn raw(ids: &[LlamaToken]) -> Vec<i32> {
    ids.iter().map(|id| id.0).collect()
}

fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Notes that a file was used now.
fn touch(path: &Path) {
    // Where the system does not let us, it only goes a little sooner.
    let _ = File::options().append(true).open(path).and_then(|file| file.set_modified(SystemTime::now()));
}
