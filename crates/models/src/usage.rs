//! How much room the models folder takes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::disk::{free_bytes, total_bytes};
use crate::folder::ModelFile;
use crate::remove::files_of_model;

/// One model's part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelUsage {
    /// Its id.
    pub id: String,
    /// Where it is.
    pub path: PathBuf,
    /// Bytes of its files.
    pub size_bytes: u64,
    /// Whether its files are in the models folder; otherwise they are used in place and take no room there.
    pub is_inside: bool,
}

/// What a download or an import that has not ended has written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartialUsage {
    /// Its folder.
    pub path: PathBuf,
    /// Bytes of the files in it.
    pub size_bytes: u64,
}

/// How much room the models folder takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// The models.
    pub models: Vec<ModelUsage>,
    /// What is unfinished.
    pub partial: Vec<PartialUsage>,
    /// Bytes of everything in the folder.
    pub total_bytes: u64,
    /// Bytes of files that are neither.
    pub other_bytes: u64,
    /// Bytes that can still be written on its disk, where the system tells.
    pub free_bytes: Option<u64>,
    /// Bytes of its disk, where the system tells.
    pub disk_bytes: Option<u64>,
}

/// The room that the models folder `dir`, which lists `models`, takes.
///
/// # Errors
/// Never for a folder that is missing; when it cannot be read.
pub fn usage(dir: &Path, models: &[ModelFile]) -> io::Result<Usage> {
    let absolute = std::path::absolute(dir)?;
    let dir = &*absolute;
    let models: Vec<ModelUsage> = models
        .iter()
        .map(|model| ModelUsage {
            id: model.id.clone(),
            path: model.path.clone(),
            size_bytes: files_of_model(model)
                .iter()
                .map(|path| fs::metadata(path).map_or(0, |about| about.len()))
                .sum(),
            is_inside: model.path.starts_with(dir),
        })
        .collect();
    let mut partial = Vec::new();
    for unfinished in [".downloads", ".imports"] {
        for entry in fs::read_dir(dir.join(unfinished)).into_iter().flatten().flatten() {
            let path = entry.path();
            partial.push(PartialUsage { size_bytes: bytes_below(&path), path });
        }
    }
    partial.sort_by(|a, b| a.path.cmp(&b.path));
    let total = match fs::read_dir(dir) {
        Ok(_) => bytes_below(dir),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error),
    };
    let inside: u64 = models.iter().filter(|model| model.is_inside).map(|model| model.size_bytes).sum();
    let unfinished: u64 = partial.iter().map(|partial| partial.size_bytes).sum();
    Ok(Usage {
        models,
        partial,
        total_bytes: total,
        other_bytes: total.saturating_sub(inside).saturating_sub(unfinished),
        free_bytes: free_bytes(dir).ok(),
        disk_bytes: total_bytes(dir).ok(),
    })
}

/// Bytes of the files below `path`, or of the file itself; links are not followed.
fn bytes_below(path: &Path) -> u64 {
    match fs::symlink_metadata(path) {
        Ok(about) if about.is_dir() => {
            fs::read_dir(path).into_iter().flatten().flatten().map(|entry| bytes_below(&entry.path())).sum()
        }
        Ok(about) if about.is_file() => about.len(),
        _ => 0,
    }
}
