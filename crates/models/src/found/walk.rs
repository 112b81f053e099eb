//! The model files below a folder, whatever links are in it.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Search;

/// Programs keep models at most so many folders below their own.
const MAX_DEPTH: usize = 8;

/// Folders and files that are looked at below one folder; beyond that it is no folder of models.
const MAX_ENTRIES: usize = 50_000;

/// All files below `root`, links followed, in the order of their paths. What cannot be read is noted in `search`; a
/// folder that is reached twice, as through a loop of links, is looked at once.
pub(super) fn files_below(root: &Path, search: &mut Search) -> Vec<PathBuf> {
    let mut walk = Walk { search, folders: HashSet::new(), files: Vec::new(), n_entries: 0 };
    walk.enter(root, 0);
    let Walk { mut files, .. } = walk;
    files.sort();
    files
}

/// The files of [`files_below`] whose names end in `.gguf`.
pub(super) fn models_below(root: &Path, search: &mut Search) -> Vec<PathBuf> {
    let mut files = files_below(root, search);
    files.retain(|path| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf")));
    files
}

struct Walk<'a> {
    search: &'a mut Search,
    folders: HashSet<PathBuf>,
    files: Vec<PathBuf>,
    n_entries: usize,
}

impl Walk<'_> {
    fn enter(&mut self, folder: &Path, depth: usize) {
        let entries = match read(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound && depth == 0 => return,
            Err(error) => return self.search.problem(folder, format!("this folder cannot be read: {error}")),
        };
        if !folder.canonicalize().is_ok_and(|folder| self.folders.insert(folder)) {
            return;
        }
        for path in entries {
            self.n_entries += 1;
            if self.n_entries > MAX_ENTRIES {
                return;
            }
            // A link that leads nowhere has no metadata, and is no model.
            match fs::metadata(&path) {
                Ok(about) if about.is_dir() && depth < MAX_DEPTH => self.enter(&path, depth + 1),
                Ok(about) if about.is_file() => self.files.push(path),
                _ => {}
            }
        }
    }
}

fn read(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}
