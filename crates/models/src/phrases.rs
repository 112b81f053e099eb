//! The crate's errors in a form that can be put into another language: the stable word of each sentence, and what it names.
//!
//! A phrase stands for what happened and what to do together, as the error's text and its remedy do.

use brickwork_engine::Phrase;

use crate::bundle::BundleError;
use crate::disk::DiskFull;
use crate::download::DownloadError;
use crate::gguf::{GgufError, GgufFault};
use crate::hub::HubError;
use crate::import::ImportError;
use crate::names::BadName;
use crate::remove::RemoveError;
use crate::shards::MissingShard;
use crate::transfer::TransferError;

impl GgufError {
    /// The error in a form that can be put into another language. What is damaged within a file is told in English.
    #[must_use]
    pub fn phrase(&self) -> Option<Phrase> {
        let phrase = match &self.fault {
            GgufFault::Io(cause) => Phrase::new("gguf_not_read").with("cause", cause.to_string()),
            GgufFault::Magic(start) => Phrase::new("gguf_none").with("start", start.escape_ascii().to_string()),
            GgufFault::Version(version @ (0 | 1)) => Phrase::new("gguf_old_version").with("version", *version),
            GgufFault::Version(version) => Phrase::new("gguf_new_version").with("version", *version),
            GgufFault::BigEndian => Phrase::new("gguf_big_endian"),
            GgufFault::Truncated { wanted, size_bytes } => {
                Phrase::new("gguf_truncated").with("wanted", *wanted).with("bytes", *size_bytes)
            }
            GgufFault::DataMissing { needed, size_bytes } => {
                Phrase::new("gguf_data_missing").with("needed", *needed).with("bytes", *size_bytes)
            }
            GgufFault::NoArchitecture => Phrase::new("gguf_no_architecture"),
            GgufFault::UnknownArchitecture(name) => Phrase::new("gguf_unknown_architecture").with("architecture", name),
            GgufFault::LaterShard { number, count } => {
                Phrase::new("gguf_later_part").with("number", *number).with("count", *count)
            }
            GgufFault::ShardMissing { count, name } => {
                Phrase::new("gguf_part_missing").with("count", *count).with("name", name)
            }
            GgufFault::NotAModel { .. } | GgufFault::ShardMismatch { .. } => return None,
            damaged => Phrase::new("gguf_damaged").with("cause", damaged.to_string()),
        };
        Some(phrase.with("path", &self.path).with("at", self.at_byte))
    }
}

impl HubError {
    /// The error in a form that can be put into another language.
    #[must_use]
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::BadEndpoint { endpoint, reason } => {
                Phrase::new("hub_endpoint").with("endpoint", endpoint).with("cause", reason)
            }
            Self::BadName { what, name, reason } => {
                Phrase::new("hub_bad_name").with("what", *what).with("name", name).with("cause", *reason)
            }
            Self::Unreachable { endpoint, cause } => {
                Phrase::new("hub_unreachable").with("endpoint", endpoint).with("cause", cause)
            }
            Self::Untrusted { endpoint, cause } => {
                Phrase::new("hub_untrusted").with("endpoint", endpoint).with("cause", cause)
            }
            Self::Stalled { url, limit_s } => Phrase::new("hub_stalled").with("url", url).with("seconds", *limit_s),
            Self::Cut { url, cause } => Phrase::new("hub_connection_cut").with("url", url).with("cause", cause),
            Self::NotFound { endpoint, what, name } => {
                let phrase = match *what {
                    "repository" => Phrase::new("hub_has_no_repository"),
                    "revision" => Phrase::new("hub_has_no_revision"),
                    "file" => Phrase::new("hub_has_no_file"),
                    what => Phrase::new("hub_not_found").with("what", what),
                };
                phrase.with("endpoint", endpoint).with("name", name)
            }
            Self::TokenNeeded { repository, page } => {
                Phrase::new("hub_token_needed").with("repository", repository).with("page", page)
            }
            Self::TokenRefused { endpoint } => Phrase::new("hub_token_refused").with("endpoint", endpoint),
            Self::LicenceNeeded { repository, page } => {
                Phrase::new("hub_licence_needed").with("repository", repository).with("page", page)
            }
            Self::AccessDenied { repository, page } => {
                Phrase::new("hub_access_denied").with("repository", repository).with("page", page)
            }
            Self::Busy { endpoint, status, .. } => {
                Phrase::new("hub_busy").with("endpoint", endpoint).with("status", *status)
            }
            Self::Failed { endpoint, status, detail } => {
                let said = detail.as_deref().map(|text| format!(": {text}")).unwrap_or_default();
                Phrase::new("hub_failed").with("endpoint", endpoint).with("status", *status).with("said", said)
            }
            Self::Unreadable { endpoint, cause } => {
                Phrase::new("hub_unreadable").with("endpoint", endpoint).with("cause", cause)
            }
            Self::BadRedirect { endpoint, to, reason } => {
                Phrase::new("hub_redirect").with("endpoint", endpoint).with("to", to).with("cause", *reason)
            }
        }
    }
}

