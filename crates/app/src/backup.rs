//! One file that holds everything but the models, and the way back from it.
//!
//! Invariants: a backup overwrites nothing and is whole or not there; a restore changes nothing until the archive has
//! passed every check, and then keeps the database that was there under another name.

mod archive;
mod error;

use std::path::{Path, PathBuf};

use brickwork_engine::{Clock, Phrase, Timestamp};
use brickwork_store::{QueueLock, SCHEMA_VERSION, Store, StoreError, facts_of_file, replace_database};
use futures::executor::block_on;
use serde::{Deserialize, Serialize};
use tempfile::{NamedTempFile, TempDir};

use crate::app::{App, SystemClock};
use crate::config::AppConfig;
use crate::error::AppError;
use crate::export::blocking;
use crate::request::invalid;

use archive::{Archive, MAX_DATABASE_BYTES, Manifest};
pub use error::{ArchiveFault, BackupError};

/// Where to write a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupRequest {
    /// Absolute path of the file, which must not exist yet, in a folder that does.
    pub path: String,
}

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BackupReport {
    /// The file.
    pub path: String,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// The database in it, in bytes.
    pub database_bytes: u64,
    /// SHA-256 of that database, in hexadecimal digits.
    pub sha256: String,
    /// The version of that database's schema.
    pub schema_version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// Runs in it.
    pub runs: u64,
    /// Projects in it.
    pub projects: u64,
    /// Saved pipelines in it.
    pub pipelines: u64,
    /// Always false: models are large and can be fetched again, so keep a copy of `models_dir` where that matters.
    pub models_included: bool,
    /// The folder of the models.
    pub models_dir: String,
}

/// What a restore put in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RestoreReport {
    /// The archive.
    pub archive: String,
    /// The version of the program that made it.
    pub program_version: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// The database that it was put in place of.
    pub database: String,
    /// The present name of the database that was there before, if one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_aside: Option<String>,
    /// Runs in the restored one.
    pub runs: u64,
    /// Projects in it.
    pub projects: u64,
    /// Saved pipelines in it.
    pub pipelines: u64,
    /// Always false: models are not in a backup, and those in `models_dir` stay as they are.
    pub models_included: bool,
    /// The folder of the models.
    pub models_dir: String,
}

impl App {
    /// Writes a backup of the database, as of one instant, into the new file `target`. Runs may go on meanwhile. Models
    /// are not in it.
    ///
    /// # Errors
    /// [`AppError::InvalidRequest`] for a path that is not absolute or whose folder is missing, [`BackupError::Exists`],
    /// or when the database cannot be read or the file not written; nothing is left then.
    pub async fn backup(&self, target: &Path) -> Result<BackupReport, AppError> {
        let folder = checked_folder(target)?;
        let target = target.to_owned();
        let failed = {
            let target = target.clone();
            move |source| BackupError::Write { path: target, source }
        };
        let room = blocking(move || TempDir::with_prefix_in(".brickwork-backup-", folder)).await?.map_err(failed)?;
        let copy = room.path().join(archive::DATABASE);
        self.store().backup_to(&copy).await?;
        let (created_at, models_dir) = (SystemClock.now(), self.config().models_dir.clone());
        let report = blocking(move || {
            let packed = pack(&copy, &target, created_at, &models_dir);
            drop(room);
            packed
        })
        .await??;
        tracing::info!(path = report.path, report.size_bytes, "made a backup");
        Ok(report)
    }
}

/// The folder of `target`, which can take it.
fn checked_folder(target: &Path) -> Result<PathBuf, AppError> {
    let shown = target.display();
    if !target.is_absolute() {
        let message = format!("`{shown}` is no absolute path.");
        return Err(invalid("not_absolute", "$.path", message, "Give the full path of the file to write.")
            .saying(Phrase::new("target_not_absolute").with("path", target)));
    }
    let folder = target.parent().filter(|folder| folder.is_dir() && target.file_name().is_some());
    let Some(folder) = folder else {
        let message = format!("`{shown}` lies in no folder that exists.");
        return Err(invalid("no_folder", "$.path", message, "Make the folder first, or choose another one.")
            .saying(Phrase::new("target_in_no_folder").with("path", target)));
    };
    // A link that leads nowhere is something too.
    if target.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(target.to_owned()).into());
    }
    Ok(folder.to_owned())
}

