//! Bundles, made in one data folder and imported into another.

use std::fs;
use std::path::{Path, PathBuf};

use brickwork_app::{
    App, AppConfig, BundleBindingOutcome, BundleExportRequest, BundleImportRequest, BundleModelOutcome,
    BundlePipelineOutcome, ErrorCode, ImportMode, ModelImportRequest, NewPipeline,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::builder::Gguf;

async fn world() -> (TempDir, App) {
    let folder = tempfile::tempdir().unwrap();
    let app = App::open(AppConfig::new(folder.path().join("data"))).await.unwrap();
    (folder, app)
}

fn pipeline() -> Value {
    json!({ "name": "Carried", "steps": [{ "step_name": "a", "model_type": "CodeLlama", "prompt": "x" }] })
}

/// A data folder with a model that serves two roles, and a bundle of a pipeline that needs it.
async fn bundled(with_models: bool) -> (TempDir, App, PathBuf) {
    let (folder, app) = world().await;
    let source = folder.path().join("tiny.gguf");
    fs::write(&source, Gguf::small().bytes()).unwrap();
    let request = ModelImportRequest { path: source.display().to_string(), mode: ImportMode::Copy, name: None };
    app.import_model(request).await.unwrap().result().await.unwrap();
    app.bind("CodeLlama", "tiny").await.unwrap();
    app.bind("Assembler", "scripted").await.unwrap();
    let saved = app.save_pipeline(NewPipeline { project_id: None, document: pipeline(), label: None }).await.unwrap();
    let path = folder.path().join("all.brickwork-bundle");
    let request = BundleExportRequest {
        path: path.display().to_string(),
        pipelines: vec![saved.id],
        with_models,
        ..BundleExportRequest::default()
    };
    let manifest = app.export_bundle(request.clone()).await.unwrap().result().await.unwrap();
    assert_eq!((manifest.pipelines.len(), manifest.models.len(), manifest.models[0].included), (1, 1, with_models));
    assert_eq!(app.export_bundle(request).await.unwrap_err().code(), ErrorCode::Conflict, "it exists by now");
    (folder, app, path)
}

fn importing(path: &Path) -> BundleImportRequest {
    BundleImportRequest { path: path.display().to_string(), project_id: None, bind: true }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_brings_everything_to_an_empty_machine() {
    let (_from, _app, path) = bundled(true).await;
    let (_to, app) = world().await;
    let plan = app.plan_bundle_import(importing(&path)).await.unwrap();
    assert_eq!(
        (plan.models[0].outcome, plan.pipelines[0].outcome),
        (BundleModelOutcome::New, BundlePipelineOutcome::New)
    );
    assert!(plan.needed_bytes > 0 && app.pipelines(None).await.unwrap().is_empty(), "a plan writes nothing");

    let report = app.import_bundle(importing(&path)).await.unwrap().result().await.unwrap();
    let id = report.pipelines[0].pipeline_id.unwrap();
    assert_eq!(Value::Object(app.pipeline(id).await.unwrap().document), pipeline());
    let view = app.models().await.unwrap();
    assert_eq!((&*view.models[0].binding.id, view.models[0].binding.present), ("tiny", true));
    assert!(report.bindings.iter().any(|bound| bound.outcome == BundleBindingOutcome::Bound), "{report:?}");

    let again = app.import_bundle(importing(&path)).await.unwrap().result().await.unwrap();
    assert_eq!(again.models[0].outcome, BundleModelOutcome::AlreadyThere);
    assert_eq!(again.pipelines[0].outcome, BundlePipelineOutcome::AlreadyThere);
    assert_eq!(app.pipelines(None).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_another_model_has_stops_the_import() {
    let (_from, _app, path) = bundled(true).await;
    let (_to, app) = world().await;
    let own = app.config().models_dir.join("tiny.gguf");
    fs::write(&own, Gguf::small().text("general.description", "mine").bytes()).unwrap();
    let plan = app.plan_bundle_import(importing(&path)).await.unwrap();
    assert_eq!(plan.models[0].outcome, BundleModelOutcome::NameTaken);
    let before = fs::read(&own).unwrap();
    assert_eq!(app.import_bundle(importing(&path)).await.unwrap_err().code(), ErrorCode::Conflict);
    assert!(fs::read(&own).unwrap() == before && app.pipelines(None).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_without_models_says_what_to_get() {
    let (_from, _app, path) = bundled(false).await;
    let (_to, app) = world().await;
    let report = app.import_bundle(importing(&path)).await.unwrap().result().await.unwrap();
    assert_eq!((report.models[0].outcome, report.models[0].sha256[0].len()), (BundleModelOutcome::Missing, 64));
    assert!(
        report.bindings.iter().all(|bound| bound.role != "CodeLlama" || bound.outcome == BundleBindingOutcome::Kept)
    );
    // Where the very same model is, nothing is missing.
    fs::write(app.config().models_dir.join("other name.gguf"), Gguf::small().bytes()).unwrap();
    let plan = app.plan_bundle_import(importing(&path)).await.unwrap();
    assert_eq!(plan.models[0].outcome, BundleModelOutcome::AlreadyThere);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_cannot_be_are_refused_with_their_place() {
    let (folder, app) = world().await;
    for role in ["CodeLlama", "Assembler"] {
        app.bind(role, "scripted").await.unwrap();
    }
    let path = folder.path().join("x.brickwork-bundle").display().to_string();
    let export = |path: &str, documents: Vec<Value>| BundleExportRequest {
        path: path.to_owned(),
        documents,
        ..BundleExportRequest::default()
    };
    for (request, place) in [
        (export("x", vec![pipeline()]), "$.path"),
        (export("/no/such/folder/x", vec![pipeline()]), "$.path"),
        (export(&path, Vec::new()), "$.pipelines"),
        (export(&path, vec![pipeline(), json!({})]), "$.documents[1].name"),
        (BundleExportRequest { pipelines: vec![uuid::Uuid::nil()], ..export(&path, Vec::new()) }, "$.pipelines[0]"),
    ] {
        let error = app.export_bundle(request).await.unwrap_err();
        assert_eq!((error.code(), &*error.diagnostics()[0].path), (ErrorCode::Invalid, place), "{error}");
    }
    fs::write(&path, "no bundle").unwrap();
    let unknown = BundleImportRequest { project_id: Some(uuid::Uuid::nil()), ..importing(Path::new(&path)) };
    for (request, place) in [(importing(Path::new(&path)), "$.path"), (unknown, "$.project_id")] {
        let error = app.plan_bundle_import(request.clone()).await.unwrap_err();
        assert_eq!((error.code(), &*error.diagnostics()[0].path), (ErrorCode::Invalid, place), "{error}");
        assert!(app.import_bundle(request).await.is_err());
    }
}