impl DownloadError {
    /// The error in a form that can be put into another language.
    #[must_use]
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Hub(error) => error.phrase(),
            Self::Transfer(error) => error.phrase(),
            Self::Elsewhere { title } => Phrase::new("download_elsewhere").with("title", title),
            Self::Checksum { name, expected, found } => {
                Phrase::new("download_checksum").with("name", name).with("expected", expected).with("found", found)
            }
            Self::NotTheCatalogs { name, expected, found } => {
                Phrase::new("not_the_catalogs_file").with("name", name).with("expected", expected).with("found", found)
            }
            Self::NoChecksum { name } => Phrase::new("no_checksum").with("name", name),
            Self::Size { name, expected_bytes, found_bytes } => Phrase::new("download_size")
                .with("name", name)
                .with("expected", *expected_bytes)
                .with("found", *found_bytes),
            Self::ChangedOnHub { name } => Phrase::new("changed_on_hub").with("name", name),
            Self::BadRanges { name } => Phrase::new("bad_ranges").with("name", name),
            Self::DiskFull(full) => Phrase { reason: "download_disk_full".to_owned(), ..full.phrase() },
            Self::Exists { path } => Phrase::new("download_file_exists").with("path", path),
            Self::Io { path, cause } => {
                let reason = if self.code() == "disk_full" { "download_no_room" } else { "download_not_written" };
                Phrase::new(reason).with("path", path).with("cause", cause.to_string())
            }
            Self::Journal(error) => {
                let phrase = error.phrase();
                Phrase { reason: format!("download_{}", phrase.reason), ..phrase }
            }
        }
    }
}

impl TransferError {
    /// The error in a form that can be put into another language.
    #[must_use]
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Unknown(id) => Phrase::new("unknown_transfer").with("id", id.to_string()),
            Self::State { id, state, wish } => {
                Phrase::new("transfer_state").with("id", id.to_string()).with("state", state.name()).with("wish", *wish)
            }
        }
    }
}

impl DiskFull {
    /// The error in a form that can be put into another language.
    #[must_use]
    pub fn phrase(&self) -> Phrase {
        let Self { folder, needed_bytes, free_bytes } = self;
        Phrase::new("disk_full").with("folder", folder).with("needed", *needed_bytes).with("free", *free_bytes)
    }
}

impl BadName {
    /// The error in a form that can be put into another language.
    #[must_use]
    pub fn phrase(&self) -> Phrase {
        Phrase::new("bad_file_name").with("name", self.name.escape_debug().to_string()).with("cause", self.reason)
    }
}

impl MissingShard {
    /// The error in a form that can be put into another language.
    #[must_use]
    pub fn phrase(&self) -> Phrase {
        Phrase::new("missing_shard").with("count", self.n_shards).with("path", &self.missing)
    }
}

impl ImportError {
    /// The error in a form that can be put into another language; nothing for work that the user ended.
    #[must_use]
    pub fn phrase(&self) -> Option<Phrase> {
        Some(match self {
            Self::NotAbsolute(path) => Phrase::new("import_not_absolute").with("path", path),
            Self::Io { path, cause } => {
                Phrase::new("file_not_read_or_written").with("path", path).with("cause", cause.to_string())
            }
            Self::NoModel { phrase: Some(phrase), .. } => (**phrase).clone(),
            Self::NoModel { path, cause, .. } => Phrase::new("import_no_model").with("path", path).with("cause", cause),
            Self::NothingThere(path) => Phrase::new("import_nothing_there").with("path", path),
            Self::InModelsFolder(path) => Phrase::new("import_in_models_folder").with("path", path),
            Self::IsLink(path) => Phrase::new("import_is_link").with("path", path),
            Self::OneName(count) => Phrase::new("import_one_name").with("count", *count),
            Self::NameTaken { name } => Phrase::new("import_name_taken").with("name", name),
            Self::BadName(bad) => bad.phrase(),
            Self::MissingShard(missing) => missing.phrase(),
            Self::DiskFull(full) => full.phrase(),
            Self::Mismatch { path, expected, found } => Phrase::new("import_changed_since_download")
                .with("path", path)
                .with("expected", expected)
                .with("found", found),
            Self::BelongsTo { path, program } => {
                Phrase::new("import_belongs_to").with("path", path).with("program", *program)
            }
            Self::NoTarget { path, reason } => {
                Phrase::new("import_no_target").with("path", path).with("cause", *reason)
            }
            Self::Changed { path, expected, found } => {
                Phrase::new("import_changed").with("path", path).with("expected", expected).with("found", found)
            }
            Self::Notes(error) => error.phrase(),
            Self::Records(error) => error.phrase(),
            Self::Cancelled(_) => return None,
        })
    }
}

impl RemoveError {
    /// The error in a form that can be put into another language.
    #[must_use]
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Io { path, cause } => {
                Phrase::new("model_not_changed").with("path", path).with("cause", cause.to_string())
            }
            Self::Elsewhere(path) => Phrase::new("model_elsewhere").with("path", path),
            Self::BadName(bad) => bad.phrase(),
            Self::NameTaken(name) => Phrase::new("model_name_taken").with("name", name),
            Self::Notes(error) => error.phrase(),
        }
    }
}

impl BundleError {
    /// The error in a form that can be put into another language; nothing for work that the user ended.
    #[must_use]
    pub fn phrase(&self) -> Option<Phrase> {
        Some(match self {
            Self::Exists(path) => Phrase::new("bundle_exists").with("path", path),
            Self::Io { path, cause } => {
                Phrase::new("file_not_read_or_written").with("path", path).with("cause", cause.to_string())
            }
            Self::Changed { path, expected, found } => {
                Phrase::new("bundle_changed").with("path", path).with("expected", expected).with("found", found)
            }
            Self::Unnameable(path) => Phrase::new("bundle_unnameable").with("path", path),
            Self::Refused { path, fault } => {
                Phrase::new("bundle_refused").with("path", path).with("cause", fault.to_string())
            }
            Self::NameTaken(name) => Phrase::new("bundle_name_taken").with("name", name),
            Self::DiskFull(full) => full.phrase(),
            Self::Notes(error) => error.phrase(),
            Self::Records(error) => error.phrase(),
            Self::Cancelled(_) => return None,
        })
    }
}
