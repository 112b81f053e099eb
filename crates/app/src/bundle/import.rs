//! Importing a bundle: first what would be done, then doing it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use brickwork_engine::{JsonMap, Phrase, Role};
use brickwork_models::bundle::{Bundle, BundleError, BundleModelFile, ExtractedModel};
use brickwork_models::transfer::{Outcome, TransferKind};
use brickwork_models::{BindingChoice, Bindings, HashState, Hashes, ModelFile, files_of_model, verify_sha256};
use futures::executor::block_on;
use serde_json::Value;
use uuid::Uuid;

use super::views::{
    BundleBindingOutcome, BundleBindingView, BundleImportReport, BundleImportRequest, BundleModelOutcome,
    BundleModelView, BundlePipelineOutcome, BundlePipelineView,
};
use super::{checked_project, problem_of, refusal};
use crate::app::App;
use crate::config::DEFAULT_PROJECT_ID;
use crate::error::AppError;
use crate::export::blocking;
use crate::file_work::{FileWork, Pace};
use crate::model_files::problem;
use crate::pipelines::{NewPipeline, checked_document};
use crate::request::invalid;

/// A bundle that was looked at.
struct Looked {
    bundle: Bundle,
    documents: Vec<JsonMap>,
    report: BundleImportReport,
    project_id: Uuid,
    bindings: Bindings,
}

impl App {
    /// What importing a bundle would do. Everything but the models' content is checked; nothing is written.
    ///
    /// # Errors
    /// [`AppError::InvalidRequest`] for a bundle that is not to be trusted or cannot be read, or a fault of the database.
    pub async fn plan_bundle_import(&self, request: BundleImportRequest) -> Result<BundleImportReport, AppError> {
        Ok(self.look_at_bundle(&request).await?.report)
    }

