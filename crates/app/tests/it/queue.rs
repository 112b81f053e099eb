//! The queue: what several programs, or one program after another, make of one data folder.

use std::path::Path;
use std::time::Duration;

use brickwork_app::{
    App, AppConfig, AppError, DEFAULT_PROJECT_ID, ErrorCode, ProjectRequest, QueueHolder, QueueRole, RerunRequest,
    RunChange, RunEventKind, RunStatus, RunView, Settings, StartRun,
};
use futures::StreamExt;
use serde_json::{Value, json};
use uuid::Uuid;

fn config(folder: &Path) -> AppConfig {
    AppConfig { scripted_pace: Duration::from_millis(1), ..AppConfig::new(folder) }
}

async fn open(folder: &Path) -> App {
    let app = App::open(config(folder)).await.unwrap();
    for role in ["CodeLlama", "CodeGemma", "T5Gemma", "Assembler"] {
        app.bind(role, "scripted").await.unwrap();
    }
    app
}

/// A pipeline that takes about 60 ms a step, so that it is still under way when the test looks.
fn long_pipeline(n_steps: usize) -> Value {
    let steps: Vec<Value> = (0..n_steps)
        .map(|n| json!({"step_name": format!("s{n}"), "model_type": "CodeLlama", "prompt": "word ".repeat(20)}))
        .collect();
    json!({"name": "Long", "steps": steps})
}

fn short_pipeline() -> Value {
    json!({"name": "Short", "steps": [
        {"step_name": "plan", "model_type": "CodeLlama", "prompt": "Plan."},
        {"step_name": "write", "model_type": "CodeGemma", "prompt": "Write."}
    ]})
}

async fn start_in(app: &App, project_id: Uuid, body: &Value) -> RunView {
    let request = StartRun { project_id, body, idempotency_key: None };
    app.start_run(request).await.unwrap().run
}

async fn start(app: &App, body: &Value) -> RunView {
    start_in(app, DEFAULT_PROJECT_ID, body).await
}

