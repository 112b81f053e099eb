//! Reading a bundle, nothing in which is trusted.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use brickwork_engine::JsonMap;
use serde::Deserialize;
use tempfile::TempDir;
use zip::{CompressionMethod, ZipArchive};

use super::error::{BundleError, BundleFault};
use super::manifest::{BundleManifest, BundleModelFile, FORMAT, MANIFEST};
use crate::disk::check_room;
use crate::gguf::read_header;
use crate::hashes::record_hash;
use crate::import::{room_in, sync_folder};
use crate::safetensors::read_folder;
use crate::transfer::Cancelled;
use crate::verify::{Stopped, Watch, pass_through};

/// The largest manifest, in bytes.
const MAX_MANIFEST_BYTES: u64 = 8 << 20;

/// A bundle that was opened and whose manifest holds what the archive holds.
#[derive(Debug)]
pub struct Bundle {
    path: PathBuf,
    zip: ZipArchive<BufReader<File>>,
    manifest: BundleManifest,
}

/// A model that is in the models folder now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtractedModel {
    /// Its id in the bundle.
    pub id: String,
    /// Its file, the first one of several, or its folder.
    pub path: PathBuf,
}

impl Bundle {
    /// Opens the bundle at `path` and checks everything that can be checked without reading the models.
    ///
    /// # Errors
    /// [`BundleError::Refused`] says what is wrong with it.
    pub fn open(path: &Path) -> Result<Self, BundleError> {
        let refused = |fault| BundleError::Refused { path: path.to_owned(), fault };
        let (zip, manifest) = open(path).map_err(refused)?;
        Ok(Self { path: path.to_owned(), zip, manifest })
    }

    /// What it says about itself.
    #[must_use]
    pub const fn manifest(&self) -> &BundleManifest {
        &self.manifest
    }

    /// The pipelines' documents, each compared with its checksum.
    ///
    /// # Errors
    /// [`BundleError::Refused`] when one is damaged or is no JSON object.
    pub fn pipelines(&mut self) -> Result<Vec<JsonMap>, BundleError> {
        let pipelines = self.manifest.pipelines.clone();
        let read = |zip: &mut ZipArchive<BufReader<File>>, file: &str, sha256: &str| -> Result<JsonMap, BundleFault> {
            let mut entry = zip.by_name(file).map_err(no_zip)?;
            let mut bytes = Vec::new();
            let (found, _) = pass_through(&mut entry, &mut bytes, &mut |_| Ok(())).map_err(damaged)?;
            if found != sha256 {
                return Err(BundleFault::Hash(file.to_owned()));
            }
            serde_json::from_slice(&bytes).map_err(|error| BundleFault::Manifest(format!("{file}: {error}")))
        };
        let documents = pipelines.iter().map(|pipeline| read(&mut self.zip, &pipeline.file, &pipeline.sha256));
        documents.collect::<Result<_, _>>().map_err(|fault| BundleError::Refused { path: self.path.clone(), fault })
    }

    /// Reads the models `ids` into the models folder `models_dir`. All of them are read, compared with their checksums
    /// and looked at before the first appears there. `watch` is told of each piece how many bytes it has.
    ///
    /// # Errors
    /// [`BundleError`]. When a name is taken meanwhile, models that appeared before it stay.
    pub fn extract(
        &mut self,
        models_dir: &Path,
        ids: &[String],
        watch: &mut dyn FnMut(u64) -> Result<(), Cancelled>,
    ) -> Result<Vec<ExtractedModel>, BundleError> {
        let files: Vec<BundleModelFile> =
            self.manifest.models.iter().filter(|file| file.included && ids.contains(&file.id)).cloned().collect();
        check_room(models_dir, files.iter().map(|file| file.size_bytes).sum())?;
        if let Some(taken) = files.iter().find(|file| models_dir.join(file.place()).symlink_metadata().is_ok()) {
            return Err(BundleError::NameTaken(taken.path.clone()));
        }
        let room = room_in(models_dir).map_err(|error| BundleError::Io {
            path: models_dir.to_owned(),
            cause: std::io::Error::other(error.to_string()),
        })?;
        for file in &files {
            self.extract_file(file, room.path(), watch)?;
        }
        for id in ids {
            let model: Vec<&BundleModelFile> = files.iter().filter(|file| file.id == *id).collect();
            preflight(id, &model, room.path())
                .map_err(|fault| BundleError::Refused { path: self.path.clone(), fault })?;
        }
        appear(models_dir, &room, &files)?;
        Ok(ids.iter().filter_map(|id| place_of(models_dir, &files, id)).collect())
    }

    fn extract_file(&mut self, file: &BundleModelFile, room: &Path, watch: &mut Watch<'_>) -> Result<(), BundleError> {
        let refused = |fault| BundleError::Refused { path: self.path.clone(), fault };
        let target = room.join(file.place());
        let failed = |cause| BundleError::Io { path: target.clone(), cause };
        fs::create_dir_all(target.parent().unwrap_or(room)).map_err(failed)?;
        let entry = self.zip.by_name(&file.entry()).map_err(|error| refused(no_zip(error)))?;
        let mut to = File::options().write(true).create_new(true).open(&target).map_err(failed)?;
        // One byte more than there may be, so that a longer entry shows.
        let mut limited = entry.take(file.size_bytes + 1);
        let (found, n_bytes) = pass_through(&mut limited, &mut to, watch).map_err(|stopped| match stopped {
            Stopped::Io(cause) => BundleError::Io { path: target.clone(), cause },
            Stopped::Cancelled(cancelled) => cancelled.into(),
        })?;
        if n_bytes != file.size_bytes {
            return Err(refused(BundleFault::Size(file.path.clone())));
        }
        if found != file.sha256 {
            return Err(refused(BundleFault::Hash(file.path.clone())));
        }
        to.sync_all().map_err(failed)
    }
}

