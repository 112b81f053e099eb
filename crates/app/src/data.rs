//! What lies in the data folder: sizes and counts, which old runs may go, and whether the database is whole.

use std::path::Path;

use brickwork_engine::{Clock, Timestamp};
use brickwork_store::RetentionLimits;
use serde::{Deserialize, Serialize};

use crate::app::{App, SystemClock};
use crate::error::AppError;
use crate::export::blocking;

const MICROS_PER_DAY: i64 = 24 * 60 * 60 * 1_000_000;
const BYTES_PER_MIB: u64 = 1024 * 1024;

/// How long a run stays in the trash before it goes by itself.
const TRASH_DAYS: u32 = 7;

/// How long ended runs are kept. Without any limit, forever. A run that has not ended is never removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Runs that ended longer ago than this go, in days.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 36_500)]
    pub max_age_days: Option<u32>,
    /// The runs that ended first go until the database uses no more than this, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_048_576)]
    pub max_size_mib: Option<u64>,
}

impl Retention {
    /// Whether anything may be removed at all.
    #[must_use]
    pub const fn is_limited(&self) -> bool {
        self.max_age_days.is_some() || self.max_size_mib.is_some()
    }
}

/// Which ended runs to remove now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PruneRequest {
    /// Runs that ended more than so many days ago.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age_days: Option<u32>,
    /// The first to have ended, until the database uses no more than so many MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_size_mib: Option<u64>,
    /// Only tell what would be removed.
    pub dry_run: bool,
}

impl PruneRequest {
    /// Its limits.
    #[must_use]
    pub const fn retention(&self) -> Retention {
        Retention { max_age_days: self.max_age_days, max_size_mib: self.max_size_mib }
    }
}

/// What was removed, or would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PruneReport {
    /// Whether this is only what would be removed.
    pub dry_run: bool,
    /// Runs, each with its steps, artifacts and events, those in the trash included.
    pub runs: u64,
    /// Those that were in the trash, which goes first.
    pub trashed_runs: u64,
    /// Bytes of the database that became free. The file keeps its size, and new runs use them again.
    pub freed_bytes: u64,
    /// Bytes of the database still in use.
    pub used_bytes: u64,
    /// Whether that is more than was asked for, because nothing that is left may go.
    pub over_limit: bool,
}

/// Sizes and counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct StorageView {
    /// The data folder.
    pub data_dir: String,
    /// The database file.
    pub database: String,
    /// Its size in bytes, free room included.
    pub database_bytes: u64,
    /// Bytes in use in it.
    pub used_bytes: u64,
    /// Free room in it, in bytes.
    pub free_bytes: u64,
    /// Its write-ahead log, in bytes.
    pub wal_bytes: u64,
    /// The program's log files, in bytes.
    pub logs_bytes: u64,
    /// The folder of the models.
    pub models_dir: String,
    /// The files in it, in bytes.
    pub models_bytes: u64,
    /// Runs outside the trash.
    pub runs: u64,
    /// Runs in the trash.
    pub trashed_runs: u64,
    /// Those that have not ended.
    pub unfinished_runs: u64,
    /// Artifacts of runs.
    pub artifacts: u64,
    /// Projects.
    pub projects: u64,
    /// Saved pipelines.
    pub pipelines: u64,
    /// Versions of saved pipelines.
    pub pipeline_versions: u64,
    /// When the oldest run was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_run_at: Option<Timestamp>,
}

impl App {
    /// Sizes and counts of the data folder.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn storage(&self) -> Result<StorageView, AppError> {
        let size = self.store().size().await?;
        let config = self.config().clone();
        let (data_dir, models_dir) = (config.data_dir.display().to_string(), config.models_dir.display().to_string());
        let database = config.database();
        let database_name = database.display().to_string();
        let (wal_bytes, logs_bytes, models_bytes) = blocking(move || {
            let mut wal = database.into_os_string();
            wal.push("-wal");
            (file_bytes(Path::new(&wal)), folder_bytes(&config.logs()), folder_bytes(&config.models_dir))
        })
        .await?;
        Ok(StorageView {
            data_dir,
            database: database_name,
            database_bytes: size.file_bytes,
            used_bytes: size.used_bytes,
            free_bytes: size.file_bytes.saturating_sub(size.used_bytes),
            wal_bytes,
            logs_bytes,
            models_dir,
            models_bytes,
            runs: size.runs,
            trashed_runs: size.trashed_runs,
            unfinished_runs: size.unfinished_runs,
            artifacts: size.artifacts,
            projects: size.projects,
            pipelines: size.pipelines,
            pipeline_versions: size.pipeline_versions,
            oldest_run_at: size.oldest_run_at,
        })
    }

    /// Empties the trash, and removes ended runs as `retention` says; without limits, none. Runs that wait or are under way
    /// are never touched. A dry run tells exactly what would go.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn prune(&self, retention: Retention, dry_run: bool) -> Result<PruneReport, AppError> {
        self.prune_since(retention, Timestamp::from_micros(i64::MAX), dry_run).await
    }

    /// Removes what has been in the trash for its week, and ended runs as `retention` says.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub(crate) async fn sweep(&self, retention: Retention) -> Result<PruneReport, AppError> {
        self.prune_since(retention, days_before(SystemClock.now(), TRASH_DAYS), false).await
    }

    async fn prune_since(
        &self,
        retention: Retention,
        trashed_before: Timestamp,
        dry_run: bool,
    ) -> Result<PruneReport, AppError> {
        let max_used_bytes = retention.max_size_mib.map(|mib| mib.saturating_mul(BYTES_PER_MIB));
        let ended_before = retention.max_age_days.map(|days| days_before(SystemClock.now(), days));
        let limits = RetentionLimits { ended_before, max_used_bytes, trashed_before: Some(trashed_before) };
        let pruned = self.store().prune(limits, dry_run).await?;
        if pruned.runs > 0 && !dry_run {
            tracing::info!(pruned.runs, pruned.trashed_runs, pruned.freed_bytes, "removed old runs");
        }
        Ok(PruneReport {
            dry_run,
            runs: pruned.runs,
            trashed_runs: pruned.trashed_runs,
            freed_bytes: pruned.freed_bytes,
            used_bytes: pruned.used_bytes,
            over_limit: max_used_bytes.is_some_and(|limit| pruned.used_bytes > limit),
        })
    }

    /// Gives the database's free room back to the file system, which needs as much room again for a while.
    ///
    /// # Errors
    /// When there is no such room, or another program goes on writing.
    pub async fn vacuum(&self) -> Result<(), AppError> {
        Ok(self.store().vacuum().await?)
    }

    /// Checks the whole database, which takes a while for a large one.
    ///
    /// # Errors
    /// [`brickwork_store::StoreError::Corrupt`] with what is wrong.
    pub async fn check_database(&self) -> Result<(), AppError> {
        Ok(self.store().integrity_check().await?)
    }
}

fn days_before(now: Timestamp, days: u32) -> Timestamp {
    Timestamp::from_micros(now.as_micros().saturating_sub(i64::from(days).saturating_mul(MICROS_PER_DAY)))
}

fn file_bytes(path: &Path) -> u64 {
    path.metadata().map_or(0, |file| file.len())
}

/// The files of a folder, its subfolders included; links are not followed. What cannot be read counts for nothing.
fn folder_bytes(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| Some((entry.file_type().ok()?, entry)))
        .map(|(kind, entry)| match kind {
            kind if kind.is_dir() => folder_bytes(&entry.path()),
            kind if kind.is_file() => entry.metadata().map_or(0, |file| file.len()),
            _ => 0,
        })
        .sum()
}