/// Waits until the run satisfies `wanted`.
async fn until(app: &App, run_id: Uuid, what: &str, wanted: impl Fn(&RunView) -> bool) -> RunView {
    for _ in 0..1_000 {
        let run = app.run(run_id).await.unwrap();
        if wanted(&run) {
            return run;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what} did not come about: {:?}", app.run(run_id).await.unwrap().status);
}

fn finished_steps(run: &RunView) -> usize {
    run.steps.iter().filter(|step| step.status == RunStatus::Success).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_ends_parks_its_run_and_the_next_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let app = open(folder.path()).await;
    let run = start(&app, &long_pipeline(12)).await;
    until(&app, run.run_id, "a finished step", |run| finished_steps(run) > 0).await;
    app.shutdown().await;
    let parked = app.run(run.run_id).await.unwrap();
    assert_eq!((parked.status, parked.interrupted, parked.paused), (RunStatus::Pending, false, false));
    drop(app);

    let again = open(folder.path()).await;
    let ended = again.wait(run.run_id).await.unwrap();
    assert_eq!(ended.status, RunStatus::Success);
    for (before, after) in parked.steps.iter().zip(&ended.steps).filter(|(before, _)| before.finished_at.is_some()) {
        assert_eq!(before, after, "a finished step is never run again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_program_submits_through_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path()).await;
    let second = open(folder.path()).await;
    assert_eq!(first.queue().await.unwrap().holder, QueueHolder::This);
    assert_eq!(second.queue().await.unwrap().holder, QueueHolder::Other);

    let run = start(&second, &short_pipeline()).await;
    let mut told = Vec::new();
    let mut events = second.events(run.run_id, 0).await.unwrap();
    while let Some(event) = events.next().await {
        told.extend(event.seq);
    }
    let ended = second.wait(run.run_id).await.unwrap();
    assert_eq!(ended.status, RunStatus::Success);
    assert_eq!(told, (1..=ended.seq).collect::<Vec<_>>(), "every change once and in order");

    let long = start(&second, &long_pipeline(100)).await;
    until(&first, long.run_id, "the run's start", |run| run.status == RunStatus::Running).await;
    let cancelled = second.cancel_run(long.run_id).await.unwrap();
    assert_eq!(cancelled.status, RunStatus::Cancelled, "a wish of one program is obeyed by the other");
    assert_eq!(second.cancel_run(long.run_id).await.unwrap_err().code(), ErrorCode::Conflict);

    // A program that only looks neither takes the queue nor takes living runs for dead.
    let long = start(&first, &long_pipeline(100)).await;
    let config = AppConfig { queue: QueueRole::Look, ..config(folder.path()) };
    let looks = App::open(config).await.unwrap();
    assert!(!looks.run(long.run_id).await.unwrap().interrupted);
    looks.cancel_run(long.run_id).await.unwrap();
}

/// A program that dies: its tasks stop wherever they are and the system frees its locks.
struct Dying {
    app: App,
    runtime: tokio::runtime::Runtime,
}

impl Dying {
    fn open(folder: &Path) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        Self { app: runtime.block_on(open(folder)), runtime }
    }

    fn die(self) {
        self.runtime.shutdown_timeout(Duration::from_secs(10));
    }
}

#[test]
fn the_survivor_takes_over_and_resumes_what_it_submitted() {
    let folder = tempfile::tempdir().unwrap();
    let dying = Dying::open(folder.path());
    let survivor = tokio::runtime::Runtime::new().unwrap();
    let app = survivor.block_on(open(folder.path()));
    let other =
        survivor.block_on(app.create_project(ProjectRequest { name: "Other".into(), ..Default::default() })).unwrap();
    let (its, ours, queued) = survivor.block_on(async {
        let its = dying.app.clone();
        let its = dying.runtime.spawn(async move { start(&its, &long_pipeline(12)).await }).await.unwrap();
        let ours = start_in(&app, other.id, &long_pipeline(12)).await;
        let queued = start(&app, &short_pipeline()).await;
        for run in [&its, &ours] {
            until(&app, run.run_id, "a finished step", |run| finished_steps(run) > 0).await;
        }
        (its, ours, queued)
    });
    dying.die();
    survivor.block_on(async {
        let ended = app.wait(ours.run_id).await.unwrap();
        assert_eq!(ended.status, RunStatus::Success, "who submitted a run sees to its end");
        assert_eq!(app.wait(queued.run_id).await.unwrap().status, RunStatus::Success, "queued runs go on");
        let left = app.run(its.run_id).await.unwrap();
        assert_eq!((left.status, left.interrupted), (RunStatus::Pending, true), "others' runs wait for their user");
        assert_eq!(app.queue().await.unwrap().held.len(), 1);
        app.resume_run(its.run_id).await.unwrap();
        let ended = app.wait(its.run_id).await.unwrap();
        assert_eq!(ended.status, RunStatus::Success);
        for (before, after) in left.steps.iter().zip(&ended.steps).filter(|(before, _)| before.finished_at.is_some()) {
            assert_eq!(before, after, "a finished step is never run again");
        }
        assert_eq!(app.resume_run(its.run_id).await.unwrap_err().code(), ErrorCode::Conflict);
    });
}

#[test]
fn interrupted_runs_go_on_by_themselves_where_the_settings_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let dying = Dying::open(folder.path());
    let run = dying.runtime.block_on(async {
        let settings = Settings { resume_interrupted: true, ..Settings::default() };
        dying.app.set_settings(settings).await.unwrap();
        let run = start(&dying.app, &long_pipeline(12)).await;
        until(&dying.app, run.run_id, "a finished step", |run| finished_steps(run) > 0).await;
        run
    });
    dying.die();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let app = App::open(config(folder.path())).await.unwrap();
        assert_eq!(app.wait(run.run_id).await.unwrap().status, RunStatus::Success);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_runs_one_after_another_and_projects_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let app = open(folder.path()).await;
    let other = app.create_project(ProjectRequest { name: "Other".into(), ..Default::default() }).await.unwrap();
    let first = start(&app, &long_pipeline(100)).await;
    let second = start(&app, &short_pipeline()).await;
    let third = start(&app, &short_pipeline()).await;
    let beside = start_in(&app, other.id, &long_pipeline(100)).await;
    until(&app, beside.run_id, "the other project's start", |run| run.status == RunStatus::Running).await;
    let queue = app.queue().await.unwrap();
    let ids = |runs: &[brickwork_app::RunSummary]| runs.iter().map(|run| run.run_id).collect::<Vec<_>>();
    assert_eq!(ids(&queue.running), [first.run_id, beside.run_id]);
    assert_eq!(ids(&queue.waiting), [second.run_id, third.run_id]);

    let queue = app.move_run(third.run_id, Some(second.run_id)).await.unwrap();
    assert_eq!(ids(&queue.waiting), [third.run_id, second.run_id]);
    assert!(matches!(app.move_run(first.run_id, None).await, Err(AppError::NotWaiting(_))));

    // Waiting runs are cancelled without starting, and the next one takes the freed place.
    let cancelled = app.cancel_run(third.run_id).await.unwrap();
    assert_eq!((cancelled.status, cancelled.started_at), (RunStatus::Cancelled, None));
    assert!(matches!(app.delete_run(first.run_id).await, Err(AppError::RunUnfinished(_))));
    app.cancel_run(first.run_id).await.unwrap();
    let ended = app.wait(second.run_id).await.unwrap();
    assert_eq!(ended.status, RunStatus::Success);
    app.delete_run(first.run_id).await.unwrap();
    assert_eq!(app.run(first.run_id).await.unwrap_err().code(), ErrorCode::NotFound);
    app.cancel_run(beside.run_id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_run_waits_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let app = open(folder.path()).await;
    let run = start(&app, &long_pipeline(12)).await;
    until(&app, run.run_id, "a finished step", |run| finished_steps(run) > 0).await;
    app.pause_run(run.run_id).await.unwrap();
    let paused = until(&app, run.run_id, "the pause", |run| run.paused).await;
    assert_eq!(paused.status, RunStatus::Pending);
    assert!(paused.steps.iter().all(|step| step.status != RunStatus::Running), "the running step was finished");
    // The project's next run need not wait for it.
    let next = start(&app, &short_pipeline()).await;
    assert_eq!(app.wait(next.run_id).await.unwrap().status, RunStatus::Success);
    assert!(app.run(run.run_id).await.unwrap().paused);
    app.resume_run(run.run_id).await.unwrap();
    assert_eq!(app.wait(run.run_id).await.unwrap().status, RunStatus::Success);

    let mut body = short_pipeline();
    body["steps"][0]["pause_after"] = json!(true);
    let run = start(&app, &body).await;
    let paused = until(&app, run.run_id, "the pause after the step", |run| run.paused).await;
    assert_eq!(finished_steps(&paused), 1);
    app.resume_run(run.run_id).await.unwrap();
    assert_eq!(app.wait(run.run_id).await.unwrap().status, RunStatus::Success);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rerun_takes_over_the_steps_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let app = open(folder.path()).await;
    let first = app.wait(start(&app, &short_pipeline()).await.run_id).await.unwrap();
    let rerun = |request: RerunRequest| app.rerun(first.run_id, request);
    let from = |name: &str| RerunRequest { from: Some(name.into()), ..RerunRequest::default() };

    let again = rerun(from("write")).await.unwrap();
    let again = app.wait(again.run_id).await.unwrap();
    assert_eq!(again.status, RunStatus::Success);
    assert_eq!(again.steps[0].reused_from, Some(first.run_id));
    assert_eq!(again.steps[0].result, first.steps[0].result);
    assert_eq!(again.steps[0].artifacts, first.steps[0].artifacts);
    assert_eq!((again.steps[0].started_at, again.steps[1].reused_from), (None, None));
    assert_eq!(again.derived_from.as_ref().map(|derived| derived.from.as_str()), Some("write"));

    let mut edited = short_pipeline();
    edited["steps"][1]["prompt"] = json!("Write it differently.");
    let changed = rerun(RerunRequest { pipeline: Some(edited.clone()), ..from("write") }).await.unwrap();
    let changed = app.wait(changed.run_id).await.unwrap();
    assert!(changed.steps[1].result.contains("Write it differently."));

    let refused = rerun(RerunRequest { pipeline: Some(edited), ..from("assembler") }).await.unwrap_err();
    assert_eq!(refused.diagnostics()[0].path, "$.steps[1]", "a changed step cannot be taken over");
    assert_eq!(rerun(from("nothing")).await.unwrap_err().diagnostics()[0].code, "unknown_step");
    let whole = rerun(RerunRequest::default()).await.unwrap();
    assert_eq!(app.wait(whole.run_id).await.unwrap().steps[0].reused_from, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_sent_twice_makes_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let app = open(folder.path()).await;
    let body = short_pipeline();
    let send = |body, key: &str| {
        let key = Some(key.to_owned());
        app.start_run(StartRun { project_id: DEFAULT_PROJECT_ID, body, idempotency_key: key })
    };
    let first = send(&body, "k 1").await.unwrap();
    let second = send(&body, "k 1").await.unwrap();
    assert_eq!((first.replayed, second.replayed), (false, true));
    assert_eq!(first.run.run_id, second.run.run_id);
    let other = long_pipeline(1);
    assert_eq!(send(&other, "k 1").await.unwrap_err().code(), ErrorCode::IdempotencyKeyReused);
    assert_eq!(send(&body, "").await.unwrap_err().code(), ErrorCode::Invalid);
    assert_eq!(send(&body, "line\nfeed").await.unwrap_err().code(), ErrorCode::Invalid);
    app.wait(first.run.run_id).await.unwrap();
    assert_eq!(app.runs(Default::default()).await.unwrap().runs.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_can_be_heard_from_any_number_on() {
    let folder = tempfile::tempdir().unwrap();
    let app = open(folder.path()).await;
    let run = app.wait(start(&app, &short_pipeline()).await.run_id).await.unwrap();
    for after in [0, 1, run.seq - 1] {
        let events: Vec<_> = app.events(run.run_id, after).await.unwrap().collect().await;
        assert_eq!(
            events.iter().filter_map(|event| event.seq).collect::<Vec<_>>(),
            (after + 1..=run.seq).collect::<Vec<_>>()
        );
        let last = events.last().unwrap();
        assert!(matches!(last.kind, RunEventKind::Change { change: RunChange::Finished { .. } }));
    }
    // Whoever has heard everything is told nothing more, and does not wait for ever.
    assert_eq!(app.events(run.run_id, run.seq).await.unwrap().count().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_hears_a_run_through_its_pauses() {
    let folder = tempfile::tempdir().unwrap();
    let app = open(folder.path()).await;
    let mut body = short_pipeline();
    body["steps"][0]["pause_after"] = json!(true);
    let run = start(&app, &body).await;
    let events = app.events(run.run_id, 0).await.unwrap();
    let listening = tokio::spawn(events.filter_map(|event| async move { event.seq }).collect::<Vec<_>>());
    until(&app, run.run_id, "the pause", |run| run.paused).await;
    // Long enough for the listener to have heard of the pause before it ends.
    tokio::time::sleep(Duration::from_millis(300)).await;
    app.resume_run(run.run_id).await.unwrap();
    let ended = app.wait(run.run_id).await.unwrap();
    let told = tokio::time::timeout(Duration::from_secs(10), listening).await.expect("the stream ends with the run");
    assert_eq!(told.unwrap(), (1..=ended.seq).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_projects_context_reaches_the_prompts() {
    let folder = tempfile::tempdir().unwrap();
    let app = open(folder.path()).await;
    let global_context = json!({"team": "blue"}).as_object().unwrap().clone();
    let project = ProjectRequest { name: "P".into(), folder: None, global_context };
    let project = app.create_project(project).await.unwrap();
    let body = json!({"name": "P", "project_id": project.id, "steps": [
        {"step_name": "a", "model_type": "CodeLlama", "prompt": "For team {{ team }}."}]});
    assert!(app.validate(&body).await.unwrap().is_empty(), "the project knows the variable");
    let run = app.wait(start_in(&app, project.id, &body).await.run_id).await.unwrap();
    assert!(run.steps[0].prompt.ends_with("For team blue."), "{}", run.steps[0].prompt);
    assert!(run.steps[0].warnings.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_model_is_told_before_anything_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let app = App::open(AppConfig::new(folder.path())).await.unwrap();
    let body = long_pipeline(1);
    let request = StartRun { project_id: DEFAULT_PROJECT_ID, body: &body, idempotency_key: None };
    assert_eq!(app.start_run(request).await.unwrap_err().code(), ErrorCode::ModelProblem);
    assert!(app.runs(Default::default()).await.unwrap().runs.is_empty());
}
