//! Errors in a form that can be put into another language: the stable word of each sentence, and what it names.

use brickwork_engine::{Diagnostic, JournalError, Phrase};
use brickwork_export::{BranchError, ExportError, MAX_FILES, MAX_TOTAL_BYTES};
use brickwork_models::download::DownloadError;
use brickwork_store::StoreError;

use super::AppError;
use crate::backup::{ArchiveFault, BackupError};

impl AppError {
    /// The error in a form that can be put into another language, where it has one. What its findings say stands with
    /// them.
    #[must_use]
    pub fn phrase(&self) -> Option<Phrase> {
        Some(match self {
            Self::NoHome => Phrase::new("no_home"),
            Self::DataDir { path, source } => {
                Phrase::new("data_folder_unusable").with("path", path).with("cause", source.to_string())
            }
            Self::UnknownRun(id) => Phrase::new("unknown_run").with("id", id),
            Self::UnknownProject(id) => Phrase::new("unknown_project").with("id", id),
            Self::UnknownPipeline(id) => Phrase::new("unknown_pipeline").with("id", id),
            Self::Unknown { what, id, .. } => return unknown(what, id),
            Self::InvalidPipeline(found) => first("pipeline_invalid", "pipeline_invalid_in_several", found)?,
            Self::InvalidRequest(found) => first("request_invalid", "request_invalid_in_several", found)?,
            Self::Backup(error) => backup(error),
            Self::RunEnded { run_id, status } => {
                Phrase::new("run_ended").with("id", run_id.to_string()).with("status", *status)
            }
            Self::NotHeld(run_id) => Phrase::new("run_not_held").with("id", run_id.to_string()),
            Self::RunNotHeld(run_id) => Phrase::new("run_outputs_not_held").with("id", run_id.to_string()),
            Self::StepNotEditable { run_id, step_name } => {
                Phrase::new("step_not_editable").with("id", run_id.to_string()).with("step", step_name)
            }
            Self::RunUnfinished(run_id) => Phrase::new("run_unfinished").with("id", run_id.to_string()),
            Self::NotWaiting(run_id) => Phrase::new("run_not_waiting").with("id", run_id.to_string()),
            Self::DraftConflict { seq } => Phrase::new("draft_conflict").with("seq", *seq),
            Self::IdempotencyKeyReused { key, run_id } => {
                Phrase::new("idempotency_key_reused").with("key", key).with("id", run_id.to_string())
            }
            Self::Stopping(run_id) => Phrase::new("program_stopping").with("id", run_id.to_string()),
            Self::ModelProblem(said)
            | Self::ModelFileConflict(said)
            | Self::ModelFiles(said)
            | Self::NoPreview(said) => {
                return said.phrase.clone();
            }
            Self::Inference(error) => return error.phrase.clone(),
            Self::Store(error) => store(error),
            Self::Journal(JournalError::UnknownRun(run_id)) => {
                Phrase::new("journal_unknown_run").with("id", run_id.to_string())
            }
            Self::Journal(JournalError::Illegal(_)) => return None,
            Self::Journal(JournalError::Storage(cause)) => Phrase::new("journal_not_written").with("cause", cause),
            Self::Export(error) => export(error),
            Self::ArtifactsNotReady(run_id) => Phrase::new("artifacts_not_ready").with("id", run_id.to_string()),
            Self::NoEditToUndo(run_id) => Phrase::new("no_edit_to_undo").with("id", run_id.to_string()),
            Self::NothingToExport(run_id) => Phrase::new("nothing_to_export").with("id", run_id.to_string()),
            Self::RelativeFolder(folder) => Phrase::new("relative_folder").with("folder", folder),
            Self::Hub(error) => error.phrase(),
            Self::Download(DownloadError::Transfer(error)) => {
                let phrase = error.phrase();
                Phrase { reason: format!("{}_in_list", phrase.reason), ..phrase }
            }
            Self::Download(error) => error.phrase(),
            Self::Keyring(cause) => Phrase::new("keyring_refused").with("cause", cause),
            Self::ModelInUse { id, by } => return model_in_use(id, by),
            Self::Internal(cause) => Phrase::new("internal_fault").with("cause", cause),
        })
    }
}

