//! Running again what changed, and editing outputs while a run waits.

use std::fs;
use std::time::Duration;

use brickwork_app::{
    App, AppError, DEFAULT_PROJECT_ID, ErrorCode, ProjectRequest, RerunAction, RerunRequest, RunChange, RunEventKind,
    RunStatus, RunView, StartRun,
};
use futures::StreamExt;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world;

/// `plan`, which `form` and `style` read, each alone.
fn pipeline() -> Value {
    json!({"name": "Branches", "steps": [
        {"step_name": "plan", "model_type": "CodeLlama", "prompt": "Plan."},
        {"step_name": "form", "model_type": "CodeGemma", "prompt": "Write the form.", "inputs": ["plan"]},
        {"step_name": "style", "model_type": "T5Gemma", "prompt": "Write the style.", "inputs": ["plan"]}
    ]})
}

async fn start(app: &App, project_id: Uuid, body: &Value) -> Uuid {
    let request = StartRun { project_id, body, idempotency_key: None };
    app.start_run(request).await.unwrap().run.run_id
}

async fn ended(app: &App, body: &Value) -> RunView {
    app.wait(start(app, DEFAULT_PROJECT_ID, body).await).await.unwrap()
}

fn keeping(pipeline: Option<Value>, from: Option<&str>) -> RerunRequest {
    RerunRequest { from: from.map(str::to_owned), pipeline, keep_unchanged: true }
}

/// Names of the steps that a plan runs, with their reasons.
async fn stale(app: &App, run_id: Uuid, request: RerunRequest) -> Vec<String> {
    let plan = app.plan_rerun(run_id, request).await.unwrap();
    let told = |reason: &brickwork_app::RerunReason| {
        let code = json!(reason.code).as_str().unwrap().to_owned();
        reason.detail.as_ref().map_or(code.clone(), |detail| format!("{code}({detail})"))
    };
    plan.steps
        .iter()
        .filter(|step| step.action == RerunAction::Run)
        .map(|step| format!("{}: {}", step.step_name, step.reasons.iter().map(told).collect::<Vec<_>>().join(" ")))
        .collect()
}

