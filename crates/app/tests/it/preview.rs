//! Previews with the scripted placeholder and with the real worker and models.

use std::path::PathBuf;
use std::time::Duration;

use brickwork_app::{
    App, AppConfig, AppError, DEFAULT_PROJECT_ID, ErrorCode, PreviewRequest, PreviewStepView, PreviewView,
    ProjectRequest, RerunRequest, RunStatus, RunView, Settings, StartRun,
};
use directories::ProjectDirs;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

const SMOL: &str = "SmolLM2-135M-Instruct.Q4_1";
const GEMMA: &str = "gemma-3-270m-q4_k_m";
const ROLES: [&str; 4] = ["CodeLlama", "CodeGemma", "T5Gemma", "Assembler"];

/// The folder of the test models.
fn models_dir() -> PathBuf {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = named("BRICKWORK_MODELS_DIR")
        .or_else(|| named("BRICKWORK_DATA_DIR").map(|folder| folder.join("models")))
        .unwrap_or_else(|| ProjectDirs::from("dev", "brickwork", "brickwork").unwrap().data_dir().join("models"));
    for id in [SMOL, GEMMA] {
        let path = folder.join(format!("{id}.gguf"));
        assert!(path.is_file(), "the test model {} is missing; fetch it with: cargo xtask models", path.display());
    }
    folder
}

/// A program on a fresh data folder, whose roles are served by `models`, in the order of [`ROLES`].
async fn open(models: [&str; 4]) -> (App, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let config = AppConfig { models_dir: models_dir(), ..AppConfig::new(folder.path().join("data")) };
    let app = App::open(config).await.unwrap();
    for (role, model) in ROLES.into_iter().zip(models) {
        app.bind(role, model).await.unwrap();
    }
    (app, folder)
}

/// Two models, greedy and short; the second step reads the first one's output twice.
fn pipeline() -> Value {
    let greedy = |max_tokens: u32| json!({"max_tokens": max_tokens, "temperature": 0.0});
    json!({
        "name": "Preview",
        "global_context": {"language": "Python", "note": "first line\nsecond line — añadir 🦀"},
        "steps": [
            {"step_name": "plan", "model_type": "CodeLlama", "prompt": "Plan a {{ language }} function.",
             "context": {"fields": ["a", "b"]}, "parameters": greedy(24)},
            {"step_name": "write", "model_type": "CodeGemma", "prompt": "Write it. The plan was: {{ step_0_output }}",
             "parameters": greedy(16)}
        ],
        "assembler": {"parameters": greedy(8)}
    })
}

async fn preview(app: &App, pipeline: &Value) -> PreviewView {
    preview_with(app, pipeline, None, None).await
}

async fn preview_with(app: &App, pipeline: &Value, step: Option<&str>, run_id: Option<Uuid>) -> PreviewView {
    let request = PreviewRequest { pipeline: pipeline.clone(), step: step.map(str::to_owned), run_id };
    app.preview(DEFAULT_PROJECT_ID, request).await.unwrap()
}

async fn refusal(app: &App, project_id: Uuid, request: PreviewRequest) -> AppError {
    app.preview(project_id, request).await.unwrap_err()
}

fn plain(pipeline: Value) -> PreviewRequest {
    PreviewRequest { pipeline, step: None, run_id: None }
}

async fn run(app: &App, body: &Value) -> RunView {
    let request = StartRun { project_id: DEFAULT_PROJECT_ID, body, idempotency_key: None };
    let run = app.start_run(request).await.unwrap().run;
    let run = app.wait(run.run_id).await.unwrap();
    assert_eq!(run.status, RunStatus::Success, "{:?}", run.error);
    run
}

fn step<'a>(view: &'a PreviewView, name: &str) -> &'a PreviewStepView {
    view.steps.iter().find(|step| step.step_name == name).unwrap_or_else(|| panic!("{name} is missing: {view:#?}"))
}