/// Which finding is the first, in a sentence of its own where there are more.
fn first(alone: &str, several: &str, found: &[Diagnostic]) -> Option<Phrase> {
    match found {
        [] => None,
        [only] => Some(Phrase::new(alone).with("path", &only.path)),
        [first, rest @ ..] => Some(Phrase::new(several).with("path", &first.path).with("count", rest.len())),
    }
}

fn unknown(what: &str, id: &str) -> Option<Phrase> {
    let phrase = match what {
        "version" => Phrase::new("unknown_version"),
        "page" => Phrase::new("unknown_page"),
        "key for the server" => Phrase::new("unknown_server_key"),
        "transfer" => Phrase::new("unknown_transfer"),
        "model in the catalog" => Phrase::new("unknown_catalog_model"),
        "role" => Phrase::new("unknown_role"),
        "artifact" => Phrase::new("unknown_artifact"),
        // What to do depends on where these were looked for.
        _ => return None,
    };
    Some(phrase.with("id", id))
}

fn model_in_use(id: &str, by: &super::ModelUse) -> Option<Phrase> {
    Some(match by {
        super::ModelUse::Roles(roles) => Phrase::new("model_serves_roles").with("id", id).with("roles", roles),
        super::ModelUse::Run { run_id, name } => {
            Phrase::new("model_used_by_run").with("id", id).with("run", run_id.to_string()).with("name", name)
        }
    })
}

fn backup(error: &BackupError) -> Phrase {
    match error {
        BackupError::Exists(path) => Phrase::new("backup_exists").with("path", path),
        BackupError::Write { path, source } => {
            Phrase::new("backup_not_written").with("path", path).with("cause", source.to_string())
        }
        BackupError::TooLarge { database_bytes } => Phrase::new("backup_too_large").with("bytes", *database_bytes),
        BackupError::InUse(path) => Phrase::new("backup_in_use").with("path", path),
        BackupError::Archive { path, fault } => archive(fault).with("path", path),
    }
}

fn archive(fault: &ArchiveFault) -> Phrase {
    match fault {
        ArchiveFault::Unreadable(cause) => Phrase::new("archive_unreadable").with("cause", cause.to_string()),
        ArchiveFault::NoZip(cause) => Phrase::new("archive_no_zip").with("cause", cause),
        ArchiveFault::OtherEntries => Phrase::new("archive_other_entries"),
        ArchiveFault::Manifest(cause) => Phrase::new("archive_manifest").with("cause", cause),
        ArchiveFault::Format(format) => Phrase::new("archive_format").with("format", *format),
        ArchiveFault::Newer { found, known } => {
            Phrase::new("archive_newer").with("found", found.to_string()).with("known", known.to_string())
        }
        ArchiveFault::Size => Phrase::new("archive_size"),
        ArchiveFault::Hash => Phrase::new("archive_hash"),
        ArchiveFault::OtherSchema { said, found } => {
            Phrase::new("archive_other_schema").with("said", said.to_string()).with("found", found.to_string())
        }
        ArchiveFault::NoDatabase => Phrase::new("archive_no_database"),
        ArchiveFault::Damaged(cause) => Phrase::new("archive_damaged").with("cause", cause),
    }
}

