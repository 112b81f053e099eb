//! Memory, devices and crashes, with the real worker and the real models.

use std::fs;
use std::path::{Path, PathBuf};

use brickwork_app::{
    App, AppConfig, CacheType, DEFAULT_PROJECT_ID, ErrorCode, FindingLevel, FitRequest, FitView, GenerateRequest,
    InferenceError, InferenceErrorCode, InferenceEvent, Parameters, ProjectRequest, RoleOptions, RunStatus, Settings,
    StartRun, Verdict,
};
use futures::StreamExt;
use serde_json::{Value, json};
use tempfile::TempDir;

const SMOL: &str = "SmolLM2-135M-Instruct.Q4_1";
const GEMMA: &str = "gemma-3-270m-q4_k_m";

/// The file of a test model.
fn model_path(id: &str) -> PathBuf {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = named("BRICKWORK_MODELS_DIR")
        .or_else(|| named("BRICKWORK_DATA_DIR").map(|folder| folder.join("models")))
        .unwrap_or_else(|| {
            directories::ProjectDirs::from("dev", "brickwork", "brickwork").unwrap().data_dir().join("models")
        });
    let path = folder.join(format!("{id}.gguf"));
    assert!(path.is_file(), "the test model {} is missing; fetch it with: cargo xtask models", path.display());
    path
}

/// A data folder with both models in it; CodeGemma has Gemma, the other roles SmolLM2.
async fn world(change: impl FnOnce(&mut AppConfig)) -> (TempDir, App) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = AppConfig::new(folder.path());
    fs::create_dir_all(&config.models_dir).unwrap();
    for id in [SMOL, GEMMA] {
        std::os::unix::fs::symlink(model_path(id), config.models_dir.join(format!("{id}.gguf"))).unwrap();
    }
    change(&mut config);
    let app = App::open(config).await.unwrap();
    for role in ["CodeLlama", "T5Gemma", "Assembler"] {
        app.bind(role, SMOL).await.unwrap();
    }
    app.bind("CodeGemma", GEMMA).await.unwrap();
    (folder, app)
}

fn of_model(model: &str) -> FitRequest {
    FitRequest { model: Some(model.to_owned()), ..FitRequest::default() }
}

fn three_steps() -> Value {
    let step = |name: &str, role: &str| json!({ "step_name": name, "model_type": role, "prompt": "Write one line.", "parameters": { "max_tokens": 8 } });
    json!({ "name": "Three", "assembler": { "parameters": { "max_tokens": 8 } },
            "steps": [step("one", "CodeLlama"), step("two", "CodeGemma"), step("three", "CodeLlama")] })
}

