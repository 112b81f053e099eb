//! Projects, saved pipelines, artifacts as files, and how much of all that there is.

use std::io::{Cursor, Read};

use brickwork_app::{
    App, AppError, DEFAULT_PROJECT_ID, ErrorCode, NewPipeline, PipelineUpdate, ProjectRequest, Retention, RunStatus,
    StartRun, artifact_id_of, pipeline_id_of, project_id_of, version_of,
};
use serde_json::{Value, json};
use uuid::Uuid;
use zip::ZipArchive;

use crate::world;

async fn run_to_its_end(app: &App, project_id: Uuid) -> Uuid {
    let body = json!({ "name": "Two", "steps": [
        { "step_name": "first", "model_type": "CodeLlama", "prompt": "x" },
        { "step_name": "second", "model_type": "CodeGemma", "prompt": "y" }
    ] });
    let request = StartRun { project_id, body: &body, idempotency_key: None };
    let run_id = app.start_run(request).await.unwrap().run.run_id;
    assert_eq!(app.wait(run_id).await.unwrap().status, RunStatus::Success);
    run_id
}

fn shop() -> ProjectRequest {
    ProjectRequest { name: " Shop ".into(), ..ProjectRequest::default() }
}

/// Codes and places of an error's findings.
fn findings(error: &AppError) -> Vec<(&str, &str)> {
    error.diagnostics().iter().map(|found| (found.code.as_str(), found.path.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn projects_are_made_changed_and_deleted() {
    let (_folder, app) = world().await;
    let made = app.create_project(shop()).await.unwrap();
    assert_eq!((&*made.name, &made.folder), ("Shop", &None));
    let folder = std::env::temp_dir().display().to_string();
    let request = ProjectRequest { name: "Café".into(), folder: Some(folder.clone()), ..ProjectRequest::default() };
    let changed = app.update_project(made.id, request).await.unwrap();
    assert_eq!((&*changed.name, changed.folder, changed.created_at), ("Café", Some(folder), made.created_at));
    assert_eq!(app.project(made.id).await.unwrap().name, "Café");

    let faulty = ProjectRequest { name: " \n".into(), folder: Some("shop".into()), ..ProjectRequest::default() };
    for error in
        [app.create_project(faulty.clone()).await.unwrap_err(), app.update_project(made.id, faulty).await.unwrap_err()]
    {
        assert_eq!(error.code(), ErrorCode::Invalid);
        assert_eq!(findings(&error), [("empty", "$.name"), ("not_absolute", "$.folder")]);
        assert!(error.diagnostics().iter().all(|found| !found.remedy.is_empty()));
    }
    let long = ProjectRequest { name: "x".repeat(201), ..ProjectRequest::default() };
    assert_eq!(findings(&app.create_project(long).await.unwrap_err()), [("too_long", "$.name")]);
    let unknown = Uuid::from_u128(404);
    assert_eq!(app.update_project(unknown, shop()).await.unwrap_err().code(), ErrorCode::NotFound);
    assert_eq!(app.delete_project(unknown, true).await.unwrap_err().code(), ErrorCode::NotFound);

    assert_eq!(app.delete_project(DEFAULT_PROJECT_ID, true).await.unwrap_err().code(), ErrorCode::Conflict);
    let run = run_to_its_end(&app, made.id).await;
    let refused = app.delete_project(made.id, false).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::Conflict);
    assert!(refused.to_string().contains("runs: 1"), "{refused}");
    app.delete_project(made.id, true).await.unwrap();
    assert_eq!(app.run(run).await.unwrap_err().code(), ErrorCode::NotFound);
    app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelines_are_saved_unfinished_and_versioned() {
    let (_folder, app) = world().await;
    let new = |document: Value| NewPipeline { project_id: None, document, label: None };
    let saved = app.save_pipeline(new(json!({ "name": "Draft", "steps": "not yet" }))).await.unwrap();
    assert_eq!((saved.version, saved.project_id), (1, DEFAULT_PROJECT_ID));
    let update = |document: Value, base_version| PipelineUpdate { document, label: Some(" v ".into()), base_version };
    let second = app.update_pipeline(saved.id, update(json!({ "name": "Form" }), Some(1))).await.unwrap();
    assert_eq!((second.version, second.label.as_deref(), &*second.name), (2, Some("v"), "Form"));
    let stale = app.update_pipeline(saved.id, update(json!({ "name": "Mine" }), Some(1))).await.unwrap_err();
    assert_eq!(stale.code(), ErrorCode::Conflict);
    assert!(stale.to_string().contains("newest"), "{stale}");
    let third = app.restore_pipeline(saved.id, 1).await.unwrap();
    assert_eq!((third.version, &*third.name), (3, "Draft"));
    assert_eq!(app.pipeline_versions(saved.id).await.unwrap().len(), 3);
    assert_eq!(app.pipeline_version(saved.id, 2).await.unwrap().document["name"], "Form");

    let check = |document: Value, expected: &'static [(&'static str, &'static str)]| {
        let app = app.clone();
        let request = NewPipeline { project_id: None, document, label: None };
        async move { assert_eq!(findings(&app.save_pipeline(request).await.unwrap_err()), expected) }
    };
    check(json!([]), &[("wrong_type", "$.document")]).await;
    check(json!({}), &[("missing_field", "$.document.name")]).await;
    check(json!({ "name": 1 }), &[("wrong_type", "$.document.name")]).await;
    check(json!({ "name": "x".repeat(201) }), &[("too_long", "$.document.name")]).await;
    check(json!({ "name": "x", "note": "y".repeat(3 << 20) }), &[("too_large", "$.document")]).await;
    let lost = NewPipeline { project_id: Some(Uuid::from_u128(404)), ..new(json!({ "name": "x" })) };
    assert_eq!(findings(&app.save_pipeline(lost).await.unwrap_err()), [("unknown_project", "$.project_id")]);
    let labelled = NewPipeline { label: Some("a\nb".into()), ..new(json!({})) };
    let faults = app.save_pipeline(labelled).await.unwrap_err();
    assert_eq!(findings(&faults), [("missing_field", "$.document.name"), ("control_character", "$.label")]);

    app.delete_pipeline(saved.id).await.unwrap();
    for error in [
        app.pipeline(saved.id).await.unwrap_err(),
        app.delete_pipeline(saved.id).await.unwrap_err(),
        app.pipeline_versions(saved.id).await.unwrap_err(),
        app.pipeline_version(saved.id, 1).await.unwrap_err(),
        app.restore_pipeline(saved.id, 1).await.unwrap_err(),
        app.update_pipeline(saved.id, update(json!({ "name": "x" }), None)).await.unwrap_err(),
        app.pipelines(Some(Uuid::from_u128(404))).await.unwrap_err(),
        pipeline_id_of("x").unwrap_err(),
        project_id_of("x").unwrap_err(),
        version_of("0").unwrap_err(),
        artifact_id_of("x").unwrap_err(),
    ] {
        assert_eq!(error.code(), ErrorCode::NotFound, "{error}");
    }
    app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn artifacts_are_files_with_safe_names() {
    let (_folder, app) = world().await;
    let run_id = run_to_its_end(&app, DEFAULT_PROJECT_ID).await;
    let artifacts = app.artifacts(run_id).await.unwrap();
    let first = &artifacts[0];
    assert_eq!(app.artifact(run_id, first.id).await.unwrap(), *first);
    let file = app.artifact_file(run_id, first.id).await.unwrap();
    assert!(!file.name.contains('/') && file.content == first.artifact.content, "{file:?}");
    assert_eq!(app.artifact(run_id, -1).await.unwrap_err().code(), ErrorCode::NotFound);
    assert_eq!(app.artifact(Uuid::from_u128(404), first.id).await.unwrap_err().code(), ErrorCode::NotFound);

    let run = app.run(run_id).await.unwrap();
    let read = |bytes: Vec<u8>| -> Vec<(String, String)> {
        let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
        (0..zip.len())
            .map(|index| {
                let mut entry = zip.by_index(index).unwrap();
                let mut text = String::new();
                entry.read_to_string(&mut text).unwrap();
                (entry.name().unwrap().into_owned(), text)
            })
            .collect()
    };
    let bytes = app.artifacts_zip(run_id, false).await.unwrap();
    assert_eq!(app.artifacts_zip(run_id, false).await.unwrap(), bytes, "the same bytes every time");
    let expected: Vec<_> = run.final_artifacts.iter().map(|one| (one.name.clone(), one.content.clone())).collect();
    let mut packed = read(bytes);
    let (name, manifest) = packed.pop().unwrap();
    assert_eq!((name.as_str(), packed), ("brickwork.json", expected));
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["files"][0]["name"], run.final_artifacts[0].name.as_str());
    assert_eq!(manifest["pipeline_document"]["name"], run.name.as_str());
    let all = read(app.artifacts_zip(run_id, true).await.unwrap());
    assert_eq!(all.len(), artifacts.len() + 1, "and the manifest");
    for folder in ["steps/01-first/", "steps/02-second/"] {
        assert!(all.iter().any(|(name, _)| name.starts_with(folder)), "{folder} is missing: {all:?}");
    }
    app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn storage_is_told_and_old_runs_go() {
    let (_folder, app) = world().await;
    let run_id = run_to_its_end(&app, DEFAULT_PROJECT_ID).await;
    let storage = app.storage().await.unwrap();
    assert_eq!((storage.runs, storage.unfinished_runs, storage.projects), (1, 0, 1));
    assert_eq!(storage.used_bytes + storage.free_bytes, storage.database_bytes);
    assert_eq!(app.prune(Retention::default(), false).await.unwrap().runs, 0);
    let a_day = Retention { max_age_days: Some(1), max_size_mib: None };
    assert_eq!(app.prune(a_day, false).await.unwrap().runs, 0, "it is younger than a day");
    let all = Retention { max_age_days: Some(0), max_size_mib: None };
    let told = app.prune(all, true).await.unwrap();
    // So small a run may share all its pages with others, so that none of them becomes free.
    assert!(told.dry_run && told.runs == 1, "{told:?}");
    assert!(app.run(run_id).await.is_ok());
    assert_eq!(app.prune(all, false).await.unwrap().freed_bytes, told.freed_bytes);
    assert_eq!(app.run(run_id).await.unwrap_err().code(), ErrorCode::NotFound);
    app.vacuum().await.unwrap();
    assert_eq!(app.storage().await.unwrap().free_bytes, 0);
    app.check_database().await.unwrap();
    app.shutdown().await;
}
