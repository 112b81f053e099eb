//! The cache of Hugging Face's libraries: `models--OWNER--NAME/snapshots/COMMIT/FILE`, mostly links to `blobs/HASH`.

use std::fs;
use std::path::{Path, PathBuf};

use super::walk::models_below;
use super::{Candidate, Search, Surroundings, read_small, relative_name};
use crate::safetensors::{files_in, is_model_folder};
use crate::verify::is_sha256;

pub(super) fn find(surroundings: &Surroundings, search: &mut Search) {
    let Some(root) = root(surroundings) else { return };
    let mut repositories: Vec<PathBuf> = match fs::read_dir(&root) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => return search.problem(&root, format!("this folder cannot be read: {error}")),
    };
    repositories.sort();
    for folder in repositories {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(name) = name.strip_prefix("models--") {
            take_repository(&root, &folder, &name.replace("--", "/"), search);
        }
    }
}

fn root(surroundings: &Surroundings) -> Option<PathBuf> {
    let hub = |folder: PathBuf| folder.join("hub");
    surroundings
        .variable("HF_HUB_CACHE")
        .or_else(|| surroundings.variable("HUGGINGFACE_HUB_CACHE"))
        .or_else(|| surroundings.variable("HF_HOME").map(hub))
        .or_else(|| surroundings.variable("XDG_CACHE_HOME").map(|folder| folder.join("huggingface/hub")))
        .or_else(|| surroundings.in_home(".cache/huggingface/hub"))
}

/// Lists the models of all snapshots, the one that `main` stands for first: a file that several share is listed once.
fn take_repository(root: &Path, folder: &Path, repository: &str, search: &mut Search) {
    let main = read_small(&folder.join("refs/main")).ok().flatten().unwrap_or_default();
    let snapshots = folder.join("snapshots");
    let mut files = models_below(&snapshots, search);
    files.sort_by_key(|path| !relative_name(&snapshots, path).starts_with(main.trim()));
    let Ok(cache) = root.canonicalize() else { return };
    take_folders(&cache, &snapshots, main.trim(), repository, search);
    for path in files {
        let Ok(target) = path.canonicalize() else { continue };
        if !target.starts_with(&cache) {
            search.problem(&path, format!("it leads out of the cache, to {}", target.display()));
            continue;
        }
        let below = relative_name(&snapshots, &path);
        let file = below.split_once('/').map_or(&*below, |(_, file)| file);
        // The blob of a large file is named by its SHA-256, that of a small one by a shorter hash.
        let sha256 =
            target.file_name().and_then(|name| name.to_str()).filter(|name| is_sha256(name)).map(str::to_owned);
        search.take(Candidate { sha256, ..Candidate::new(format!("{repository}/{file}"), path) });
    }
}

/// Lists the snapshots that are a T5Gemma as a whole, the one that `main` stands for first.
fn take_folders(cache: &Path, snapshots: &Path, main: &str, repository: &str, search: &mut Search) {
    let entries = fs::read_dir(snapshots).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut folders: Vec<PathBuf> = entries.filter(|folder| is_model_folder(folder)).collect();
    folders.sort();
    folders.sort_by_key(|folder| folder.file_name().is_none_or(|name| name != main));
    for folder in folders {
        let leads_out = |file: &PathBuf| file.canonicalize().is_ok_and(|target| !target.starts_with(cache));
        match files_in(&folder).into_iter().find(leads_out) {
            Some(file) => search.problem(&file, "it leads out of the cache"),
            None => search.take_folder(repository.to_owned(), folder),
        }
    }
}