async fn generate(app: &App) -> Result<String, InferenceError> {
    let parameters = Parameters { max_tokens: 4, temperature: 0.0, ..Parameters::default() };
    let request = GenerateRequest { model: "CodeLlama".into(), prompt: "Hello".into(), raw: true, parameters };
    let mut events = app.generate(request).await.unwrap();
    let mut text = String::new();
    while let Some(event) = events.next().await {
        match event {
            InferenceEvent::Text { text: piece, .. } => text.push_str(&piece),
            InferenceEvent::Done(_) => return Ok(text),
            InferenceEvent::Failed(error) => return Err(error),
            _ => {}
        }
    }
    panic!("the stream ended without a last event");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_and_a_pipeline_are_looked_at_before_they_run() {
    let (_folder, app) = world(|_| ()).await;
    let usual = app.fit(of_model("CodeLlama")).await.unwrap();
    let model = &usual.models[0];
    assert_eq!((&*model.id, model.verdict, model.context_tokens), (SMOL, Verdict::Fits, 8192));
    let parts = model.machine;
    assert_eq!(parts.weights_bytes + parts.kv_bytes + parts.compute_bytes + parts.other_bytes, parts.total_bytes);
    assert_eq!((model.longest_context_tokens, model.gpu.total_bytes), (Some(8192), 0));
    assert!(usual.run.is_none() && !usual.devices.is_empty());
    let short = app.fit(FitRequest { context_tokens: Some(2048), ..of_model(SMOL) }).await.unwrap();
    assert_eq!(short.models[0].machine.kv_bytes * 4, parts.kv_bytes);

    let pipeline = FitRequest { pipeline: Some(three_steps()), ..FitRequest::default() };
    let fit = app.fit(pipeline.clone()).await.unwrap();
    let run = fit.run.unwrap();
    assert_eq!(fit.models.len(), 2);
    assert_eq!((run.model_loads, run.all_stay, run.fits), (2, true, true));
    assert_eq!(run.peak_bytes, fit.models.iter().map(|model| model.machine.total_bytes).sum::<u64>());
    app.set_settings(Settings { memory_budget_mib: Some(500), ..Settings::default() }).await.unwrap();
    let run = app.fit(pipeline).await.unwrap().run.unwrap();
    assert_eq!((run.model_loads, run.all_stay), (3, false), "SmolLM2, Gemma, SmolLM2 again");
    assert_eq!(run.steps[1].frees, [SMOL]);
    app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_two_projects_go_on_together_as_far_as_the_memory_budget_allows() {
    for (memory_budget_mib, together) in [(256, false), (8192, true)] {
        let (_folder, app) = world(|_| ()).await;
        let settings =
            Settings { memory_budget_mib: Some(memory_budget_mib), max_concurrent_runs: 2, ..Settings::default() };
        app.set_settings(settings).await.unwrap();
        let project = ProjectRequest { name: "Other".into(), ..Default::default() };
        let other = app.create_project(project).await.unwrap().id;
        let mut runs = Vec::new();
        for (project_id, role) in [(DEFAULT_PROJECT_ID, "CodeLlama"), (other, "CodeGemma")] {
            let body = json!({ "name": role, "assembler": { "parameters": { "max_tokens": 8 } }, "steps": [
                { "step_name": "one", "model_type": role, "prompt": "Count.", "parameters": { "max_tokens": 64 } }] });
            let request = StartRun { project_id, body: &body, idempotency_key: None };
            runs.push(app.start_run(request).await.unwrap().run.run_id);
        }
        let (first, second) = (app.wait(runs[0]).await.unwrap(), app.wait(runs[1]).await.unwrap());
        assert_eq!([first.status, second.status], [RunStatus::Success; 2], "{:?} {:?}", first.error, second.error);
        let is_beside = second.started_at < first.finished_at;
        assert_eq!(is_beside, together, "{memory_budget_mib} MiB");
        app.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn faulty_fit_requests_are_refused() {
    let (_folder, app) = world(|_| ()).await;
    for (request, code) in [
        (FitRequest::default(), ErrorCode::Invalid),
        (FitRequest { pipeline: Some(three_steps()), ..of_model(SMOL) }, ErrorCode::Invalid),
        (FitRequest { context_tokens: Some(1), ..of_model(SMOL) }, ErrorCode::Invalid),
        (FitRequest { gpu_layers: Some(10_001), ..of_model(SMOL) }, ErrorCode::Invalid),
        (of_model("no such model"), ErrorCode::NotFound),
    ] {
        assert_eq!(app.fit(request.clone()).await.unwrap_err().code(), code, "{request:?}");
    }
    app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_surely_does_not_fit_is_refused_with_what_would() {
    let (_folder, app) = world(|config| config.memory_limit_bytes = Some(220 << 20)).await;
    let fit = app.fit(of_model("CodeLlama")).await.unwrap();
    let model = &fit.models[0];
    assert_eq!(model.verdict, Verdict::DoesNotFit);
    let advice = model.advice.iter().find(|advice| advice.code == "shorter_context").unwrap();
    let context_tokens = advice.context_tokens;
    assert_eq!(context_tokens, model.longest_context_tokens);

    let error = generate(&app).await.unwrap_err();
    assert_eq!(error.code, InferenceErrorCode::OutOfMemory);
    assert!(error.message.contains(SMOL) && error.message.contains(&advice.text), "{error}");

    app.set_role_options("CodeLlama", RoleOptions { context_tokens, ..RoleOptions::default() }).await.unwrap();
    assert!(matches!(app.fit(of_model("CodeLlama")).await.unwrap().models[0].verdict, Verdict::Fits | Verdict::Tight));
    generate(&app).await.unwrap();
    app.set_role_options("CodeLlama", RoleOptions::default()).await.unwrap();
    app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_model_runs_when_the_user_allows_it() {
    let (_folder, app) = world(|config| config.memory_limit_bytes = Some(64 << 20)).await;
    assert_eq!(generate(&app).await.unwrap_err().code, InferenceErrorCode::OutOfMemory);
    let settings = Settings { allow_overcommit: true, memory_budget_mib: Some(4096), ..Settings::default() };
    app.set_settings(settings).await.unwrap();
    assert!(!generate(&app).await.unwrap().is_empty());
    app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn options_of_roles_are_checked_kept_and_shown() {
    let (_folder, app) = world(|_| ()).await;
    let refused = |options: RoleOptions, path: &'static str| {
        let app = app.clone();
        async move {
            let error = app.set_role_options("CodeGemma", options).await.unwrap_err();
            assert_eq!(error.code(), ErrorCode::Invalid);
            assert_eq!(error.diagnostics()[0].path, path, "{error}");
        }
    };
    let none = RoleOptions::default;
    refused(RoleOptions { device: Some("NoSuchDevice".into()), ..none() }, "$.device").await;
    refused(RoleOptions { device: Some(" ".into()), ..none() }, "$.device").await;
    refused(RoleOptions { gpu_layers: Some(10_001), ..none() }, "$.gpu_layers").await;
    refused(RoleOptions { context_tokens: Some(255), ..none() }, "$.context_tokens").await;
    let packed = |flash_attention| RoleOptions { cache_type: Some(CacheType::Q8_0), flash_attention, ..none() };
    refused(packed(Some(false)), "$.flash_attention").await;
    let draft = |id: &str| RoleOptions { draft_model: Some(id.to_owned()), ..none() };
    refused(draft("NoSuchModel"), "$.draft_model").await;
    refused(draft(SMOL), "$.draft_model").await;
    let servers = || vec!["gpu-box:50052".to_owned(), "gpu-box".to_owned()];
    refused(RoleOptions { rpc_servers: servers(), ..none() }, "$.rpc_servers[1]").await;
    let unknown = app.set_role_options("Nobody", none()).await.unwrap_err();
    assert_eq!(unknown.code(), ErrorCode::NotFound);

    let cpu = app.fit(of_model(SMOL)).await.unwrap().devices.into_iter().find(|device| device.kind == "cpu").unwrap();
    let options = RoleOptions { device: Some(cpu.name), gpu_layers: Some(0), context_tokens: Some(4096), ..none() };
    let view = app.set_role_options("CodeGemma", options.clone()).await.unwrap();
    let of = |name: &str| view.models.iter().find(|role| role.name == name).unwrap().options.clone();
    assert_eq!((of("CodeGemma"), of("CodeLlama")), (options, none()));
    let fit = app.fit(of_model("CodeGemma")).await.unwrap();
    assert_eq!(fit.models[0].context_tokens, 4096);

    // A cache of 8 bits and a scale for 32 of them takes 34 bytes where 64 were taken, in the arithmetic.
    let of_context = FitRequest { context_tokens: Some(2048), ..of_model("CodeGemma") };
    let whole = app.fit(of_context.clone()).await.unwrap();
    app.set_role_options("CodeGemma", packed(None)).await.unwrap();
    let packed = app.fit(of_context.clone()).await.unwrap();
    let bytes = |fit: &FitView| fit.models[0].machine.kv_bytes;
    assert_eq!(bytes(&packed), bytes(&whole) / 64 * 34);

    // A draft model has weights and a context of its own.
    app.set_role_options("CodeGemma", draft(GEMMA)).await.unwrap();
    let drafted = app.fit(of_context).await.unwrap();
    assert_eq!(bytes(&drafted), 2 * bytes(&whole));
    app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_spread_over_a_machine_that_is_gone_fails_with_its_address() {
    // No model fits into this memory, but how much of a spread one stays here is not known.
    let (_folder, app) = world(|config| config.memory_limit_bytes = Some(1 << 20)).await;
    let options = RoleOptions { rpc_servers: vec!["127.0.0.1:1".to_owned()], ..RoleOptions::default() };
    app.set_role_options("CodeLlama", options).await.unwrap();
    assert_eq!(app.fit(of_model("CodeLlama")).await.unwrap().models[0].verdict, Verdict::Spread);
    let report = app.doctor().await.unwrap();
    let spread = report.findings.iter().find(|finding| finding.code == "role_spread").unwrap();
    assert!(spread.detail.contains("127.0.0.1:1") && spread.detail.contains("unencrypted"), "{spread:?}");

    let error = generate(&app).await.unwrap_err();
    assert_eq!(error.code, InferenceErrorCode::RemoteUnreachable, "{error}");
    assert!(error.message.contains("127.0.0.1:1"), "{error}");
    app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_what_is_there_and_what_is_not() {
    let (_folder, app) = world(|_| ()).await;
    let report = app.doctor().await.unwrap();
    assert_ne!(report.worst, FindingLevel::Error, "{:#?}", report.findings);
    assert!(report.worker.starts && report.worker.start_ms.is_some() && report.worker.llama_version.is_some());
    assert!(report.devices.iter().any(|device| device.kind == "cpu" && device.used));
    let variant = report.modules.iter().find(|module| module.used && module.name.starts_with("cpu")).unwrap();
    let processor = report.findings.iter().find(|finding| finding.code == "processor").unwrap();
    assert!(processor.detail.contains(&variant.name), "{processor:?}");
    assert!(report.modules.iter().all(|module| module.used), "{:?}", report.modules);
    assert!(report.folders.iter().all(|folder| folder.writable && folder.free_bytes.is_some()));
    assert!(report.roles.iter().all(|role| role.verdict == Some(Verdict::Fits)), "{:?}", report.roles);
    assert_eq!((report.model_files.usable, report.model_files.unusable), (2, 0));
    assert_eq!(report.secrets, "memory");
    assert!(
        report
            .findings
            .iter()
            .all(|finding| finding.level == FindingLevel::Ok || finding.code == "secrets" || finding.remedy.is_some())
    );
    app.shutdown().await;

    // A module that cannot be loaded is told with the reason, and the rest works on.
    let (_folder, app) = world(|config| {
        fs::create_dir_all(&config.backends_dir).unwrap();
        fs::write(config.backends_dir.join("libggml-cuda.so"), "no library").unwrap();
    })
    .await;
    let report = app.doctor().await.unwrap();
    let module = report.findings.iter().find(|finding| finding.code == "module").unwrap();
    assert!(module.title.contains("cuda") && module.detail.contains("libggml-cuda.so"), "{module:?}");
    assert_eq!((module.level, report.worst), (FindingLevel::Warn, FindingLevel::Warn));
    assert!(generate(&app).await.is_ok());
    app.shutdown().await;

    let (folder, app) = world(|config| config.worker_program = Some("/no/such/worker".into())).await;
    fs::write(folder.path().join("models/broken.gguf"), "no model").unwrap();
    let report = app.doctor().await.unwrap();
    let level = |code: &str| report.findings.iter().find(|finding| finding.code == code).unwrap().level;
    assert_eq!((report.worst, level("worker")), (FindingLevel::Error, FindingLevel::Error));
    assert_eq!((level("model_files"), level("database")), (FindingLevel::Warn, FindingLevel::Ok));
    app.shutdown().await;
}

/// A worker that shakes hands and aborts at its first job, and counts its attempts.
fn crashing_worker(folder: &Path, attempts: &Path) -> PathBuf {
    let path = folder.join("worker.sh");
    let hello = json!({
        "type": "hello", "protocol": brickwork_worker_client::PROTOCOL_VERSION, "version": "0", "llama_version": "0",
        "devices": [], "threads": 1,
    });
    let body = format!(
        "#!/bin/sh\nread -r hello\necho '{hello}'\nread -r job\necho x >> '{}'\nkill -ABRT $$\n",
        attempts.display()
    );
    fs::write(&path, body).unwrap();
    fs::set_permissions(&path, <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755)).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn row_4_a_step_whose_worker_always_crashes_fails_after_two_attempts_and_the_queue_moves_on() {
    let scripts = tempfile::tempdir().unwrap();
    let attempts = scripts.path().join("attempts");
    let worker = crashing_worker(scripts.path(), &attempts);
    let (_folder, app) = world(|config| config.worker_program = Some(worker)).await;
    let step =
        |role: &str| json!({ "name": "One", "steps": [{ "step_name": "only", "model_type": role, "prompt": "x" }] });
    let crashing = step("CodeGemma");
    let start = |body: Value| {
        let app = app.clone();
        async move {
            let request = StartRun { project_id: DEFAULT_PROJECT_ID, body: &body, idempotency_key: None };
            app.start_run(request).await.unwrap().run.run_id
        }
    };
    let failing = start(crashing).await;
    for role in ["CodeLlama", "Assembler"] {
        app.bind(role, "scripted").await.unwrap();
    }
    let next = start(step("CodeLlama")).await;
    let failed = app.wait(failing).await.unwrap();
    assert_eq!(failed.status, RunStatus::Failed);
    assert_eq!(failed.steps[0].error_code, Some(InferenceErrorCode::WorkerCrashed));
    assert!(
        failed.steps[0].error.as_deref().unwrap_or_default().contains("tried again"),
        "{:?}",
        failed.steps[0].error
    );
    assert_eq!(fs::read_to_string(&attempts).unwrap().lines().count(), 2, "two attempts");
    assert_eq!(app.wait(next).await.unwrap().status, RunStatus::Success, "the queue moves on");
    app.shutdown().await;
}
