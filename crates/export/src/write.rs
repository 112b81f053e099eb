//! Writing files so that each is there whole or not at all, and so that all can be undone.

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions, Permissions};

use crate::apply::Facts;
use crate::error::ExportError;
use crate::folder::{Found, enter, look_at};
use crate::keep::{Entry, Keep, Keeping};
use crate::name::RelPath;

/// A folder being written to, with what is needed to undo.
#[derive(Debug)]
pub(crate) struct Writing {
    root: Rc<Dir>,
    /// Folders opened so far, by relative path. The handles stay, so that a folder that is moved away and replaced by
    /// a link meanwhile neither misleads a write nor hides one from the undoing.
    open: HashMap<String, Rc<Dir>>,
    undo: Vec<Undo>,
    /// Keeps what is overwritten beyond this call, where that is asked for.
    keeping: Option<Keeping>,
    /// Stands in the names of temporary files, so that what a death leaves behind can be told from others' files.
    tag: String,
}

#[derive(Debug)]
enum Undo {
    Ambient(PathBuf),
    Folder { within: Rc<Dir>, part: String },
    New { within: Rc<Dir>, file: String, path: String },
    Replaced { within: Rc<Dir>, file: String, path: String, old: (Vec<u8>, Permissions) },
}

/// What kept a single file from being written.
#[derive(Debug)]
pub(crate) enum WriteFault {
    /// The system refused.
    Io(io::Error),
    /// Something else is there now than what was judged.
    Changed,
    /// What is there could not be kept.
    NotKept(ExportError),
}

impl From<io::Error> for WriteFault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Writing {
    /// Opens the folder, making it and those above it where they are missing, and keeps what is overwritten as `keep` says.
    pub(crate) fn begin(folder: &Path, keep: Option<(Keep<'_>, &Facts)>) -> Result<Self, ExportError> {
        let mut keeping = keep.map(|(keep, facts)| Keeping::begin(keep, folder, facts)).transpose()?;
        let begun = Self::open(folder, keeping.as_mut());
        match begun {
            Ok((root, undo)) => {
                let tag = keep.map_or_else(|| std::process::id().to_string(), |(keep, _)| keep.export_id.to_owned());
                Ok(Self { root: Rc::new(root), open: HashMap::new(), undo, keeping, tag })
            }
            Err(error) => {
                keeping.map(Keeping::discard).unwrap_or_default();
                Err(error)
            }
        }
    }

    /// Goes on in a folder whose handle is open. Nothing is kept.
    pub(crate) fn within(root: Dir, tag: String) -> Self {
        Self { root: Rc::new(root), open: HashMap::new(), undo: Vec::new(), keeping: None, tag }
    }

    fn open(folder: &Path, keeping: Option<&mut Keeping>) -> Result<(Dir, Vec<Undo>), ExportError> {
        // Innermost first.
        let missing: Vec<PathBuf> = folder
            .ancestors()
            .take_while(|path| !path.as_os_str().is_empty() && !path.exists())
            .map(Path::to_owned)
            .collect();
        let remove_made = || missing.iter().for_each(|path| drop(std::fs::remove_dir(path)));
        let fail = |source| {
            remove_made();
            ExportError::Folder { folder: folder.to_owned(), source }
        };
        if let Some(keeping) = keeping {
            keeping.note(&Entry::Above { folders: missing.clone() })?;
            let made = std::fs::create_dir_all(folder).and_then(|()| folder.canonicalize());
            let canonical = made.map_err(fail)?.to_string_lossy().into_owned();
            keeping.note(&Entry::Root { canonical }).inspect_err(|_| remove_made())?;
        }
        let opened = std::fs::create_dir_all(folder).and_then(|()| Dir::open_ambient_dir(folder, ambient_authority()));
        let root = opened.map_err(fail)?;
        Ok((root, missing.into_iter().rev().map(Undo::Ambient).collect()))
    }

    pub(crate) fn root(&self) -> &Dir {
        &self.root
    }

    pub(crate) fn root_handle(&self) -> Rc<Dir> {
        Rc::clone(&self.root)
    }

    /// Opens the folder that holds `path`, making what is missing.
    pub(crate) fn folder_of(&mut self, path: &RelPath) -> Result<Rc<Dir>, WriteFault> {
        let (folders, _) = path.split();
        let mut at = Rc::clone(&self.root);
        let mut so_far = String::new();
        for part in folders {
            so_far.push_str(part);
            so_far.push('/');
            if let Some(known) = self.open.get(&so_far) {
                at = Rc::clone(known);
                continue;
            }
            let next = match enter(&at, part)? {
                Ok(Some(dir)) => dir,
                Ok(None) => {
                    if let Some(keeping) = &mut self.keeping {
                        let path = so_far.trim_end_matches('/').to_owned();
                        keeping.note(&Entry::Folder { path }).map_err(WriteFault::NotKept)?;
                    }
                    at.create_dir(part)?;
                    self.undo.push(Undo::Folder { within: Rc::clone(&at), part: part.to_owned() });
                    enter(&at, part)?.ok().flatten().ok_or(WriteFault::Changed)?
                }
                Err(_) => return Err(WriteFault::Changed),
            };
            at = Rc::new(next);
            self.open.insert(so_far.clone(), Rc::clone(&at));
        }
        Ok(at)
    }

    /// Writes `bytes` to the file of `path` in its folder `within`, where `old` is what was there when it was judged.
    pub(crate) fn write(
        &mut self,
        within: &Rc<Dir>,
        path: &str,
        bytes: &[u8],
        old: Option<(Vec<u8>, Permissions)>,
    ) -> Result<(), WriteFault> {
        if let Some(keeping) = &mut self.keeping {
            keeping.note_file(path, bytes, old.as_ref()).map_err(WriteFault::NotKept)?;
        }
        let permissions = old.as_ref().map(|(_, permissions)| permissions.clone());
        self.put(within, path, bytes, permissions, old)
    }

    /// As [`Self::write`], with other permissions than those of what is there, and without keeping it.
    pub(crate) fn put(
        &mut self,
        within: &Rc<Dir>,
        path: &str,
        bytes: &[u8],
        permissions: Option<Permissions>,
        old: Option<(Vec<u8>, Permissions)>,
    ) -> Result<(), WriteFault> {
        let file = path.rsplit('/').next().unwrap_or(path).to_owned();
        let temporary = write_temporary(within, &self.tag, bytes, permissions)?;
        let (within, path) = (Rc::clone(within), path.to_owned());
        let placed = match &old {
            None => place_new(&within, &temporary, &file),
            Some((old, _)) => place_over(&within, &temporary, &file, old),
        };
        if let Err(fault) = placed {
            // The file is gone already where it had been moved before the fault.
            let _ = within.remove_file(&temporary);
            return Err(fault);
        }
        self.undo.push(match old {
            None => Undo::New { within, file, path },
            Some(old) => Undo::Replaced { within, file, path, old },
        });
        Ok(())
    }

    /// Whether what was overwritten stays kept. What is kept for nothing goes.
    pub(crate) fn finish_keeping(&mut self) -> bool {
        match self.keeping.take() {
            Some(keeping) if keeping.has_entries => true,
            Some(keeping) => {
                keeping.discard();
                false
            }
            None => false,
        }
    }

    /// Makes the new names durable. A system that cannot do that for folders keeps them as well as it does.
    pub(crate) fn sync(&self) {
        #[cfg(unix)]
        for dir in self.open.values().chain([&self.root]) {
            let _ = dir.open(".").and_then(|dir| dir.sync_all());
        }
    }

    /// Puts everything back as it was; gives the names of files for which that failed. What was kept stays only then.
    pub(crate) fn roll_back(self) -> Vec<String> {
        let mut left = Vec::new();
        for undo in self.undo.into_iter().rev() {
            match undo {
                // A folder into which somebody has put something meanwhile stays.
                Undo::Ambient(folder) => drop(std::fs::remove_dir(folder)),
                Undo::Folder { within, part } => drop(within.remove_dir(part)),
                Undo::New { within, file, path } => match within.remove_file(file) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => left.push(path),
                    _ => {}
                },
                Undo::Replaced { within, file, path, old: (bytes, permissions) } => {
                    let restored = write_temporary(&within, &self.tag, &bytes, Some(permissions))
                        .and_then(|temporary| within.rename(&temporary, &within, &file));
                    if restored.is_err() {
                        left.push(path);
                    }
                }
            }
        }
        if let Some(keeping) = self.keeping.filter(|_| left.is_empty()) {
            keeping.discard();
        }
        left
    }
}

