//! Writing a bundle.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use brickwork_engine::{JsonMap, Role, Timestamp};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::error::BundleError;
use super::manifest::{
    BundleManifest, BundleModelFile, BundlePipeline, FORMAT, MANIFEST, check_model_path, pipeline_entry,
};
use crate::disk::check_room;
use crate::import::{set_readable, sync_folder};
use crate::transfer::Cancelled;
use crate::verify::{Stopped, hash_file, hex, pass_through};

/// From this size on an entry's sizes need 64 bits.
const LARGE: u64 = 1 << 31;

/// One file of a model to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleSource {
    /// What the manifest says of it; its size and checksum are found while it is read.
    pub about: BundleModelFile,
    /// Where it is.
    pub source: PathBuf,
    /// The checksum that it must have, where one is known.
    pub expected: Option<String>,
}

/// What a bundle is to hold.
#[derive(Debug, Clone, PartialEq)]
pub struct BundleContents {
    /// The version of this program.
    pub program_version: String,
    /// This instant.
    pub made_at: Timestamp,
    /// The pipelines' documents.
    pub pipelines: Vec<JsonMap>,
    /// The files of their models.
    pub models: Vec<BundleSource>,
    /// Which model serves each role.
    pub bindings: BTreeMap<Role, String>,
}

/// Writes a bundle into the new file `target`. `watch` is told of each piece of the models how many bytes it has; all of
/// them are read, included or not, since the manifest gives their checksums.
///
/// # Errors
/// [`BundleError`]; there is no such file then.
pub fn write_bundle(
    target: &Path,
    contents: BundleContents,
    watch: &mut dyn FnMut(u64) -> Result<(), Cancelled>,
) -> Result<BundleManifest, BundleError> {
    let failed = |cause| BundleError::Io { path: target.to_owned(), cause };
    // A link that leads nowhere is something too.
    if target.symlink_metadata().is_ok() {
        return Err(BundleError::Exists(target.to_owned()));
    }
    let folder = target.parent().unwrap_or(Path::new("."));
    let sizes = contents.models.iter().filter(|model| model.about.included).map(|model| size_of(&model.source));
    check_room(folder, sizes.sum::<Result<u64, _>>()?)?;
    let mut file = NamedTempFile::with_prefix_in(".brickwork-bundle-", folder).map_err(failed)?;
    let manifest = {
        let mut zip = ZipWriter::new(BufWriter::with_capacity(1 << 20, file.as_file_mut()));
        let manifest = fill(&mut zip, contents, target, watch)?;
        let mut writer = zip.finish().map_err(|error| failed(error.into()))?;
        writer.flush().map_err(failed)?;
        manifest
    };
    file.as_file().sync_all().map_err(failed)?;
    set_readable(&file);
    file.persist_noclobber(target).map_err(|refused| match refused.error.kind() {
        io::ErrorKind::AlreadyExists => BundleError::Exists(target.to_owned()),
        _ => failed(refused.error),
    })?;
    sync_folder(target);
    Ok(manifest)
}

fn size_of(path: &Path) -> Result<u64, BundleError> {
    fs::metadata(path).map(|about| about.len()).map_err(|cause| BundleError::Io { path: path.to_owned(), cause })
}

fn fill<W: Write + io::Seek>(
    zip: &mut ZipWriter<W>,
    contents: BundleContents,
    target: &Path,
    watch: &mut dyn FnMut(u64) -> Result<(), Cancelled>,
) -> Result<BundleManifest, BundleError> {
    let failed = |cause: io::Error| BundleError::Io { path: target.to_owned(), cause };
    let zipped = |error: zip::result::ZipError| failed(error.into());
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).unix_permissions(0o644);
    let mut pipelines = Vec::new();
    for (number, document) in (1..).zip(&contents.pipelines) {
        let text = serde_json::to_vec_pretty(document).map_err(|error| failed(error.into()))?;
        let file = pipeline_entry(number);
        zip.start_file(&file, options).map_err(zipped)?;
        zip.write_all(&text).map_err(failed)?;
        let name = document.get("name").and_then(|name| name.as_str()).unwrap_or_default().to_owned();
        pipelines.push(BundlePipeline {
            name,
            file,
            size_bytes: text.len() as u64,
            sha256: hex(&Sha256::digest(&text)),
        });
    }
    let mut models = Vec::new();
    for model in contents.models {
        let BundleSource { mut about, source, expected } = model;
        check_model_path(&about.path).map_err(|_| BundleError::Unnameable(source.clone()))?;
        let size_bytes = size_of(&source)?;
        let stopped = |stopped| match stopped {
            Stopped::Io(cause) => BundleError::Io { path: source.clone(), cause },
            Stopped::Cancelled(cancelled) => cancelled.into(),
        };
        let (sha256, n_bytes) = if about.included {
            zip.start_file(about.entry(), options.large_file(size_bytes >= LARGE)).map_err(zipped)?;
            let mut from = File::open(&source).map_err(|cause| BundleError::Io { path: source.clone(), cause })?;
            pass_through(&mut from, zip, watch).map_err(stopped)?
        } else {
            (hash_file(&source, watch).map_err(stopped)?, size_bytes)
        };
        if let Some(expected) = expected.filter(|expected| *expected != sha256) {
            return Err(BundleError::Changed { path: source, expected, found: sha256 });
        }
        (about.sha256, about.size_bytes) = (sha256, n_bytes);
        models.push(about);
    }
    let BundleContents { program_version, made_at, bindings, .. } = contents;
    let manifest = BundleManifest { format: FORMAT, made_at, program_version, pipelines, models, bindings };
    zip.start_file(MANIFEST, options).map_err(zipped)?;
    serde_json::to_writer_pretty(&mut *zip, &manifest).map_err(|error| failed(error.into()))?;
    Ok(manifest)
}