/// Looks at a model as it will be used: what a bundle brings is refused like any other file.
fn preflight(id: &str, files: &[&BundleModelFile], room: &Path) -> Result<(), BundleFault> {
    let refused = |reason: String| BundleFault::Model { id: id.to_owned(), reason };
    let Some(first) = files.first() else { return Ok(()) };
    let path = room.join(first.place());
    if first.path.contains('/') {
        read_folder(path.parent().unwrap_or(room)).map(drop).map_err(|error| refused(error.to_string()))
    } else {
        read_header(&path).map(drop).map_err(|error| refused(error.to_string()))
    }
}

/// Lets all files appear in the models folder.
fn appear(models_dir: &Path, room: &TempDir, files: &[BundleModelFile]) -> Result<(), BundleError> {
    for file in files {
        let target = models_dir.join(file.place());
        let failed = |cause| BundleError::Io { path: target.clone(), cause };
        fs::create_dir_all(target.parent().unwrap_or(models_dir)).map_err(failed)?;
        let ready = tempfile::TempPath::try_from_path(room.path().join(file.place())).map_err(failed)?;
        ready.persist_noclobber(&target).map_err(|refused| match refused.error.kind() {
            std::io::ErrorKind::AlreadyExists => BundleError::NameTaken(file.path.clone()),
            _ => failed(refused.error),
        })?;
        sync_folder(&target);
        record_hash(models_dir, &target, &file.sha256)?;
    }
    Ok(())
}

fn place_of(models_dir: &Path, files: &[BundleModelFile], id: &str) -> Option<ExtractedModel> {
    let first = files.iter().find(|file| file.id == id)?;
    let place = match first.path.split_once('/') {
        Some((folder, _)) => models_dir.join(folder),
        None => models_dir.join(&first.path),
    };
    Some(ExtractedModel { id: id.to_owned(), path: place })
}

fn no_zip(error: zip::result::ZipError) -> BundleFault {
    BundleFault::NoZip(error.to_string())
}

fn damaged(stopped: Stopped) -> BundleFault {
    BundleFault::NoZip(stopped.to_string())
}

fn open(path: &Path) -> Result<(ZipArchive<BufReader<File>>, BundleManifest), BundleFault> {
    let file = File::open(path).map_err(BundleFault::Unreadable)?;
    let about = file.metadata().map_err(BundleFault::Unreadable)?;
    if !about.is_file() {
        return Err(BundleFault::NoZip("it is no file".into()));
    }
    let mut zip = ZipArchive::new(BufReader::new(file)).map_err(no_zip)?;
    let manifest = read_manifest(&mut zip)?;
    manifest.check()?;
    let mut expected = BTreeMap::from([(MANIFEST.to_owned(), None)]);
    expected.extend(manifest.pipelines.iter().map(|pipeline| (pipeline.file.clone(), Some(pipeline.size_bytes))));
    let included = manifest.models.iter().filter(|file| file.included);
    expected.extend(included.map(|file| (file.entry(), Some(file.size_bytes))));
    let mut total = 0_u64;
    for index in 0..zip.len() {
        let entry = zip.by_index_raw(index).map_err(no_zip)?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        let Some(size) = expected.remove(&name) else { return Err(BundleFault::OtherEntries(name)) };
        let is_plain = entry.is_file() && !entry.is_symlink() && !entry.encrypted();
        if !is_plain || entry.compression() != CompressionMethod::Stored {
            return Err(BundleFault::OtherEntries(name));
        }
        // Entries that lie on top of each other would be more than the file has.
        total = total.saturating_add(entry.compressed_size());
        if entry.size() != entry.compressed_size()
            || size.is_some_and(|size| size != entry.size())
            || total > about.len()
        {
            return Err(BundleFault::Size(name));
        }
    }
    match expected.into_keys().next() {
        Some(missing) => Err(BundleFault::OtherEntries(missing)),
        None => Ok((zip, manifest)),
    }
}

fn read_manifest(zip: &mut ZipArchive<BufReader<File>>) -> Result<BundleManifest, BundleFault> {
    /// What every format has.
    #[derive(Deserialize)]
    struct Any {
        format: u32,
    }
    let unusable = |cause: String| BundleFault::Manifest(cause);
    let entry = zip.by_name(MANIFEST).map_err(|error| unusable(error.to_string()))?;
    if entry.size() > MAX_MANIFEST_BYTES {
        return Err(BundleFault::Size(MANIFEST.to_owned()));
    }
    let mut bytes = Vec::new();
    entry.take(MAX_MANIFEST_BYTES).read_to_end(&mut bytes).map_err(|error| unusable(error.to_string()))?;
    let Any { format } = serde_json::from_slice(&bytes).map_err(|error| unusable(error.to_string()))?;
    match format {
        FORMAT => serde_json::from_slice(&bytes).map_err(|error| unusable(error.to_string())),
        newer if newer > FORMAT => Err(BundleFault::Newer(newer)),
        other => Err(unusable(format!("there is no format {other}"))),
    }
}
