//! Models of this machine, as the use cases see them: found, imported, changed, renamed, removed.

use std::fs;
use std::path::{Path, PathBuf};

use brickwork_app::{
    App, AppConfig, AppError, CheckedState, ErrorCode, GenerateRequest, ImportMode, InferenceErrorCode, InferenceEvent,
    ModelImportRequest, ModelRenameRequest, ModelVerifyRequest, ModelsView, Parameters, StartRun, TransferState,
};
use brickwork_models::found::{HostSystem, Surroundings};
use futures::StreamExt;
use serde_json::json;
use tempfile::TempDir;

use crate::builder::Gguf;

/// A data folder of its own beside a home with models of other programs.
async fn world() -> (TempDir, App) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = AppConfig::new(folder.path().join("data"));
    config.surroundings = Surroundings {
        system: HostSystem::current(),
        home: Some(folder.path().to_owned()),
        variables: std::collections::BTreeMap::new(),
    };
    let app = App::open(config).await.unwrap();
    for role in ["CodeLlama", "CodeGemma", "T5Gemma", "Assembler"] {
        app.bind(role, "scripted").await.unwrap();
    }
    (folder, app)
}

fn write(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, Gguf::small().bytes()).unwrap();
    path
}

async fn import(app: &App, path: &Path, mode: ImportMode) -> Result<String, AppError> {
    let request = ModelImportRequest { path: path.display().to_string(), mode, name: None };
    let work = app.import_model(request).await?;
    let id = work.transfer.id;
    let report = work.result().await.unwrap();
    assert_eq!(app.transfer(id).unwrap().state, TransferState::Done);
    Ok(report.models[0].id.clone())
}

fn ids(view: &ModelsView) -> Vec<&str> {
    view.files.iter().map(|file| &*file.id).collect()
}

fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(path, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_of_another_program_is_used_where_it_lies() {
    let (folder, app) = world().await;
    let path = write(folder.path(), ".lmstudio/models/owner/repo/Tiny.gguf");
    let found = app.found_models().await.unwrap();
    assert_eq!((&*found.models[0].name, found.models[0].model_id.as_deref()), ("owner/repo/Tiny.gguf", None));
    let refused = import(&app, &path, ImportMode::Move).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::Invalid, "LM Studio would lose it: {refused}");
    assert_eq!(import(&app, &path, ImportMode::Link).await.unwrap(), "Tiny");
    let found = app.found_models().await.unwrap();
    assert_eq!(found.models[0].model_id.as_deref(), Some("Tiny"));
    let view = app.bind("CodeLlama", "Tiny").await.unwrap();
    assert_eq!(view.models[0].binding.path, path.display().to_string());
    let usage = app.models_usage().await.unwrap();
    assert!(!usage.models[0].is_inside && usage.total_bytes < 4096, "{usage:?}");
    fs::remove_file(&path).unwrap();
    let view = app.models().await.unwrap();
    assert!(view.files[0].problem.as_ref().unwrap().contains("is gone"));
    assert!(ids(&app.remove_model("Tiny", true).await.unwrap()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_is_refused_when_it_is_bound_and_when_it_is_run() {
    let (folder, app) = world().await;
    let id = import(&app, &write(folder.path(), "m.gguf"), ImportMode::Copy).await.unwrap();
    app.bind("CodeLlama", &id).await.unwrap();
    let path = app.config().models_dir.join("m.gguf");

    flip(&path);
    let request =
        GenerateRequest { model: id.clone(), prompt: "x".into(), raw: true, parameters: Parameters::default() };
    let mut events = app.generate(request).await.unwrap();
    let Some(InferenceEvent::Failed(error)) = events.next().await else { panic!("it must not run") };
    assert_eq!(error.code, InferenceErrorCode::ModelInvalid);
    assert!(error.message.contains("was changed since its checksum was recorded"), "{}", error.message);

    let pipeline = json!({ "name": "p", "steps": [{ "step_name": "a", "model_type": "CodeLlama", "prompt": "x" }] });
    let request = StartRun { project_id: brickwork_app::DEFAULT_PROJECT_ID, body: &pipeline, idempotency_key: None };
    assert_eq!(app.start_run(request).await.unwrap_err().code(), ErrorCode::ModelProblem);
    assert_eq!(app.bind("CodeGemma", &id).await.unwrap_err().code(), ErrorCode::ModelProblem);
    assert_eq!(app.models_usage().await.unwrap().models[0].checked, CheckedState::Changed);

    let verify = |accept| app.verify_model(ModelVerifyRequest { id: id.clone(), accept });
    let work = verify(false).await.unwrap();
    let transfer = work.transfer.id;
    assert_eq!(work.result().await.unwrap_err().code, "checksum_mismatch");
    assert_eq!(app.transfer(transfer).unwrap().state, TransferState::Failed);
    verify(true).await.unwrap().result().await.unwrap();
    app.bind("CodeGemma", &id).await.unwrap();
    assert_eq!(app.models_usage().await.unwrap().models[0].checked, CheckedState::Verified);
}

#[tokio::test(flavor = "multi_thread")]
async fn models_that_are_needed_stay_and_renamed_ones_keep_their_roles() {
    let (folder, app) = world().await;
    let source = write(folder.path(), "m.gguf");
    import(&app, &source, ImportMode::Copy).await.unwrap();
    app.bind("T5Gemma", "m").await.unwrap();
    let refused = app.remove_model("m", false).await.unwrap_err();
    assert!(refused.code() == ErrorCode::Conflict && refused.to_string().contains("T5Gemma"), "{refused}");
    for (id, name, code) in
        [("m", "../x", ErrorCode::Invalid), ("none", "x", ErrorCode::NotFound), ("m", "m", ErrorCode::Conflict)]
    {
        let request = ModelRenameRequest { id: id.into(), name: name.into() };
        assert_eq!(app.rename_model(request).await.unwrap_err().code(), code, "{id} {name}");
    }
    let view = app.rename_model(ModelRenameRequest { id: "m".into(), name: "better".into() }).await.unwrap();
    assert_eq!((ids(&view), &*view.models[2].binding.id), (vec!["better"], "better"));
    assert_eq!(app.remove_model("m", false).await.unwrap_err().code(), ErrorCode::NotFound);
    assert!(ids(&app.remove_model("better", true).await.unwrap()).is_empty());
    assert!(source.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_imported_is_refused_with_its_place() {
    let (folder, app) = world().await;
    let text = folder.path().join("x.gguf");
    fs::write(&text, "no model").unwrap();
    for (path, name, place) in [
        ("relative.gguf".to_owned(), None, "$.path"),
        (text.display().to_string(), None, "$.path"),
        (folder.path().join("none.gguf").display().to_string(), None, "$.path"),
        (write(folder.path(), "m.gguf").display().to_string(), Some("../m"), "$.name"),
    ] {
        let request = ModelImportRequest { path, mode: ImportMode::Copy, name: name.map(str::to_owned) };
        let error = app.import_model(request).await.unwrap_err();
        assert_eq!((error.code(), &*error.diagnostics()[0].path), (ErrorCode::Invalid, place), "{error}");
    }
    let missing = ModelVerifyRequest { id: "none".into(), accept: false };
    assert_eq!(app.verify_model(missing).await.unwrap_err().code(), ErrorCode::NotFound);
}
