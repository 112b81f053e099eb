//! Which branch a folder is on, read from git's own files, and a new branch for what is about to be written. git itself,
//! which would run hooks and programs that a repository's configuration names, is never started: libgit2 runs neither.

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

/// Why there is no new branch.
#[derive(Debug, thiserror::Error)]
pub enum BranchError {
    /// The folder is in no repository.
    #[error("{} is in no git repository, so there is no branch to make. Export without one, or run `git init` there first", .0.display())]
    NoRepository(PathBuf),
    /// The name is none that a branch may have.
    #[error("`{0}` is no name that a branch may have. Use letters, digits, `-`, `_` and `/`")]
    BadName(String),
    /// There is one of that name.
    #[error("there is a branch `{0}` already. Choose another name, or switch to it and export without a new one")]
    Exists(String),
    /// Nothing was committed yet.
    #[error("the repository has no commit yet, from which a branch could start. Commit something first")]
    NoCommit,
    /// git's own files cannot be read or written.
    #[error("the branch could not be made: {0}")]
    Git(String),
}

/// A branch that was made and is checked out, with the way back.
#[derive(Debug)]
pub struct MadeBranch {
    repository: PathBuf,
    name: String,
    commit: git2::Oid,
    /// The branch that was checked out before; `None` when the commit itself was.
    before: Option<String>,
}

/// Makes a branch at the commit that is checked out and switches to it. Files, the index and everything uncommitted stay as
/// they are.
///
/// # Errors
/// [`BranchError`]; then nothing was changed.
pub fn new_branch(folder: &Path, name: &str) -> Result<MadeBranch, BranchError> {
    let there = folder.ancestors().find(|above| above.is_dir()).unwrap_or(folder);
    let repository = git2::Repository::discover(there).map_err(|_| BranchError::NoRepository(folder.to_path_buf()))?;
    let reference = reference_of(name);
    if !git2::Reference::is_valid_name(&reference) || name.starts_with('-') || name.len() > MAX_BRANCH_BYTES {
        return Err(BranchError::BadName(name.to_owned()));
    }
    let commit = repository.head().and_then(|head| head.peel_to_commit()).map_err(|_| BranchError::NoCommit)?;
    let before = checked_out(&repository).map_err(|error| fault(&error))?;
    match repository.branch(name, &commit, false) {
        Ok(_) => {}
        Err(error) if error.code() == git2::ErrorCode::Exists => return Err(BranchError::Exists(name.to_owned())),
        Err(error) => return Err(fault(&error)),
    }
    repository.set_head(&reference).map_err(|error| {
        // The branch alone would stand in the way of the next try.
        if let Ok(mut made) = repository.find_branch(name, git2::BranchType::Local) {
            let _ = made.delete();
        }
        fault(&error)
    })?;
    let (name, commit) = (name.to_owned(), commit.id());
    Ok(MadeBranch { repository: repository.path().to_path_buf(), name, commit, before })
}

impl MadeBranch {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Switches back to what was checked out before and removes the branch, which holds nothing of its own. Files and the
    /// index stay as they are.
    ///
    /// # Errors
    /// [`BranchError::Git`], also when something was committed on it or another branch checked out since: then it stays.
    pub fn take_back(self) -> Result<(), BranchError> {
        let fault = |error: git2::Error| fault(&error);
        let repository = git2::Repository::open(&self.repository).map_err(fault)?;
        let reference = reference_of(&self.name);
        let mut made = repository.find_branch(&self.name, git2::BranchType::Local).map_err(fault)?;
        let is_as_made =
            made.get().target() == Some(self.commit) && checked_out(&repository).map_err(fault)? == Some(reference);
        if !is_as_made {
            return Err(BranchError::Git("something else was committed or checked out meanwhile".to_owned()));
        }
        match &self.before {
            Some(before) => repository.set_head(before).map_err(fault)?,
            None => repository.set_head_detached(self.commit).map_err(fault)?,
        }
        made.delete().map_err(fault)
    }
}

fn reference_of(branch: &str) -> String {
    format!("refs/heads/{branch}")
}

/// The reference that `HEAD` names; `None` where it names a commit.
fn checked_out(repository: &git2::Repository) -> Result<Option<String>, git2::Error> {
    Ok(repository.find_reference("HEAD")?.symbolic_target()?.map(str::to_owned))
}

fn fault(error: &git2::Error) -> BranchError {
    BranchError::Git(error.message().to_owned())
}
