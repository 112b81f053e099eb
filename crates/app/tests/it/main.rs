//! What several programs, or one program after another, make of one data folder.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use brickwork_app::{App, AppConfig, DEFAULT_PROJECT_ID, ErrorCode, RunStatus};
use serde_json::{Value, json};

async fn open(folder: &Path) -> App {
    let app = App::open(AppConfig::new(folder)).await.unwrap();
    for role in ["CodeLlama", "CodeGemma", "T5Gemma", "Assembler"] {
        app.bind(role, "scripted").await.unwrap();
    }
    app
}

/// A pipeline whose scripted answers are long, so that it is still under way when the test looks.
fn long_pipeline(n_steps: usize) -> Value {
    let prompt = "word ".repeat(20_000);
    let steps: Vec<Value> = (0..n_steps)
        .map(|n| {
            json!({"step_name": format!("s{n}"), "model_type": "CodeLlama", "prompt": prompt,
                        "parameters": {"max_tokens": 100_000}})
        })
        .collect();
    json!({"name": "Long", "steps": steps})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_ends_leaves_its_run_as_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let app = open(folder.path()).await;
    let run = app.start_run(DEFAULT_PROJECT_ID, &long_pipeline(100)).await.unwrap();
    app.shutdown().await;
    let left = app.run(run.run_id).await.unwrap();
    assert_eq!((left.status, left.interrupted), (RunStatus::Pending, true));
    drop(app);
    let again = open(folder.path()).await;
    let found = again.run(run.run_id).await.unwrap();
    assert_eq!((found.status, found.interrupted), (RunStatus::Pending, true));
    assert!(found.steps.iter().filter(|step| step.status == RunStatus::Success).all(|step| !step.result.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_program_leaves_the_runs_of_a_living_one_alone() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path()).await;
    let run = first.start_run(DEFAULT_PROJECT_ID, &long_pipeline(100)).await.unwrap();
    let second = open(folder.path()).await;
    assert!(!second.run(run.run_id).await.unwrap().interrupted);
    let cancelled = first.cancel_run(run.run_id).await.unwrap();
    assert_eq!(cancelled.status, RunStatus::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_runs_are_cancelled_without_starting() {
    let folder = tempfile::tempdir().unwrap();
    let app = open(folder.path()).await;
    let first = app.start_run(DEFAULT_PROJECT_ID, &long_pipeline(100)).await.unwrap();
    let second = app.start_run(DEFAULT_PROJECT_ID, &long_pipeline(1)).await.unwrap();
    let cancelled = app.cancel_run(second.run_id).await.unwrap();
    assert_eq!((cancelled.status, cancelled.started_at), (RunStatus::Cancelled, None));
    app.cancel_run(first.run_id).await.unwrap();
    assert_eq!(app.cancel_run(first.run_id).await.unwrap_err().code(), ErrorCode::Conflict);
}

#[tokio::test]
async fn without_its_model_a_run_is_refused_and_nothing_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let app = App::open(AppConfig::new(folder.path())).await.unwrap();
    let error = app.start_run(DEFAULT_PROJECT_ID, &long_pipeline(1)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ModelProblem);
    assert!(error.to_string().contains("cargo xtask models"), "{error}");
    assert!(app.runs(Default::default()).await.unwrap().runs.is_empty());
}
