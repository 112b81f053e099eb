//! Where the worker's program file is.

use std::env;
use std::path::{Path, PathBuf};

/// Environment variable that names the worker's program file.
pub const PROGRAM_VARIABLE: &str = "BRICKWORK_WORKER";

/// The worker's program file was not found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the model worker was not found at {looked_at}; install it beside this program, or set {PROGRAM_VARIABLE} to its path"
)]
pub struct ProgramNotFound {
    /// Where it was expected.
    pub looked_at: String,
}

/// Finds the worker: the file that `BRICKWORK_WORKER` names, else `brickwork-worker` beside this program. A program in a
/// folder `deps`, as cargo builds tests, also looks one folder up.
///
/// # Errors
/// [`ProgramNotFound`] with the place where it should be.
pub fn find_worker_program() -> Result<PathBuf, ProgramNotFound> {
    if let Some(named) = env::var_os(PROGRAM_VARIABLE).filter(|value| !value.is_empty()) {
        return existing(PathBuf::from(named));
    }
    let unknown = |error: std::io::Error| ProgramNotFound { looked_at: format!("this program's folder ({error})") };
    let this = env::current_exe().map_err(unknown)?;
    let folder = this.parent().unwrap_or(Path::new(""));
    let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    existing(folder.join(format!("brickwork-worker{}", env::consts::EXE_SUFFIX)))
}

fn existing(path: PathBuf) -> Result<PathBuf, ProgramNotFound> {
    if path.is_file() { Ok(path) } else { Err(ProgramNotFound { looked_at: path.display().to_string() }) }
}
