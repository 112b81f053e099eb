//! The list of runs, the trash, drafts, and runs made from saved pipelines.

use brickwork_app::{
    App, AppConfig, AppError, DEFAULT_PROJECT_ID, DraftRequest, ErrorCode, NewPipeline, PipelineCopy, PipelineUpdate,
    ProjectRequest, PruneRequest, RefusalReason, RunListRequest, RunState, RunStatus, RunView, RunsRequest, Settings,
    StartRun, VersionLabel, instant_of, run_states_of,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world;

fn body(name: &str) -> Value {
    json!({ "name": name, "steps": [{ "step_name": "first", "model_type": "CodeLlama", "prompt": "A quince" }] })
}

async fn ended(app: &App, name: &str, pipeline_id: Option<Uuid>) -> RunView {
    let body = body(name);
    let request = StartRun { project_id: DEFAULT_PROJECT_ID, body: &body, idempotency_key: None };
    let started = match pipeline_id {
        Some(id) => app.start_run_of_pipeline(id, request).await.unwrap(),
        None => app.start_run(request).await.unwrap(),
    };
    let run = app.wait(started.run.run_id).await.unwrap();
    assert_eq!(run.status, RunStatus::Success);
    run
}

async fn listed(app: &App, request: RunListRequest) -> Vec<Uuid> {
    let page = app.runs(RunListRequest { count: true, ..request }).await.unwrap();
    assert_eq!(page.total, Some(page.runs.len() as u64));
    page.runs.iter().map(|run| run.run_id).collect()
}

fn searching(text: &str) -> RunListRequest {
    RunListRequest { text: Some(text.into()), ..RunListRequest::default() }
}

fn new(document: Value) -> NewPipeline {
    NewPipeline { project_id: None, document, label: None }
}

fn draft(name: &str, seq: u64) -> DraftRequest {
    DraftRequest { document: json!({ "name": name }), editor: Some(json!({ "past": [1] })), base_version: 1, seq }
}

/// Codes and places of an error's findings.
fn findings(error: &AppError) -> Vec<(&str, &str)> {
    error.diagnostics().iter().map(|found| (found.code.as_str(), found.path.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_searched_filtered_and_counted() {
    let (_folder, app) = world().await;
    let form = app.save_pipeline(new(body("Form"))).await.unwrap();
    let (one, two) = (ended(&app, "Apple", None).await, ended(&app, "Form", Some(form.id)).await);
    assert_eq!(listed(&app, RunListRequest::default()).await, [two.run_id, one.run_id]);
    assert_eq!(listed(&app, searching("quince app")).await, [one.run_id]);
    assert_eq!(listed(&app, searching(&two.run_id.to_string())).await, [two.run_id]);
    let page = app.runs(searching("quin")).await.unwrap();
    assert!(page.runs.iter().all(|run| run.snippet.as_ref().is_some_and(|parts| parts.iter().any(|part| part.hit))));
    assert!(page.runs.iter().all(|run| run.generated_tokens > 0 && run.project_name == "Default project"));
    assert_eq!(page.total, None, "counting is asked for");
    app.set_favourite(one.run_id, true).await.unwrap();
    assert!(app.run(one.run_id).await.unwrap().favourite);
    assert_eq!(listed(&app, RunListRequest { favourite: true, ..Default::default() }).await, [one.run_id]);
    let of_form = RunListRequest { pipeline_id: Some(form.id), ..Default::default() };
    assert_eq!(listed(&app, of_form).await, [two.run_id]);
    let until = RunListRequest { to: Some(two.created_at), ..Default::default() };
    assert_eq!(listed(&app, until).await, [one.run_id]);
    let failed = RunListRequest { states: vec![RunState::Status(RunStatus::Failed)], ..Default::default() };
    assert_eq!(listed(&app, failed).await, [] as [Uuid; 0]);

    assert_eq!(findings(&app.runs(searching(&"x".repeat(501))).await.unwrap_err()), [("too_long", "q")]);
    let unknown = app.set_favourite(Uuid::nil(), true).await.unwrap_err();
    assert_eq!(unknown.code(), ErrorCode::NotFound);
    assert_eq!(run_states_of("SUCCESS,PAUSED").unwrap(), [RunState::Status(RunStatus::Success), RunState::Paused]);
    assert_eq!(findings(&run_states_of("SUCCESS,").unwrap_err()), [("unknown_status", "status")]);
    assert_eq!(findings(&instant_of("yesterday", "from").unwrap_err()), [("invalid_time", "from")]);
    app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_runs_come_back_until_the_trash_is_emptied() {
    let (_folder, app) = world().await;
    let (one, two) = (ended(&app, "One", None).await.run_id, ended(&app, "Two", None).await.run_id);
    app.delete_run(one).await.unwrap();
    let missing = Uuid::from_u128(404);
    for error in [
        app.run(one).await.unwrap_err(),
        app.wait(one).await.unwrap_err(),
        app.delete_run(one).await.unwrap_err(),
        app.cancel_run(one).await.unwrap_err(),
        app.artifacts(one).await.unwrap_err(),
        app.events(one, 0).await.err().unwrap(),
        app.set_favourite(one, true).await.unwrap_err(),
        app.restore_run(missing).await.unwrap_err(),
        app.delete_run_forever(missing).await.unwrap_err(),
    ] {
        assert_eq!(error.code(), ErrorCode::NotFound, "{error}");
    }
    let storage = app.storage().await.unwrap();
    assert_eq!((storage.runs, storage.trashed_runs), (1, 1));
    assert_eq!(app.restore_run(one).await.unwrap().run_id, one);
    assert_eq!(app.restore_run(one).await.unwrap().name, "One", "it is there already");

    let held = body("Held");
    let request = StartRun { project_id: DEFAULT_PROJECT_ID, body: &held, idempotency_key: None };
    let held = app.start_run(request).await.unwrap().run.run_id;
    let paused = app.pause_run(held).await;
    let deleted = app.delete_runs(RunsRequest { run_ids: vec![one, two, one, missing] }).await.unwrap();
    assert_eq!((deleted.deleted, deleted.refused.len()), (2, 1));
    assert_eq!((deleted.refused[0].run_id, deleted.refused[0].reason), (missing, RefusalReason::NotFound));
    if paused.is_ok_and(|run| run.paused) {
        let refused = app.delete_runs(RunsRequest { run_ids: vec![held] }).await.unwrap().refused;
        assert_eq!(refused[0].reason, RefusalReason::Unfinished);
        assert_eq!(app.delete_run_forever(held).await.unwrap_err().code(), ErrorCode::Conflict);
        app.cancel_run(held).await.unwrap();
    }
    let restored = app.restore_runs(RunsRequest { run_ids: vec![two, missing] }).await.unwrap();
    assert_eq!((restored.restored, restored.refused.len()), (1, 1));

    let asked = PruneRequest::default();
    let told = app.prune(asked.retention(), true).await.unwrap();
    assert_eq!((told.runs, told.trashed_runs), (1, 1), "only what is in the trash");
    let done = app.prune(asked.retention(), false).await.unwrap();
    assert_eq!((done.runs, done.trashed_runs), (1, 1));
    assert_eq!(app.restore_run(one).await.unwrap_err().code(), ErrorCode::NotFound);
    app.delete_run_forever(two).await.unwrap();
    assert_eq!(app.restore_run(two).await.unwrap_err().code(), ErrorCode::NotFound);
    let many = RunsRequest { run_ids: (0..10_001).map(Uuid::from_u128).collect() };
    assert_eq!(findings(&app.delete_runs(many.clone()).await.unwrap_err()), [("too_many", "$.run_ids")]);
    assert_eq!(findings(&app.restore_runs(many).await.unwrap_err()), [("too_many", "$.run_ids")]);
    app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_dies_loses_no_draft() {
    let (folder, app) = world().await;
    let form = app.save_pipeline(new(body("Form"))).await.unwrap();
    let saved = app.save_draft(form.id, draft("Edited", 3)).await.unwrap();
    assert_eq!(saved.seq, 3);
    // Nothing is shut down: what is read is what was on disk when the draft was answered.
    let other = App::open(AppConfig::new(folder.path())).await.unwrap();
    let kept = other.pipeline(form.id).await.unwrap().draft.unwrap();
    assert_eq!((kept.document["name"].as_str(), kept.seq, kept.saved_at), (Some("Edited"), 3, saved.saved_at));
    let stale = other.save_draft(form.id, draft("Late", 2)).await.unwrap_err();
    assert!(matches!(stale, AppError::DraftConflict { seq: 3 }) && stale.code() == ErrorCode::DraftConflict);
    let listed = app.pipelines(None).await.unwrap();
    assert_eq!((listed[0].draft_saved_at, listed[0].roles.len()), (Some(saved.saved_at), 0));

    let faulty = DraftRequest { document: json!([]), base_version: 0, seq: u64::MAX, ..draft("x", 1) };
    let error = app.save_draft(form.id, faulty).await.unwrap_err();
    let expected = [("out_of_range", "$.base_version"), ("out_of_range", "$.seq"), ("wrong_type", "$.document")];
    assert_eq!(findings(&error), expected);
    let large = json!({ "text": "y".repeat(3 << 20) });
    let large = DraftRequest { document: large.clone(), editor: Some(large), ..draft("x", 9) };
    let error = app.save_draft(form.id, large).await.unwrap_err();
    assert_eq!(findings(&error), [("too_large", "$.document"), ("too_large", "$.editor")]);

    let update = PipelineUpdate { document: body("Form"), label: None, base_version: None };
    assert_eq!(app.update_pipeline(form.id, update).await.unwrap().version, 1);
    assert_eq!(app.pipeline(form.id).await.unwrap().draft, None);
    app.save_draft(form.id, draft("Again", 1)).await.unwrap();
    app.delete_draft(form.id).await.unwrap();
    assert_eq!(app.pipeline(form.id).await.unwrap().draft, None);
    for error in [
        app.save_draft(Uuid::nil(), draft("x", 1)).await.unwrap_err(),
        app.delete_draft(Uuid::nil()).await.unwrap_err(),
    ] {
        assert_eq!(error.code(), ErrorCode::NotFound);
    }
    other.shutdown().await;
    app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_says_which_version_it_was_made_from() {
    let (_folder, app) = world().await;
    let form = app.save_pipeline(new(body("Form"))).await.unwrap();
    let one = ended(&app, "Form", Some(form.id)).await;
    assert_eq!((one.pipeline_id, one.pipeline_version), (Some(form.id), Some(1)), "the document is the newest one");
    let two = ended(&app, "Changed", Some(form.id)).await;
    assert_eq!(two.pipeline_version, Some(2));
    assert_eq!(ended(&app, "Changed", None).await.pipeline_id, None);
    let versions = app.pipeline_versions(form.id).await.unwrap();
    let found: Vec<_> = versions.iter().map(|one| (one.version, one.runs, one.run_id)).collect();
    assert_eq!(found, [(2, 1, Some(two.run_id)), (1, 1, Some(one.run_id))]);
    assert_eq!(app.pipeline(form.id).await.unwrap().name, "Changed");

    let changed = body("Changed");
    let send = |pipeline_id: Option<Uuid>| {
        let (app, changed) = (app.clone(), changed.clone());
        async move {
            let key = Some("k".to_owned());
            let request = StartRun { project_id: DEFAULT_PROJECT_ID, body: &changed, idempotency_key: key };
            match pipeline_id {
                Some(id) => app.start_run_of_pipeline(id, request).await,
                None => app.start_run(request).await,
            }
        }
    };
    let lost = send(Some(Uuid::nil())).await.unwrap_err();
    assert_eq!(findings(&lost), [("unknown_pipeline", "pipeline_id")]);
    let made = send(Some(form.id)).await.unwrap().run;
    assert!(send(Some(form.id)).await.unwrap().replayed);
    assert_eq!(send(None).await.unwrap_err().code(), ErrorCode::IdempotencyKeyReused, "that is another request");
    app.wait(made.run_id).await.unwrap();
    app.delete_run(made.run_id).await.unwrap();
    assert!(!send(None).await.unwrap().replayed, "the key of a run in the trash is free");

    app.delete_pipeline(form.id).await.unwrap();
    let orphan = app.run(one.run_id).await.unwrap();
    assert_eq!((orphan.pipeline_id, orphan.pipeline_version), (None, None));
    app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelines_are_copied_and_their_versions_named() {
    let (_folder, app) = world().await;
    let shop = app.create_project(ProjectRequest { name: "Shop".into(), ..Default::default() }).await.unwrap();
    let form = app.save_pipeline(new(body("Form"))).await.unwrap();
    let copy = app.copy_pipeline(form.id, PipelineCopy::default()).await.unwrap();
    assert_eq!((&*copy.name, copy.version, copy.project_id), ("Form (copy)", 1, DEFAULT_PROJECT_ID));
    assert_eq!(copy.document["steps"], body("Form")["steps"]);
    app.save_draft(form.id, draft("Edited", 1)).await.unwrap();
    let request = PipelineCopy { name: Some(" Mine ".into()), project_id: Some(shop.id) };
    let copy = app.copy_pipeline(form.id, request).await.unwrap();
    assert_eq!((&*copy.name, copy.project_id, copy.document.contains_key("steps")), ("Mine", shop.id, false));
    assert_eq!(copy.draft, None);
    let request = PipelineCopy { name: Some("  ".into()), project_id: None };
    assert_eq!(findings(&app.copy_pipeline(form.id, request).await.unwrap_err()), [("empty", "$.name")]);
    let request = PipelineCopy { name: None, project_id: Some(Uuid::nil()) };
    let error = app.copy_pipeline(form.id, request).await.unwrap_err();
    assert_eq!(findings(&error), [("unknown_project", "$.project_id")]);
    let long = app.save_pipeline(new(body(&"ñ".repeat(200)))).await.unwrap();
    let copy = app.copy_pipeline(long.id, PipelineCopy::default()).await.unwrap();
    assert_eq!((copy.name.chars().count(), copy.name.ends_with(" (copy)")), (200, true));

    let label = |label: Option<&str>| VersionLabel { label: label.map(Into::into) };
    assert_eq!(app.label_version(form.id, 1, label(Some(" sent "))).await.unwrap().label.as_deref(), Some("sent"));
    assert_eq!(app.label_version(form.id, 1, label(None)).await.unwrap().label, None);
    assert_eq!(findings(&app.label_version(form.id, 1, label(Some(""))).await.unwrap_err()), [("empty", "$.label")]);
    for error in [
        app.label_version(form.id, 9, label(None)).await.unwrap_err(),
        app.label_version(Uuid::nil(), 1, label(None)).await.unwrap_err(),
        app.copy_pipeline(Uuid::nil(), PipelineCopy::default()).await.unwrap_err(),
    ] {
        assert_eq!(error.code(), ErrorCode::NotFound);
    }
    let settings = app.settings().await.unwrap();
    assert_eq!((settings.notifications, settings.first_start_done), (true, false));
    let changed = Settings { notifications: false, first_start_done: true, ..settings };
    app.set_settings(changed.clone()).await.unwrap();
    assert_eq!(app.settings().await.unwrap(), changed);
    app.shutdown().await;
}
