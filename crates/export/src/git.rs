//! Which branch a folder is on, read from git's own files. git itself, which would run hooks and programs that a
//! repository's configuration names, is never started.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// git's small files are read no further than this, in bytes.
const MAX_BYTES: u64 = 4096;

/// The longest branch name that is told, in bytes.
const MAX_BRANCH_BYTES: usize = 255;

/// A folder in the working tree of a git repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitFolder {
    /// The branch that is checked out; `None` when a commit is.
    pub branch: Option<String>,
}

/// What git knows of a folder, which need not exist; `None` outside repositories.
#[must_use]
pub fn git_folder(folder: &Path) -> Option<GitFolder> {
    let dot_git = folder.ancestors().map(|above| above.join(".git")).find(|path| path.exists())?;
    let git_dir = if dot_git.is_dir() { dot_git } else { linked(&dot_git)? };
    let head = read_small(&git_dir.join("HEAD"))?;
    Some(GitFolder { branch: branch_of(&head) })
}

/// The folder that the `.git` file of a worktree or a submodule names (gitrepository-layout(5)).
fn linked(dot_git: &Path) -> Option<PathBuf> {
    let text = read_small(dot_git)?;
    let target = text.strip_prefix("gitdir:")?.trim();
    Some(dot_git.parent()?.join(target))
}

/// The branch in a `HEAD` file. What is no branch name (git-check-ref-format(1)) is never shown: the file may be any.
fn branch_of(head: &str) -> Option<String> {
    let branch = head.lines().next()?.strip_prefix("ref: refs/heads/")?;
    let is_name = !branch.is_empty()
        && branch.len() <= MAX_BRANCH_BYTES
        && !branch.contains("..")
        && !branch.chars().any(|c| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c));
    is_name.then(|| branch.to_owned())
}

fn read_small(path: &Path) -> Option<String> {
    let mut text = String::new();
    if !path.is_file() {
        return None;
    }
    fs::File::open(path).ok()?.take(MAX_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}