    /// Imports a bundle: its models into the models folder, each compared with its checksum before it appears there, then
    /// its pipelines into a project. Nothing is overwritten.
    ///
    /// # Errors
    /// Those of [`App::plan_bundle_import`], and a conflict when a name in the models folder is taken by another model.
    pub async fn import_bundle(&self, request: BundleImportRequest) -> Result<FileWork<BundleImportReport>, AppError> {
        let looked = self.look_at_bundle(&request).await?;
        let taken = looked.report.models.iter().find(|model| model.outcome == BundleModelOutcome::NameTaken);
        if let Some(model) = taken {
            return Err(refusal(&BundleError::NameTaken(model.id.clone())));
        }
        let (app, dir) = (self.clone(), self.config().models_dir.clone());
        let total_bytes = looked.report.needed_bytes;
        let (title, shown) = (request.path, PathBuf::from(&looked.report.path));
        let work = move |pace: &mut Pace<'_>| {
            let Looked { mut bundle, documents, mut report, project_id, bindings } = looked;
            let wanted: Vec<String> = report
                .models
                .iter()
                .filter(|model| model.outcome == BundleModelOutcome::New)
                .map(|model| model.id.clone())
                .collect();
            let extracted = bundle.extract(&dir, &wanted, &mut |n_bytes| pace.step(n_bytes));
            let extracted = extracted.map_err(|error| problem_of(&error))?;
            // This thread may wait: the store answers on threads of its own.
            block_on(app.settle_import(&mut report, documents, project_id, bindings, &extracted))
                .map_err(|error| problem("storage", &error.to_string(), error.phrase()))?;
            tracing::info!(path = report.path, models = extracted.len(), "imported a bundle");
            Ok(report)
        };
        let outcome = move |report: &BundleImportReport| Outcome {
            model_id: report.models.first().map(|model| model.id.clone()),
            path: Some(shown),
            ..Outcome::default()
        };
        Ok(self.begin_work((TransferKind::BundleImport, title, total_bytes), work, outcome))
    }

    async fn look_at_bundle(&self, request: &BundleImportRequest) -> Result<Looked, AppError> {
        let path = PathBuf::from(&request.path);
        if !path.is_absolute() {
            let message = format!("`{}` is no absolute path.", request.path);
            return Err(invalid("not_absolute", "$.path", message, "Give the full path of the bundle.")
                .saying(Phrase::new("bundle_not_absolute").with("path", &request.path)));
        }
        let project_id = request.project_id.unwrap_or(DEFAULT_PROJECT_ID);
        checked_project(self, project_id).await?;
        let listed = self.model_list().await?;
        let dir = self.config().models_dir.clone();
        let looked = blocking(move || {
            let mut bundle = Bundle::open(&path)?;
            let documents = bundle.pipelines()?;
            let models = models_of(&bundle, &dir, &listed)?;
            Ok((bundle, documents, models))
        });
        let (bundle, documents, models) = looked.await?.map_err(|error: BundleError| refusal(&error))?;
        let mut pipelines = Vec::new();
        for document in &documents {
            pipelines.push(self.look_at_pipeline(document, project_id).await?);
        }
        let present = self.bindings().await?;
        let mut bindings = present.clone();
        let usable: HashSet<&str> = models
            .iter()
            .filter(|model| matches!(model.outcome, BundleModelOutcome::New | BundleModelOutcome::AlreadyThere))
            .map(|model| &*model.id)
            .collect();
        let bound = bundle.manifest().bindings.iter().map(|(role, id)| {
            let is_free = *present.get(*role) == BindingChoice::Default;
            let binds = request.bind && is_free && usable.contains(&**id);
            if binds {
                bindings.set(*role, BindingChoice::File { file: id.clone() });
            }
            binding_view(*role, id, binds)
        });
        let bound = bound.collect();
        let manifest = bundle.manifest();
        let new = models.iter().filter(|model| model.outcome == BundleModelOutcome::New);
        let report = BundleImportReport {
            path: request.path.clone(),
            made_at: manifest.made_at,
            program_version: manifest.program_version.clone(),
            pipelines,
            needed_bytes: new.map(|model| model.size_bytes).sum(),
            models,
            bindings: bound,
        };
        Ok(Looked { bundle, documents, report, project_id, bindings })
    }

    /// Whether the project has the very same pipeline already.
    async fn look_at_pipeline(&self, document: &JsonMap, project_id: Uuid) -> Result<BundlePipelineView, AppError> {
        let name = document.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        for summary in self.pipelines(Some(project_id)).await?.into_iter().filter(|summary| summary.name == name) {
            let saved = self.pipeline(summary.id).await?;
            let mut present = saved.document;
            present.shift_remove("project_id");
            if present == *document {
                let outcome = BundlePipelineOutcome::AlreadyThere;
                return Ok(BundlePipelineView { name, outcome, pipeline_id: Some(saved.id) });
            }
        }
        // What cannot be saved is refused before anything is written.
        checked_document(Value::Object(document.clone())).map_err(|fault| {
            let message = format!("The pipeline `{name}` in the bundle cannot be saved. {}", fault.message);
            invalid("bundle_refused", "$.path", message, "Make the bundle again without it.")
                .saying(Phrase::new("bundled_pipeline_unsaveable").with("name", &name).with("cause", fault.message))
        })?;
        Ok(BundlePipelineView { name, outcome: BundlePipelineOutcome::New, pipeline_id: None })
    }

    /// Saves the pipelines and binds the roles.
    async fn settle_import(
        &self,
        report: &mut BundleImportReport,
        documents: Vec<JsonMap>,
        project_id: Uuid,
        mut bindings: Bindings,
        extracted: &[ExtractedModel],
    ) -> Result<(), AppError> {
        for (view, document) in report.pipelines.iter_mut().zip(documents) {
            if view.outcome == BundlePipelineOutcome::New {
                let document = Value::Object(document);
                let saved =
                    self.save_pipeline(NewPipeline { project_id: Some(project_id), document, label: None }).await?;
                view.pipeline_id = Some(saved.id);
            }
        }
        let bound: Vec<Role> = report
            .bindings
            .iter()
            .filter(|binding| binding.outcome == BundleBindingOutcome::Bound)
            .filter_map(|binding| Role::parse(binding.role))
            .collect();
        if bound.is_empty() {
            return Ok(());
        }
        // The list may know a model under another id than the bundle.
        let listed = self.scan_models();
        for role in bound {
            let BindingChoice::File { file } = bindings.get(role).clone() else { continue };
            let here = report.models.iter().find(|model| model.id == file).and_then(|model| {
                let extracted = extracted.iter().find(|extracted| extracted.id == model.id);
                let by_path = |path: &Path| listed.iter().find(|listed| listed.path == path);
                extracted.and_then(|extracted| by_path(&extracted.path)).or_else(|| same_model(&listed, model))
            });
            if let Some(here) = here {
                bindings.set(role, BindingChoice::File { file: here.id.clone() });
            }
        }
        self.keep_bindings(&bindings).await
    }
}

