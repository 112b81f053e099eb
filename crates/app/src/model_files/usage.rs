//! How much room models take, and what is known of their checksums.

use brickwork_engine::Phrase;
use std::path::Path;

use brickwork_models::{HashState, Hashes, ModelFile, Usage, links, usage};
use serde::Serialize;

use crate::app::App;
use crate::error::AppError;
use crate::export::blocking;
use crate::said::Said;

/// How a model's file stands to its recorded checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckedState {
    /// No checksum is recorded.
    Unrecorded,
    /// It was seen to be right and was not touched since.
    Verified,
    /// It was touched since: it is read again when it is used next.
    Touched,
    /// It is another file than recorded, and is not used.
    Changed,
}

/// One model's part of the room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ModelUsageView {
    /// Its id.
    pub id: String,
    /// Its file, the first one of several, or its folder.
    pub path: String,
    /// Bytes of its files.
    pub size_bytes: u64,
    /// Whether its files are in the models folder; otherwise they are used in place and take no room there.
    pub is_inside: bool,
    /// How its first file stands to its recorded checksum.
    pub checked: CheckedState,
    /// The recorded SHA-256 of its first file, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// What a download or an import that has not ended has written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PartialUsageView {
    /// Its folder.
    pub path: String,
    /// Bytes of the files in it.
    pub size_bytes: u64,
}

/// How much room models take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ModelsUsageView {
    /// The models folder.
    pub models_dir: String,
    /// The models.
    pub models: Vec<ModelUsageView>,
    /// Downloads and imports that have not ended.
    pub partial: Vec<PartialUsageView>,
    /// Bytes of everything in the models folder.
    pub total_bytes: u64,
    /// Bytes of files in it that are neither.
    pub other_bytes: u64,
    /// Bytes that can still be written on its disk; absent where the system does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_bytes: Option<u64>,
    /// Bytes of its disk; absent where the system does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
    /// What is wrong with the program's own notes in the folder, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl App {
    /// How much room the models take.
    ///
    /// # Errors
    /// When the models folder cannot be read.
    pub async fn models_usage(&self) -> Result<ModelsUsageView, AppError> {
        let models = self.model_list().await?;
        let dir = self.config().models_dir.clone();
        let counted = blocking(move || view(&dir, &models)).await?;
        counted.map_err(|error| {
            let shown = self.config().models_dir.display().to_string();
            let text = format!("The models folder {shown} cannot be read: {error}. Check its permissions.");
            let phrase = Phrase::new("models_folder_unreadable").with("path", shown.to_string());
            AppError::ModelFiles(Said::new(text, phrase.with("cause", error.to_string())))
        })
    }
}

fn view(dir: &Path, models: &[ModelFile]) -> std::io::Result<ModelsUsageView> {
    let Usage { models, partial, total_bytes, other_bytes, free_bytes, disk_bytes } = usage(dir, models)?;
    let (hashes, problem) = match Hashes::read(dir) {
        Ok(hashes) => (hashes, None),
        Err(error) => (Hashes::default(), Some(format!("{error}."))),
    };
    let problem = problem.or_else(|| links(dir).err().map(|error| format!("{error}.")));
    let models = models.into_iter().map(|model| ModelUsageView {
        checked: match hashes.state(&model.path) {
            HashState::Unrecorded => CheckedState::Unrecorded,
            HashState::Same => CheckedState::Verified,
            HashState::Touched(_) => CheckedState::Touched,
            HashState::Wrong(_) => CheckedState::Changed,
        },
        sha256: hashes.get(&model.path).map(|record| record.sha256.clone()),
        id: model.id,
        path: model.path.display().to_string(),
        size_bytes: model.size_bytes,
        is_inside: model.is_inside,
    });
    let partial = partial
        .into_iter()
        .map(|partial| PartialUsageView { path: partial.path.display().to_string(), size_bytes: partial.size_bytes });
    Ok(ModelsUsageView {
        models_dir: dir.display().to_string(),
        models: models.collect(),
        partial: partial.collect(),
        total_bytes,
        other_bytes,
        free_bytes,
        disk_bytes,
        problem,
    })
}
