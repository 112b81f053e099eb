//! A project's folder: what lies in it, and the text of its files.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::{fs, io};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use ignore::{DirEntry, WalkBuilder};

/// The most files that a folder may hold.
const MAX_ENTRIES: usize = 100_000;
/// Bytes from which text is told from other data, before a large file is read.
const PROBE_BYTES: u64 = 8 * 1024;

/// A project's folder with a list of what lies in it.
pub(super) struct Folder {
    /// Without links.
    root: PathBuf,
    dir: Dir,
    entries: Vec<Entry>,
}

/// A file in the folder, or a link.
pub(super) struct Entry {
    /// Its path below the folder, with `/` between the parts.
    pub(super) path: String,
    is_link: bool,
}

/// Why a folder cannot be looked into.
pub(super) enum OpenFault {
    /// The project names none.
    NoFolder,
    /// It is not there, or cannot be read.
    Unusable { path: String, cause: io::Error },
    /// It holds too much.
    TooLarge { entries: usize },
}

/// What a file holds.
pub(super) enum Text {
    /// This text.
    Is(String),
    /// Something else, or something that cannot be read.
    IsNot,
    /// Text that is larger than there is room for.
    TooLarge,
    /// It is a link out of the folder.
    Outside,
    /// It is no file: gone meanwhile, or a link to a folder.
    NoFile,
}

/// The first `limit` names of what lies in the folder at `path`, in the order in which it is walked.
pub(super) fn names(path: &str, limit: usize) -> Vec<String> {
    let Ok(root) = fs::canonicalize(path) else { return Vec::new() };
    walk(&root).filter_map(|entry| below(&root, &entry)).map(|entry| entry.path).take(limit).collect()
}

impl Folder {
    pub(super) fn open(folder: Option<&str>) -> Result<Self, OpenFault> {
        let path = folder.ok_or(OpenFault::NoFolder)?;
        let unusable = |cause| OpenFault::Unusable { path: path.to_owned(), cause };
        let root = fs::canonicalize(path).map_err(unusable)?;
        let dir = Dir::open_ambient_dir(&root, ambient_authority()).map_err(unusable)?;
        let mut entries = Vec::new();
        for entry in walk(&root) {
            if entries.len() == MAX_ENTRIES {
                return Err(OpenFault::TooLarge { entries: MAX_ENTRIES });
            }
            entries.extend(below(&root, &entry));
        }
        entries.sort_by(|a: &Entry, b| a.path.cmp(&b.path));
        Ok(Self { root, dir, entries })
    }

    /// Files and links in the order of their paths.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether the path begins with a link out of the folder.
    pub(super) fn leads_out(&self, path: &str) -> bool {
        self.entries
            .iter()
            .filter(|entry| entry.is_link)
            .filter(|entry| path.strip_prefix(&entry.path).is_some_and(|rest| rest.starts_with('/')))
            .any(|entry| self.target(entry).is_some_and(|target| !target.starts_with(&self.root)))
    }

    /// The text of a file that has at most `room` bytes.
    pub(super) fn read(&self, entry: &Entry, room: usize) -> Text {
        let path = if entry.is_link {
            let Some(target) = self.target(entry) else { return Text::NoFile };
            match target.strip_prefix(&self.root) {
                Err(_) => return Text::Outside,
                // `.git` is left out, whatever name leads there.
                Ok(below) if is_in_git(below) => return Text::NoFile,
                // Read by where the link leads, since the handle follows no absolute ones.
                Ok(below) => below.to_owned(),
            }
        } else {
            PathBuf::from(&entry.path)
        };
        // The handle refuses every path out of the folder, also when it changed since it was looked at.
        match self.dir.metadata(&path) {
            Ok(metadata) if metadata.is_file() => self.read_file(&path, room).unwrap_or(Text::IsNot),
            Ok(_) | Err(_) => Text::NoFile,
        }
    }

    fn read_file(&self, path: &Path, room: usize) -> io::Result<Text> {
        let mut file = self.dir.open(path)?;
        let mut bytes = Vec::new();
        file.by_ref().take(PROBE_BYTES).read_to_end(&mut bytes)?;
        // A character may be cut by the probe's end, which is no fault yet.
        let is_text = match std::str::from_utf8(&bytes) {
            Ok(_) => true,
            Err(error) => error.error_len().is_none(),
        };
        if !is_text || bytes.contains(&0) {
            return Ok(Text::IsNot);
        }
        let rest = (room as u64 + 1).saturating_sub(bytes.len() as u64);
        file.take(rest).read_to_end(&mut bytes)?;
        if bytes.len() > room {
            return Ok(Text::TooLarge);
        }
        match String::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => Ok(Text::Is(text)),
            _ => Ok(Text::IsNot),
        }
    }

    /// Where a link leads, if to anything.
    fn target(&self, entry: &Entry) -> Option<PathBuf> {
        fs::canonicalize(self.root.join(&entry.path)).ok()
    }
}

/// What lies below `root` and is neither `.git` nor named by a `.gitignore` there or above it. Links are not followed, and
/// what cannot be read is passed over.
fn walk(root: &Path) -> impl Iterator<Item = DirEntry> {
    WalkBuilder::new(root)
        .standard_filters(false)
        .git_ignore(true)
        .git_exclude(true)
        .parents(true)
        .require_git(false)
        .follow_links(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build()
        .filter_map(Result::ok)
}

/// The entry, if it is a file or a link with a name that is text.
fn below(root: &Path, entry: &DirEntry) -> Option<Entry> {
    let kind = entry.file_type()?;
    if entry.depth() == 0 || !(kind.is_file() || kind.is_symlink()) {
        return None;
    }
    let parts = entry.path().strip_prefix(root).ok()?.components().map(|part| part.as_os_str().to_str());
    Some(Entry { path: parts.collect::<Option<Vec<_>>>()?.join("/"), is_link: kind.is_symlink() })
}

fn is_in_git(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == ".git")
}