fn binding_view(role: Role, id: &str, binds: bool) -> BundleBindingView {
    let outcome = if binds { BundleBindingOutcome::Bound } else { BundleBindingOutcome::Kept };
    BundleBindingView { role: role.name(), model_id: id.to_owned(), outcome }
}

/// The listed model of the id and size of one of the bundle's.
fn same_model<'a>(listed: &'a [ModelFile], model: &BundleModelView) -> Option<&'a ModelFile> {
    let is_same = |listed: &&ModelFile| listed.size_bytes == model.size_bytes;
    listed.iter().filter(is_same).find(|listed| listed.id == model.id).or_else(|| listed.iter().find(is_same))
}

/// What becomes of each model.
fn models_of(bundle: &Bundle, dir: &Path, listed: &[ModelFile]) -> Result<Vec<BundleModelView>, BundleError> {
    let hashes = Hashes::read(dir)?;
    let models = bundle.manifest().models_by_id().into_iter().map(|(id, files)| {
        let size_bytes = files.iter().map(|file| file.size_bytes).sum();
        let included = files.iter().all(|file| file.included);
        let is_listed = || {
            let candidates = listed.iter().filter(|model| model.size_bytes == size_bytes);
            candidates.into_iter().any(|model| is_same_content(&hashes, &files_of_model(model), &files))
        };
        let outcome = match () {
            () if is_listed() => BundleModelOutcome::AlreadyThere,
            () if !included => BundleModelOutcome::Missing,
            () if files.iter().any(|file| dir.join(file.place()).symlink_metadata().is_ok()) => {
                BundleModelOutcome::NameTaken
            }
            () => BundleModelOutcome::New,
        };
        let first = files.first();
        BundleModelView {
            id: id.to_owned(),
            outcome,
            files: files.iter().map(|file| file.path.clone()).collect(),
            size_bytes,
            sha256: files.iter().map(|file| file.sha256.clone()).collect(),
            repository: first.and_then(|file| file.repository.clone()),
            revision: first.and_then(|file| file.revision.clone()),
            licence: first.and_then(|file| file.licence.clone()),
            included,
        }
    });
    Ok(models.collect())
}

/// Whether the files at `paths` have the content of those of the bundle. Reads those whose checksum is not recorded.
fn is_same_content(hashes: &Hashes, paths: &[PathBuf], files: &[&BundleModelFile]) -> bool {
    let is_same = |(path, file): (&PathBuf, &&BundleModelFile)| match hashes.state(path) {
        HashState::Same => hashes.get(path).is_some_and(|record| record.sha256 == file.sha256),
        _ => {
            path.metadata().is_ok_and(|about| about.len() == file.size_bytes)
                && verify_sha256(path, &file.sha256, |_, _| {}).is_ok()
        }
    };
    paths.len() == files.len() && paths.iter().zip(files).all(is_same)
}