/// Waits until the run is held by the user.
async fn paused(app: &App, run_id: Uuid) -> RunView {
    for _ in 0..1_000 {
        let run = app.run(run_id).await.unwrap();
        if run.paused {
            return run;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the run does not pause: {:?}", app.run(run_id).await.unwrap().status);
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_what_changed_runs_again() {
    let (_folder, app) = world().await;
    let first = ended(&app, &pipeline()).await;
    assert_eq!(stale(&app, first.run_id, keeping(None, None)).await, [] as [&str; 0]);
    let nothing = app.rerun(first.run_id, keeping(None, None)).await.unwrap_err();
    assert_eq!((nothing.code(), &*nothing.diagnostics()[0].code), (ErrorCode::Invalid, "nothing_to_run"));
    let unknown = app.rerun(first.run_id, keeping(None, Some("nope"))).await.unwrap_err();
    assert_eq!(unknown.diagnostics()[0].code, "unknown_step");

    let mut edited = pipeline();
    edited["steps"][1]["prompt"] = json!("Write a longer form.");
    let expected = ["form: prompt_changed", "assembler: input_runs_again(form)"];
    assert_eq!(stale(&app, first.run_id, keeping(Some(edited.clone()), None)).await, expected);
    let again = app.rerun(first.run_id, keeping(Some(edited), None)).await.unwrap();
    let again = app.wait(again.run_id).await.unwrap();
    assert_eq!(again.status, RunStatus::Success);
    let from = |run: &RunView| run.steps.iter().map(|step| step.reused_from).collect::<Vec<_>>();
    assert_eq!(from(&again), [Some(first.run_id), None, Some(first.run_id)]);
    assert_eq!(again.derived_from.as_ref().unwrap().from, "form");
    for step in [0, 2] {
        assert_eq!(again.steps[step].result, first.steps[step].result);
        assert_eq!(again.steps[step].seed, first.steps[step].seed, "a step that is taken over keeps its seed");
    }
    assert!(again.steps[1].prompt.ends_with("Write a longer form."), "{}", again.steps[1].prompt);
    assert_eq!((again.steps[1].reused_from, again.assembler.reused_from), (None, None));

    // Run again from there, what was taken over names the run that carried it out.
    let third = app.rerun(again.run_id, keeping(None, Some("style"))).await.unwrap();
    let third = app.wait(third.run_id).await.unwrap();
    assert_eq!(from(&third), [Some(first.run_id), Some(again.run_id), None]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_or_model_is_told() {
    let (_data, app) = world().await;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.css"), "a {}").unwrap();
    let path = folder.path().display().to_string();
    let project = ProjectRequest { name: "Shop".into(), folder: Some(path), ..ProjectRequest::default() };
    let project = app.create_project(project).await.unwrap();
    let mut body = pipeline();
    body["steps"][2]["files"] = json!(["*.css"]);
    let run_id = start(&app, project.id, &body).await;
    app.wait(run_id).await.unwrap();
    assert_eq!(stale(&app, run_id, keeping(None, None)).await, [] as [&str; 0]);
    fs::write(folder.path().join("a.css"), "b {}").unwrap();
    assert_eq!(
        stale(&app, run_id, keeping(None, None)).await,
        ["style: files_changed(a.css)", "assembler: input_runs_again(style)"]
    );
    // Taken over by the user's own word, the step keeps the file that it saw.
    let taken = RerunRequest { from: Some("assembler".into()), ..RerunRequest::default() };
    let taken = app.rerun(run_id, taken).await.unwrap();
    app.wait(taken.run_id).await.unwrap();
    assert_eq!(stale(&app, taken.run_id, keeping(None, None)).await.len(), 2, "so it is stale there too");

    // A file that is no model at all is enough to serve a role; nothing runs here.
    fs::write(app.config().models_dir.join("other.gguf"), b"GGUF").unwrap();
    if app.bind("T5Gemma", "other").await.is_ok() {
        let stale = stale(&app, run_id, keeping(None, None)).await;
        assert!(stale[0].starts_with("style: model_changed(other)"), "{stale:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_output_is_what_the_next_steps_read() {
    let (_folder, app) = world().await;
    let mut body = pipeline();
    body["steps"][0]["pause_after"] = json!(true);
    body["steps"][1]["prompt"] = json!("Go on with {{ step_0_output }}");
    let run_id = start(&app, DEFAULT_PROJECT_ID, &body).await;
    let held = paused(&app, run_id).await;
    let words = held.steps[0].result.clone();

    let text = "By hand.\n```css\n/* by-hand.css */\na {}\n```\n";
    let edited = app.edit_output(run_id, "plan", text.into()).await.unwrap();
    let step = &edited.steps[0];
    assert_eq!((&*step.result, step.original_result.as_ref()), (text, Some(&words)));
    assert_eq!(step.artifacts[0].name, "by-hand.css");
    let code = |error: AppError| error.code();
    assert_eq!(code(app.edit_output(run_id, "form", "x".into()).await.unwrap_err()), ErrorCode::StepNotEditable);
    assert_eq!(code(app.edit_output(run_id, "nope", "x".into()).await.unwrap_err()), ErrorCode::NotFound);
    assert_eq!(code(app.edit_output(Uuid::nil(), "plan", "x".into()).await.unwrap_err()), ErrorCode::NotFound);

    app.resume_run(run_id).await.unwrap();
    let ended = app.wait(run_id).await.unwrap();
    assert_eq!(ended.status, RunStatus::Success);
    assert!(ended.steps[1].prompt.ends_with(&format!("Go on with {text}")), "{}", ended.steps[1].prompt);
    assert_eq!(ended.steps[0].original_result.as_ref(), Some(&words));
    assert_eq!(code(app.edit_output(run_id, "plan", "x".into()).await.unwrap_err()), ErrorCode::RunNotHeld);
    // The user's text is part of the run, and is taken over with it.
    let again = app.rerun(run_id, keeping(None, Some("style"))).await.unwrap();
    let again = app.wait(again.run_id).await.unwrap();
    assert_eq!((&*again.steps[0].result, again.steps[0].original_result.as_ref()), (text, Some(&words)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_step_is_shown_as_not_finished_when_it_never_ran() {
    let (_folder, app) = world().await;
    let mut body = pipeline();
    body["steps"][0]["pause_after"] = json!(true);
    let run_id = start(&app, DEFAULT_PROJECT_ID, &body).await;
    paused(&app, run_id).await;
    let stale = stale(&app, run_id, keeping(None, None)).await;
    assert_eq!(stale.len(), 3);
    assert!(stale[..2].iter().all(|line| line.ends_with(": not_finished")), "{stale:?}");
    assert!(!stale.iter().any(|line| line.starts_with("plan")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_of_an_ended_run_end_also_after_an_edit() {
    let (_folder, app) = world().await;
    let run = ended(&app, &pipeline()).await;
    let store = brickwork_store::Store::open(&app.config().database()).unwrap();
    let change = RunChange::ArtifactsEdited {
        target: brickwork_engine::ArtifactTarget::Final,
        artifacts: run.final_artifacts.clone(),
        edited: true,
    };
    let at = brickwork_engine::Timestamp::from_micros(jiff::Timestamp::now().as_microsecond());
    brickwork_engine::Journal::record(&store, run.run_id, at, change).await.unwrap();
    for after in [0, run.seq - 1, run.seq, run.seq + 1] {
        let events = app.events(run.run_id, after).await.unwrap();
        let told = tokio::time::timeout(Duration::from_secs(10), events.collect::<Vec<_>>()).await;
        let told = told.expect("the stream of an ended run ends");
        assert_eq!(told.len() as u64, run.seq + 1 - after, "after {after}");
        if let Some(last) = told.last() {
            assert!(matches!(last.kind, RunEventKind::Change { change: RunChange::ArtifactsEdited { .. } }));
        }
    }
    let edited = app.run(run.run_id).await.unwrap();
    assert!(edited.final_artifacts_edited && !edited.steps[0].artifacts_edited);
}