fn store(error: &StoreError) -> Phrase {
    match error {
        StoreError::NewerVersion { path, found, known } => Phrase::new("store_newer")
            .with("path", path)
            .with("found", found.to_string())
            .with("known", known.to_string()),
        StoreError::Foreign { path } => Phrase::new("store_foreign").with("path", path),
        StoreError::Full => Phrase::new("store_full"),
        StoreError::Busy => Phrase::new("store_busy"),
        StoreError::Corrupt { detail } => Phrase::new("store_damaged").with("cause", detail),
        StoreError::Refused { detail } => Phrase::new("store_refused").with("cause", detail),
        StoreError::DefaultProject => Phrase::new("default_project_stays"),
        StoreError::ProjectNotEmpty { runs, pipelines } => {
            Phrase::new("project_not_empty").with("runs", *runs).with("pipelines", *pipelines)
        }
        StoreError::ProjectBusy { run_id } => Phrase::new("project_busy").with("id", run_id.to_string()),
        StoreError::StaleVersion { base, newest } => {
            Phrase::new("stale_version").with("base", *base).with("newest", *newest)
        }
        StoreError::InUse { path } => Phrase::new("store_in_use").with("path", path),
        StoreError::Setting { key, detail } => Phrase::new("setting_unreadable").with("key", key).with("cause", detail),
        StoreError::Storage { detail } => Phrase::new("store_failed").with("cause", detail),
    }
}

fn branch(error: &BranchError) -> Phrase {
    match error {
        BranchError::NoRepository(folder) => Phrase::new("branch_no_repository").with("folder", folder),
        BranchError::BadName(name) => Phrase::new("branch_bad_name").with("name", name),
        BranchError::Exists(name) => Phrase::new("branch_exists").with("name", name),
        BranchError::NoCommit => Phrase::new("branch_no_commit"),
        BranchError::Git(cause) => Phrase::new("branch_not_made").with("cause", cause),
    }
}

fn export(error: &ExportError) -> Phrase {
    match error {
        ExportError::NotAFolder { folder } => Phrase::new("export_not_a_folder").with("folder", folder),
        ExportError::Folder { folder, source } => {
            Phrase::new("export_folder_not_opened").with("folder", folder).with("cause", source.to_string())
        }
        ExportError::Read { name, source } => {
            Phrase::new("export_not_read").with("name", name).with("cause", source.to_string())
        }
        ExportError::TooManyFiles { count } => {
            Phrase::new("export_too_many_files").with("count", *count).with("limit", MAX_FILES)
        }
        ExportError::TooManyBytes { size_bytes } => {
            Phrase::new("export_too_many_bytes").with("bytes", *size_bytes).with("limit", MAX_TOTAL_BYTES)
        }
        ExportError::UnknownName { name } => Phrase::new("export_unknown_name").with("name", name),
        ExportError::Write { name, source } => {
            Phrase::new("export_not_written").with("name", name).with("cause", source.to_string())
        }
        ExportError::ChangedMeanwhile { name } => Phrase::new("export_changed_meanwhile").with("name", name),
        ExportError::Keep { path, source } => {
            Phrase::new("export_not_kept").with("path", path).with("cause", source.to_string())
        }
        ExportError::TooManyOldBytes { size_bytes } => {
            Phrase::new("export_too_many_old_bytes").with("bytes", *size_bytes).with("limit", MAX_TOTAL_BYTES)
        }
        ExportError::UnknownExport { export_id } => Phrase::new("export_unknown").with("id", export_id),
        ExportError::AlreadyUndone { export_id } => Phrase::new("export_already_undone").with("id", export_id),
        ExportError::KeptUnreadable { export_id, part } => {
            Phrase::new("export_kept_unreadable").with("id", export_id).with("part", part)
        }
        ExportError::AnotherFolder { folder } => Phrase::new("export_another_folder").with("folder", folder),
        ExportError::UndoWrite { name, source } => {
            Phrase::new("export_not_put_back").with("name", name).with("cause", source.to_string())
        }
        ExportError::ChangedInUndo { name } => Phrase::new("export_changed_in_undo").with("name", name),
        ExportError::Branch(error) => branch(error),
        ExportError::BranchStays { cause, branch, why } => {
            Phrase::new("export_branch_stays").with("cause", cause.to_string()).with("name", branch).with("why", why)
        }
        ExportError::RolledBackInPart { cause, left } => {
            Phrase::new("export_rolled_back_in_part").with("cause", cause.to_string()).with("names", left.join(", "))
        }
    }
}