fn prompt_tokens_of_run(run: &RunView, name: &str) -> u32 {
    let step = run.steps.iter().chain([&run.assembler]).find(|step| step.step_name == name).unwrap();
    step.timings.unwrap().prompt_tokens
}

/// The parts of a step and its whole say the same.
fn check_parts(step: &PreviewStepView) {
    let parts: u32 = step.parts.iter().map(|part| part.tokens).sum();
    let whole = step.prompt_tokens.unwrap();
    // Parts are counted apart, so that tokens across their borders may make a few of difference.
    assert!(parts.abs_diff(whole) <= 8, "{}: {parts} in parts, {whole} together: {:#?}", step.step_name, step.parts);
    assert_eq!(step.known_tokens.unwrap() + step.unknown_tokens, whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preview_of_known_inputs_has_the_tokens_that_the_run_reports() {
    for models in [[SMOL, GEMMA, SMOL, GEMMA], [GEMMA, SMOL, GEMMA, SMOL]] {
        let (app, _folder) = open(models).await;
        let before = preview_with(&app, &pipeline(), Some("plan"), None).await;
        let earlier = run(&app, &pipeline()).await;
        assert_eq!(step(&before, "plan").prompt_tokens, Some(prompt_tokens_of_run(&earlier, "plan")), "{models:?}");
        let text = step(&before, "plan").text.as_deref().unwrap();
        assert!(text.contains("second line — añadir 🦀") && text.contains("Plan a Python function."), "{text}");

        // The run's outputs are known now; a run of what reads them, in a fresh worker, reports the same counts.
        let known = preview_with(&app, &pipeline(), Some("write"), Some(earlier.run_id)).await;
        assert_eq!(step(&known, "write").unknown_tokens, 0);
        assert!(step(&known, "write").text.as_deref().unwrap().contains(&earlier.steps[0].result));
        for name in ["plan", "write", "assembler"] {
            check_parts(step(&known, name));
        }
        for name in ["write", "assembler"] {
            let fresh = reopened(&app).await;
            let request = RerunRequest { from: Some(name.to_owned()), ..RerunRequest::default() };
            let again = fresh.rerun(earlier.run_id, request).await.unwrap();
            let again = fresh.wait(again.run_id).await.unwrap();
            assert_eq!(step(&known, name).prompt_tokens, Some(prompt_tokens_of_run(&again, name)), "{name} {models:?}");
            fresh.shutdown().await;
        }
    }
}

/// Another program on the same data folder, with a worker of its own; the first one lets the queue go.
async fn reopened(app: &App) -> App {
    app.shutdown().await;
    App::open(app.config().clone()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn outputs_that_are_not_known_yet_count_with_their_max_tokens() {
    let (app, _folder) = open([SMOL, GEMMA, SMOL, SMOL]).await;
    let view = preview_with(&app, &pipeline(), Some("write"), None).await;
    assert_eq!(view.order, ["plan", "write", "assembler"]);
    assert_eq!(view.model_loads, 3);
    let write = step(&view, "write");
    assert_eq!(write.unknown_tokens, 24 + 24, "as an output and in the instruction");
    let shown = write.text.as_deref().unwrap();
    assert_eq!(shown.matches("«output of `plan`, up to 24 tokens»").count(), 2, "{shown}");
    assert!(write.messages.as_ref().unwrap().len() == 4 && write.warnings.is_empty(), "{:?}", write.warnings);
    assert!(step(&view, "plan").text.is_none() && step(&view, "plan").messages.is_none());
    assert_eq!(step(&view, "assembler").unknown_tokens, 24 + 16 + 24);
    let output = write.parts.iter().find(|part| part.label.as_deref() == Some("plan") && !part.known).unwrap();
    assert_eq!(output.tokens, 24);
    for step in &view.steps {
        check_parts(step);
        assert_eq!(step.fits, Some(true));
    }
    let total: u64 = view.steps.iter().map(|step| u64::from(step.prompt_tokens.unwrap())).sum();
    assert_eq!((view.total_prompt_tokens, view.total_max_tokens), (Some(total), 24 + 16 + 8));
    let windows: Vec<_> = view.steps.iter().map(|step| step.context_length).collect();
    assert_eq!(windows, [Some(8192), Some(32_768), Some(8192)]);
    let models: Vec<_> =
        view.models.iter().map(|model| (&*model.id, model.role_names.join(" "), model.context_length)).collect();
    assert_eq!(
        models,
        [(SMOL, "CodeLlama Assembler".to_owned(), Some(8192)), (GEMMA, "CodeGemma".to_owned(), Some(32_768))]
    );
    assert!(view.models.iter().all(|model| model.size_bytes.unwrap() > 50_000_000 && !model.simulated));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_does_not_fit_says_so() {
    let (app, _folder) = open([SMOL, GEMMA, SMOL, SMOL]).await;
    let mut body = pipeline();
    body["steps"][0]["parameters"]["max_tokens"] = json!(8000);
    let view = preview(&app, &body).await;
    assert_eq!(step(&view, "plan").fits, Some(true), "{:?}", step(&view, "plan").prompt_tokens);
    assert_eq!(step(&view, "write").fits, Some(true), "Gemma's window is larger");
    assert_eq!(step(&view, "assembler").fits, Some(false), "8000 tokens may come before it");
    let room = 8192 - step(&view, "plan").prompt_tokens.unwrap();
    for (max_tokens, fits) in [(room, true), (room + 1, false)] {
        body["steps"][0]["parameters"]["max_tokens"] = json!(max_tokens);
        assert_eq!(step(&preview(&app, &body).await, "plan").fits, Some(fits), "{max_tokens}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_counted_is_not_counted_again() {
    let (app, _folder) = open([SMOL, GEMMA, SMOL, SMOL]).await;
    let first = preview_with(&app, &pipeline(), Some("write"), None).await;
    // From here on no worker can be asked.
    app.shutdown().await;
    assert_eq!(preview_with(&app, &pipeline(), Some("write"), None).await, first);
    let mut edited = pipeline();
    edited["steps"][1]["prompt"] = json!("Write it otherwise.");
    let after = preview(&app, &edited).await;
    assert_eq!(step(&after, "plan").prompt_tokens, step(&first, "plan").prompt_tokens);
    for name in ["write", "assembler"] {
        let problem = step(&after, name).problem.as_ref().unwrap();
        assert_eq!(problem.code, "worker_unavailable", "{}", problem.message);
        assert_eq!((step(&after, name).prompt_tokens, step(&after, name).fits), (None, None));
    }
    assert_eq!(after.total_prompt_tokens, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_placeholder_counts_as_it_generates() {
    let (app, _folder) = open(["scripted"; 4]).await;
    let before = preview_with(&app, &pipeline(), Some("plan"), None).await;
    let run = run(&app, &pipeline()).await;
    let known = preview_with(&app, &pipeline(), None, Some(run.run_id)).await;
    for name in ["plan", "write", "assembler"] {
        assert_eq!(step(&known, name).prompt_tokens, Some(prompt_tokens_of_run(&run, name)), "{name}");
        assert_eq!((step(&known, name).context_length, step(&known, name).fits), (None, None));
    }
    assert_eq!(step(&before, "plan").prompt_tokens, step(&known, "plan").prompt_tokens);
    let text = step(&before, "plan").text.as_deref().unwrap();
    assert!(text.starts_with("system: You are") && text.contains("\nuser: Project context:"), "{text}");
    assert!(known.models.iter().all(|model| model.simulated && model.role_names.len() == 3), "{:?}", known.models);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_a_model_is_told_at_its_steps() {
    let folder = tempfile::tempdir().unwrap();
    let app = App::open(AppConfig::new(folder.path().join("data"))).await.unwrap();
    app.bind("CodeLlama", "scripted").await.unwrap();
    let view = preview_with(&app, &pipeline(), Some("write"), None).await;
    assert!(step(&view, "plan").problem.is_none() && step(&view, "plan").prompt_tokens.is_some());
    let write = step(&view, "write");
    let problem = write.problem.as_ref().unwrap();
    assert_eq!((&*problem.code, write.model.is_none()), ("model_problem", true));
    assert!(problem.message.contains("CodeGemma"), "{}", problem.message);
    assert_eq!((write.prompt_tokens, write.unknown_tokens, write.messages.as_ref().map(Vec::len)), (None, 48, Some(4)));
    assert_eq!(view.total_prompt_tokens, None);
    assert!(view.models.iter().any(|model| model.problem.is_some() && model.path.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn unfinished_pipelines_have_a_preview_and_wrong_ones_are_refused() {
    let (app, _folder) = open(["scripted"; 4]).await;
    let view = preview(&app, &json!({"name": "", "steps": []})).await;
    assert_eq!(view.order, ["assembler"]);
    let disabled = json!({"steps": [
        {"step_name": "off", "model_type": "CodeLlama", "prompt": "x", "enabled": false},
        {"step_name": "on", "model_type": "CodeLlama"}
    ]});
    assert_eq!(preview(&app, &disabled).await.order, ["on", "assembler"]);

    let unknown_field = json!({"name": "P", "steps": [], "stepz": 1});
    let error = refusal(&app, DEFAULT_PROJECT_ID, plain(unknown_field)).await;
    assert_eq!((error.code(), &*error.diagnostics()[0].path), (ErrorCode::Invalid, "$.stepz"));
    let error = refusal(&app, DEFAULT_PROJECT_ID, PreviewRequest { step: Some("off".into()), ..plain(disabled) }).await;
    assert_eq!((error.code(), &*error.diagnostics()[0].path), (ErrorCode::Invalid, "$.step"));
    let error = refusal(&app, Uuid::nil(), plain(pipeline())).await;
    assert_eq!(error.code(), ErrorCode::NotFound);
    let run_id = Some(Uuid::now_v7());
    let error = refusal(&app, DEFAULT_PROJECT_ID, PreviewRequest { run_id, ..plain(pipeline()) }).await;
    assert_eq!(error.code(), ErrorCode::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn attached_files_are_parts_with_their_tokens() {
    let (app, folder) = open([SMOL, GEMMA, SMOL, SMOL]).await;
    std::fs::create_dir_all(folder.path().join("shop/src")).unwrap();
    std::fs::write(folder.path().join("shop/src/add.py"), "def add(a, b):\n    return a + b\n").unwrap();
    let project = app
        .create_project(ProjectRequest {
            name: "Shop".into(),
            folder: Some(folder.path().join("shop").display().to_string()),
            global_context: serde_json::Map::new(),
        })
        .await
        .unwrap();
    let mut body = pipeline();
    body["steps"][0]["files"] = json!(["src/*.py", "*.md"]);
    let request = PreviewRequest { step: Some("plan".into()), ..plain(body.clone()) };
    let view = app.preview(project.id, request).await.unwrap();
    let plan = step(&view, "plan");
    let file = plan.parts.iter().find(|part| part.label.as_deref() == Some("src/add.py")).unwrap();
    assert!((10..60).contains(&file.tokens) && file.known, "{file:?}");
    assert!(plan.text.as_deref().unwrap().contains("`src/add.py`:\n```py\ndef add(a, b):"));
    assert!(plan.warnings.iter().any(|warning| warning.contains("matches")), "{:?}", plan.warnings);
    body["steps"][0]["files"] = json!(["../secret"]);
    let error = refusal(&app, project.id, plain(body)).await;
    assert_eq!(&*error.diagnostics()[0].path, "$.steps[0].files[0]");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_preview_does_not_wait_for_a_generation_and_its_worker_ends_when_idle() {
    let folder = tempfile::tempdir().unwrap();
    // A name of its own, so that the workers of tests beside this one are not counted.
    let program = folder.path().join(WORKER);
    std::os::unix::fs::symlink(brickwork_worker_client::find_worker_program().unwrap(), &program).unwrap();
    let config = AppConfig {
        models_dir: models_dir(),
        counter_idle_limit: Duration::from_millis(500),
        worker_program: Some(program),
        ..AppConfig::new(folder.path().join("data"))
    };
    let app = App::open(config).await.unwrap();
    for role in ROLES {
        app.bind(role, SMOL).await.unwrap();
    }
    let mut body = pipeline();
    body["steps"][0]["parameters"] = json!({"max_tokens": 4000, "temperature": 1.0});
    let request = StartRun { project_id: DEFAULT_PROJECT_ID, body: &body, idempotency_key: None };
    let running = app.start_run(request).await.unwrap().run;
    while app.health().await.unwrap().worker.state != "running" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let n_before = workers();
    let view = preview(&app, &pipeline()).await;
    assert!(view.total_prompt_tokens.is_some());
    assert_eq!(app.health().await.unwrap().worker.state, "running", "the generation goes on");
    assert_eq!((n_before, workers()), (1, 2), "a second worker counts");
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while workers() > 1 {
        assert!(std::time::Instant::now() < deadline, "the idle worker was not ended");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    app.cancel_run(running.run_id).await.unwrap();
    app.shutdown().await;
}

/// The name of a worker's program; the system shows the first 15 characters.
#[cfg(target_os = "linux")]
const WORKER: &str = "idle-worker";

/// The running workers of that name which this process has started.
#[cfg(target_os = "linux")]
fn workers() -> usize {
    let this = std::process::id().to_string();
    let is_ours = |stat: &str| {
        let Some((name, rest)) = stat.rsplit_once(')') else { return false };
        let mut fields = rest.split_whitespace();
        let (state, parent) = (fields.next(), fields.next());
        name.ends_with(&format!("({WORKER}")) && state != Some("Z") && parent == Some(&this)
    };
    let stats = std::fs::read_dir("/proc").unwrap().flatten();
    stats.filter(|entry| std::fs::read_to_string(entry.path().join("stat")).is_ok_and(|stat| is_ours(&stat))).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn threads_of_the_settings_hold_and_devices_are_told() {
    let (app, _folder) = open([SMOL, SMOL, SMOL, SMOL]).await;
    let worker = app.health().await.unwrap().worker;
    assert_eq!((worker.threads, worker.devices), (None, None), "no worker has been started");
    preview(&app, &pipeline()).await;
    let worker = app.health().await.unwrap().worker;
    assert!(worker.threads.unwrap() >= 1 && worker.devices.is_some(), "the counting worker said hello");

    let mut short = pipeline();
    for place in ["/steps/0/parameters", "/steps/1/parameters", "/assembler/parameters"] {
        short.pointer_mut(place).unwrap()["max_tokens"] = json!(2);
    }
    run(&app, &short).await;
    let again = run(&app, &short).await;
    let cached = |run: &RunView| run.steps[0].timings.unwrap().cached_tokens;
    assert!(cached(&again) > 0);
    let settings = || Settings { threads: Some(3), gpu_layers: Some(0), ..Settings::default() };
    assert_eq!(app.set_settings(settings()).await.unwrap(), settings());
    assert!(cached(&run(&app, &short).await) > 0, "another context takes over what was computed");
    assert_eq!(app.health().await.unwrap().worker.threads, Some(3));
    for (threads, gpu_layers, path) in
        [(Some(0), None, "$.threads"), (Some(257), None, "$.threads"), (None, Some(10_001), "$.gpu_layers")]
    {
        let error = app.set_settings(Settings { threads, gpu_layers, ..Settings::default() }).await.unwrap_err();
        assert_eq!(&*error.diagnostics()[0].path, path);
    }
}
