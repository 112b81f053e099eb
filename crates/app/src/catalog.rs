//! The catalog: the models that the program knows by name, and those that the user added.

use std::collections::HashSet;

use brickwork_models::{CatalogEntry, CatalogFile, OWN_CATALOG, OwnCatalog, catalog, own_catalog};
use serde::Serialize;

use crate::app::App;
use crate::error::AppError;
use crate::export::blocking;

/// A form in which a model of the catalog comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CatalogFileView {
    /// The id under which it is listed once it is there.
    pub id: String,
    /// Its quantization, or the type of its numbers.
    pub quantization: String,
    /// Its files by their paths in the repository.
    pub paths: Vec<String>,
    /// Size of all its files together in bytes.
    pub size_bytes: u64,
    /// Whether the size is only about right.
    pub size_is_estimate: bool,
    /// SHA-256 of each of the paths, in their order; empty where they are not known beforehand.
    pub sha256: Vec<String>,
    /// Memory that it needs in bytes, about, with a context of 4,096 tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Whether it is among the model files.
    pub present: bool,
}

/// A model of the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CatalogModelView {
    /// Its id in the catalog.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// The roles that it is recommended for.
    pub roles: Vec<&'static str>,
    /// What it is good for.
    pub description: String,
    /// Its licence.
    pub licence: String,
    /// Where the licence can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence_url: Option<String>,
    /// Whether the hub gives it only to users who have accepted its licence there.
    pub gated: bool,
    /// How it is stored: `gguf` or `safetensors`.
    pub format: &'static str,
    /// Tokens that it was trained to see at once.
    pub context_length: u64,
    /// Parameters.
    pub n_params: u64,
    /// Its architecture.
    pub architecture: String,
    /// The hub's repository that holds the files; absent where none is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The revision of the repository that sizes and hashes belong to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// The repository of the model that was quantized.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_repository: Option<String>,
    /// The computers that it suits: `cpu` for one without a graphics card, `8GB`, `16GB`, `32GB`.
    pub workstation: Vec<&'static str>,
    /// The forms in which it comes, from small to large.
    pub files: Vec<CatalogFileView>,
    /// The id of the form to take unless there is a reason for another one.
    pub recommended_file: String,
    /// Where these figures come from.
    pub source_note: String,
    /// Whether the user added it.
    pub own: bool,
}

/// What is wrong with the user's own catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CatalogProblemView {
    /// The file.
    pub path: String,
    /// Where in the file: a JSON path, or a line and column.
    pub place: String,
    /// What is wrong there.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

/// The models that are known by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CatalogView {
    /// The program's own entries, then the user's.
    pub entries: Vec<CatalogModelView>,
    /// The file in which the user's own entries are looked for.
    pub own_catalog_path: String,
    /// Why some or all of the user's own entries are not listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_entries_problem: Option<CatalogProblemView>,
}

impl App {
    /// The catalog with the user's own entries, and which of its files are there. A fault of the user's file never hides
    /// the program's own entries.
    ///
    /// # Errors
    /// When the models folder cannot be looked at.
    pub async fn catalog(&self) -> Result<CatalogView, AppError> {
        let present: HashSet<String> = self.model_list().await?.into_iter().map(|file| file.id).collect();
        let OwnCatalog { entries, problem } = self.own_catalog().await?;
        let known = catalog().iter().map(|entry| model_view(entry, false, &present));
        let own = entries.iter().map(|entry| model_view(entry, true, &present));
        Ok(CatalogView {
            entries: known.chain(own).collect(),
            own_catalog_path: self.config().data_dir.join(OWN_CATALOG).display().to_string(),
            own_entries_problem: problem.map(|problem| CatalogProblemView {
                path: problem.path.display().to_string(),
                place: problem.place,
                message: problem.cause,
                remedy: "Correct the file there. Its form is that of the program's own catalog, catalog.schema.json."
                    .into(),
            }),
        })
    }

    /// The entry of that id in the catalog or among the user's own; also by the id of one of its files.
    ///
    /// # Errors
    /// When the thread that reads the user's file fails.
    pub(crate) async fn catalog_model(&self, id: &str) -> Result<Option<CatalogEntry>, AppError> {
        if let Some(entry) = brickwork_models::catalog_entry(id) {
            return Ok(Some(entry.clone()));
        }
        let own = self.own_catalog().await?.entries;
        Ok(own.into_iter().find(|entry| entry.id == id || entry.file(id).is_some()))
    }

    async fn own_catalog(&self) -> Result<OwnCatalog, AppError> {
        let path = self.config().data_dir.join(OWN_CATALOG);
        blocking(move || own_catalog(&path)).await
    }
}

fn model_view(entry: &CatalogEntry, own: bool, present: &HashSet<String>) -> CatalogModelView {
    let entry = entry.clone();
    CatalogModelView {
        id: entry.id,
        title: entry.title,
        roles: entry.roles.into_iter().map(brickwork_engine::Role::name).collect(),
        description: entry.description,
        licence: entry.licence,
        licence_url: entry.licence_url,
        gated: entry.gated,
        format: entry.format.name(),
        context_length: entry.context_length,
        n_params: entry.n_params,
        architecture: entry.architecture,
        repository: entry.repository,
        revision: entry.revision,
        base_repository: entry.base_repository,
        workstation: entry.workstation.into_iter().map(brickwork_models::Workstation::name).collect(),
        files: entry.files.into_iter().map(|file| file_view(file, present)).collect(),
        recommended_file: entry.recommended_file,
        source_note: entry.source_note,
        own,
    }
}

fn file_view(file: CatalogFile, present: &HashSet<String>) -> CatalogFileView {
    CatalogFileView {
        present: present.contains(&file.id),
        id: file.id,
        quantization: file.quantization,
        paths: file.paths,
        size_bytes: file.size_bytes,
        size_is_estimate: file.size_is_estimate,
        sha256: file.sha256,
        memory_bytes: file.memory_bytes,
    }
}