fn pack(copy: &Path, target: &Path, created_at: Timestamp, models_dir: &Path) -> Result<BackupReport, AppError> {
    let failed = |source| BackupError::Write { path: target.to_owned(), source };
    let facts = facts_of_file(copy)?;
    let (sha256, database_bytes) = archive::sha256_of(copy).map_err(failed)?;
    if database_bytes > MAX_DATABASE_BYTES {
        return Err(BackupError::TooLarge { database_bytes }.into());
    }
    let manifest = Manifest {
        format: archive::FORMAT,
        program_version: env!("CARGO_PKG_VERSION").into(),
        created_at,
        schema_version: facts.schema_version,
        database_bytes,
        sha256,
        runs: facts.runs,
        projects: facts.projects,
        pipelines: facts.pipelines,
    };
    let folder = target.parent().unwrap_or(target);
    let mut file = NamedTempFile::with_prefix_in(".brickwork-backup-", folder).map_err(failed)?;
    archive::write(file.as_file_mut(), &manifest, copy).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    let size_bytes = file.as_file().metadata().map_err(failed)?.len();
    file.persist_noclobber(target).map_err(|refused| match refused.error.kind() {
        std::io::ErrorKind::AlreadyExists => BackupError::Exists(target.to_owned()),
        _ => failed(refused.error),
    })?;
    Ok(BackupReport {
        path: target.display().to_string(),
        size_bytes,
        database_bytes,
        sha256: manifest.sha256,
        schema_version: manifest.schema_version,
        created_at,
        runs: manifest.runs,
        projects: manifest.projects,
        pipelines: manifest.pipelines,
        models_included: false,
        models_dir: models_dir.display().to_string(),
    })
}

/// Puts the database of a backup in the place of the data folder's own, which no program may use meanwhile. What was
/// there is kept as `brickwork.db.before-restore-STAMP`.
///
/// # Errors
/// [`BackupError`] for an archive that is no whole backup or a newer version's, and while a program uses the data folder;
/// or when the disk cannot be written. The present database is as it was then.
pub async fn restore_backup(config: &AppConfig, archive: &Path) -> Result<RestoreReport, AppError> {
    let (config, archive) = (config.clone(), archive.to_owned());
    blocking(move || restore(&config, &archive, SystemClock.now())).await?
}

fn restore(config: &AppConfig, path: &Path, now: Timestamp) -> Result<RestoreReport, AppError> {
    let data_dir = &config.data_dir;
    let unusable = |source| AppError::DataDir { path: data_dir.clone(), source };
    let mut archive = Archive::open(path)?;
    std::fs::create_dir_all(data_dir).map_err(unusable)?;
    let in_use = || BackupError::InUse(data_dir.clone());
    let _queue = QueueLock::try_acquire(data_dir)?.ok_or_else(in_use)?;
    let room = TempDir::with_prefix_in(".restore-", data_dir).map_err(unusable)?;
    let fresh = room.path().join(archive::DATABASE);
    archive.extract_database(&fresh)?;
    let manifest = archive.manifest;
    prepare(&fresh, &manifest).map_err(|fault| match fault {
        Prepared::Archive(fault) => BackupError::Archive { path: path.to_owned(), fault }.into(),
        Prepared::Store(error) => AppError::from(error),
    })?;
    let database = config.database();
    let stamp: String = now.to_string().chars().filter(|c| !matches!(c, '-' | ':')).collect();
    let aside = data_dir.join(format!("{}.before-restore-{stamp}", archive::DATABASE));
    let was_there = replace_database(&database, &fresh, &aside).map_err(|error| match error {
        StoreError::InUse { .. } => in_use().into(),
        other => AppError::from(other),
    })?;
    tracing::warn!(archive = %path.display(), aside = %aside.display(), was_there, "restored a backup");
    Ok(RestoreReport {
        archive: path.display().to_string(),
        program_version: manifest.program_version,
        created_at: manifest.created_at,
        database: database.display().to_string(),
        moved_aside: was_there.then(|| aside.display().to_string()),
        runs: manifest.runs,
        projects: manifest.projects,
        pipelines: manifest.pipelines,
        models_included: false,
        models_dir: config.models_dir.display().to_string(),
    })
}

/// Why an extracted database is not put in place.
enum Prepared {
    Archive(ArchiveFault),
    Store(StoreError),
}

/// Checks the extracted database and brings it to this version, so that nothing can fail once it is in place.
fn prepare(fresh: &Path, manifest: &Manifest) -> Result<(), Prepared> {
    let judged = |error: StoreError| match error {
        StoreError::NewerVersion { found, known, .. } => Prepared::Archive(ArchiveFault::Newer { found, known }),
        StoreError::Foreign { .. } => Prepared::Archive(ArchiveFault::NoDatabase),
        StoreError::Corrupt { detail } => Prepared::Archive(ArchiveFault::Damaged(detail)),
        other => Prepared::Store(other),
    };
    let facts = facts_of_file(fresh).map_err(judged)?;
    if facts.schema_version != manifest.schema_version {
        let (said, found) = (manifest.schema_version, facts.schema_version);
        return Err(Prepared::Archive(ArchiveFault::OtherSchema { said, found }));
    }
    let store = Store::open(fresh).map_err(judged)?;
    block_on(store.integrity_check()).map_err(judged)
}

/// Whether this program can read what `manifest` describes.
const fn is_known_schema(manifest: &Manifest) -> bool {
    manifest.schema_version <= SCHEMA_VERSION
}