/// Removes the temporary files that a death left in a folder.
pub(crate) fn sweep(within: &Dir, tag: &str) -> io::Result<()> {
    let beginning = format!(".brickwork-{tag}-");
    for entry in within.entries()? {
        let name = entry?.file_name();
        if name.to_str().is_some_and(|name| name.starts_with(&beginning) && name.ends_with(".tmp")) {
            within.remove_file(name)?;
        }
    }
    Ok(())
}

/// Writes a file under a name of its own, with everything on disk before it gets its final name.
fn write_temporary(within: &Dir, tag: &str, bytes: &[u8], permissions: Option<Permissions>) -> io::Result<String> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let name = loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!(".brickwork-{tag}-{number}.tmp");
        match within.open_with(&name, OpenOptions::new().write(true).create_new(true)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(mut file) => {
                let written = file
                    .write_all(bytes)
                    .and_then(|()| permissions.map_or(Ok(()), |permissions| file.set_permissions(permissions)))
                    .and_then(|()| file.sync_all());
                if let Err(error) = written {
                    let _ = within.remove_file(&name);
                    return Err(error);
                }
                break name;
            }
        }
    };
    Ok(name)
}

/// Gives a temporary file a name that nothing has. A hard link fails where something is there, which a rename does not;
/// file systems without hard links get the rename after one more look.
fn place_new(within: &Dir, temporary: &str, file: &str) -> Result<(), WriteFault> {
    match within.hard_link(temporary, within, file) {
        Ok(()) => {
            within.remove_file(temporary)?;
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(WriteFault::Changed),
        Err(_) => match look_at(within, file)? {
            Ok(Found::Nothing) => Ok(within.rename(temporary, within, file)?),
            _ => Err(WriteFault::Changed),
        },
    }
}

/// Puts a temporary file in the place of one that still holds `old`.
fn place_over(within: &Dir, temporary: &str, file: &str, old: &[u8]) -> Result<(), WriteFault> {
    match look_at(within, file)? {
        Ok(Found::File { bytes, .. }) if bytes == old => Ok(within.rename(temporary, within, file)?),
        _ => Err(WriteFault::Changed),
    }
}
