//! Bundles: pipelines and what is needed to run them, in one file, for machines without a network.

mod import;
mod views;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use brickwork_engine::{Clock, JsonMap, ModelRef, Phrase, Role};
use brickwork_models::bundle::{
    BundleContents, BundleError, BundleManifest, BundleModelFile, BundleSource, write_bundle,
};
use brickwork_models::transfer::{Outcome, TransferKind, TransferProblem};
use brickwork_models::{ModelFile, expected_sha256, files_of_model, read_provenance};
use uuid::Uuid;

use crate::app::{App, SystemClock};
use crate::error::AppError;
use crate::export::blocking;
use crate::file_work::{FileWork, Pace, cancelled};
use crate::model_files::{problem, told_apart};
use crate::pipelines::checked_document;
use crate::request::invalid;
use crate::said::Said;

pub use views::{
    BundleBindingOutcome, BundleBindingView, BundleExportRequest, BundleImportReport, BundleImportRequest,
    BundleModelOutcome, BundleModelView, BundlePipelineOutcome, BundlePipelineView,
};

impl App {
    /// Writes pipelines, and what is needed to run them, into one new file.
    ///
    /// # Errors
    /// [`AppError::InvalidRequest`] with what is wrong, [`AppError::ModelProblem`] when the models are to be in it and a
    /// role has none, a conflict when the file exists, or a fault of the database.
    pub async fn export_bundle(&self, request: BundleExportRequest) -> Result<FileWork<BundleManifest>, AppError> {
        let target = checked_target(&request.path)?;
        let pipelines = self.bundled_pipelines(&request).await?;
        let (models, bindings) = self.bundled_models(&pipelines, request.with_models).await?;
        let total_bytes = models.iter().map(|model| model.source.metadata().map_or(0, |about| about.len())).sum();
        let contents = BundleContents {
            program_version: env!("CARGO_PKG_VERSION").into(),
            made_at: SystemClock.now(),
            pipelines,
            models,
            bindings,
        };
        let (title, shown) = (request.path, target.clone());
        let work = move |pace: &mut Pace<'_>| {
            let written = write_bundle(&target, contents, &mut |n_bytes| pace.step(n_bytes));
            written.map_err(|error| problem_of(&error))
        };
        let outcome = move |_: &BundleManifest| Outcome { path: Some(shown), ..Outcome::default() };
        Ok(self.begin_work((TransferKind::BundleExport, title, total_bytes), work, outcome))
    }

    /// The documents of a request: the saved pipelines' as they stand, then those that it brings itself.
    async fn bundled_pipelines(&self, request: &BundleExportRequest) -> Result<Vec<JsonMap>, AppError> {
        let mut documents = Vec::new();
        for (index, id) in request.pipelines.iter().enumerate() {
            let saved = self.pipeline(*id).await.map_err(|error| match error {
                AppError::UnknownPipeline(_) => invalid(
                    "unknown_pipeline",
                    &format!("$.pipelines[{index}]"),
                    format!("There is no saved pipeline {id}."),
                    "List the pipelines to find its id.",
                )
                .saying(Phrase::new("unknown_bundled_pipeline").with("id", id.to_string())),
                other => other,
            })?;
            documents.push(saved.draft.map_or(saved.document, |draft| draft.document));
        }
        for (index, document) in request.documents.iter().enumerate() {
            documents.push(checked_document(document.clone()).map_err(|mut fault| {
                fault.path = fault.path.replacen("$.document", &format!("$.documents[{index}]"), 1);
                AppError::InvalidRequest(vec![fault])
            })?);
        }
        if documents.is_empty() {
            let message = "There is no pipeline to put into the bundle.";
            return Err(invalid(
                "empty",
                "$.pipelines",
                message,
                "Name at least one saved pipeline, or bring a document.",
            )
            .saying(Phrase::new("nothing_to_bundle")));
        }
        // A bundle is for another machine, where this project does not exist.
        for document in &mut documents {
            document.shift_remove("project_id");
        }
        Ok(documents)
    }

    /// The files of the models that serve the pipelines' roles, and which serves which. Without `included`, a role whose
    /// model is missing here is left out.
    async fn bundled_models(
        &self,
        pipelines: &[JsonMap],
        included: bool,
    ) -> Result<(Vec<BundleSource>, BTreeMap<Role, String>), AppError> {
        let (mut bindings, mut needed) = (BTreeMap::new(), Vec::<ModelRef>::new());
        for role in roles_of(pipelines) {
            match self.model_of(role).await {
                // A server elsewhere cannot be carried, and its address means nothing there.
                Ok(model) if !model.is_local() => {}
                Ok(model) => {
                    bindings.insert(role, model.id.clone());
                    if !model.is_simulated() && needed.iter().all(|other| other.path != model.path) {
                        needed.push(model);
                    }
                }
                Err(error) if included => return Err(error),
                Err(error) => tracing::warn!(role = role.name(), %error, "a bundle is made without this role's model"),
            }
        }
        let listed = self.model_list().await?;
        let dir = self.config().models_dir.clone();
        let models = blocking(move || {
            needed.iter().map(|model| sources_of(&dir, model, &listed, included)).collect::<Result<Vec<_>, _>>()
        });
        let models = models.await?.map_err(|error| refusal(&error))?;
        Ok((models.into_iter().flatten().collect(), bindings))
    }
}

/// The roles that the documents name, and the Assembler, which every pipeline has.
fn roles_of(pipelines: &[JsonMap]) -> Vec<Role> {
    let steps = pipelines.iter().filter_map(|document| document.get("steps")?.as_array()).flatten();
    let named: Vec<Role> = steps.filter_map(|step| Role::parse(step.get("model_type")?.as_str()?)).collect();
    Role::ALL.into_iter().filter(|role| *role == Role::Assembler || named.contains(role)).collect()
}

/// The files of one model with what is known of them.
fn sources_of(
    dir: &Path,
    model: &ModelRef,
    listed: &[ModelFile],
    included: bool,
) -> Result<Vec<BundleSource>, BundleError> {
    let path = Path::new(&model.path);
    let file = listed.iter().find(|file| file.path == path).cloned();
    let file = file.unwrap_or_else(|| ModelFile::describe(model.id.clone(), path.to_owned(), None));
    let licence = file.gguf.as_ref().and_then(|info| info.licence.clone());
    let files = files_of_model(&file);
    let total = files.len();
    // What is carried gets a file's name that fits its id, whatever it is called where it lies.
    let base = brickwork_models::safe_name(&model.id).unwrap_or_else(|| "model".into());
    let source = |(number, source): (usize, PathBuf)| {
        let file_name = source.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let place = match () {
            () if path.is_dir() => format!("{base}/{file_name}"),
            () if total > 1 => format!("{base}-{:05}-of-{total:05}.gguf", number + 1),
            () => format!("{base}.gguf"),
        };
        let provenance = read_provenance(&source)?;
        let about = BundleModelFile {
            id: model.id.clone(),
            path: place,
            repository: provenance.as_ref().map(|origin| origin.repository.clone()),
            revision: provenance.as_ref().map(|origin| origin.revision.clone()),
            size_bytes: 0,
            sha256: String::new(),
            licence: provenance.and_then(|origin| origin.licence).or_else(|| licence.clone()),
            included,
        };
        let expected = expected_sha256(dir, &model.id, &source)?.map(|(sha256, _)| sha256);
        Ok(BundleSource { about, source, expected })
    };
    files.into_iter().enumerate().map(source).collect()
}

/// Where the bundle goes.
fn checked_target(path: &str) -> Result<PathBuf, AppError> {
    let target = PathBuf::from(path);
    if !target.is_absolute() {
        let message = format!("`{path}` is no absolute path.");
        return Err(invalid("not_absolute", "$.path", message, "Give the full path of the file to write.")
            .saying(Phrase::new("target_not_absolute").with("path", path)));
    }
    if target.file_name().is_none() || !target.parent().is_some_and(Path::is_dir) {
        let message = format!("`{path}` lies in no folder that exists.");
        return Err(invalid("no_folder", "$.path", message, "Make the folder first, or choose another one.")
            .saying(Phrase::new("target_in_no_folder").with("path", path)));
    }
    if target.symlink_metadata().is_ok() {
        let error = BundleError::Exists(target);
        return Err(AppError::ModelFileConflict(Said::new(format!("{error}."), error.phrase())));
    }
    Ok(target)
}

/// The project to import into.
async fn checked_project(app: &App, project_id: Uuid) -> Result<(), AppError> {
    if app.store().project(project_id).await?.is_none() {
        return Err(invalid(
            "unknown_project",
            "$.project_id",
            format!("There is no project {project_id}."),
            "List the projects to find its id, or leave `project_id` out.",
        )
        .saying(Phrase::new("unknown_target_project").with("id", project_id.to_string())));
    }
    Ok(())
}

/// A refusal before anything was done.
fn refusal(error: &BundleError) -> AppError {
    match error {
        BundleError::Exists(_) | BundleError::NameTaken(_) | BundleError::DiskFull(_) | BundleError::Changed { .. } => {
            AppError::ModelFileConflict(Said::new(format!("{error}."), error.phrase()))
        }
        BundleError::Refused { .. } | BundleError::Unnameable(_) => {
            let (message, remedy) = told_apart(&error.to_string());
            let refused = invalid("bundle_refused", "$.path", message, &remedy);
            match error.phrase() {
                Some(phrase) => refused.saying(phrase),
                None => refused,
            }
        }
        _ => AppError::ModelFiles(Said::new(format!("{error}."), error.phrase())),
    }
}

fn problem_of(error: &BundleError) -> TransferProblem {
    let code = match error {
        BundleError::Cancelled(_) => return cancelled(),
        BundleError::Changed { .. } => "checksum_mismatch",
        BundleError::Refused { .. } | BundleError::Unnameable(_) => "bundle_refused",
        BundleError::NameTaken(_) => "name_taken",
        BundleError::Exists(_) => "exists",
        BundleError::DiskFull(_) => "disk_full",
        _ => "storage",
    };
    problem(code, &error.to_string(), error.phrase())
}
