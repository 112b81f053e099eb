//! Gates whose command is run on this machine, the choice of the final pieces, and outputs that are read anew.

use brickwork_app::{
    App, AppError, DEFAULT_PROJECT_ID, FinalChoice, FinalRequest, ProjectRequest, RunStatus, RunView, Settings,
    StartRun,
};
use serde_json::{Value, json};

use crate::world;

async fn start(app: &App, body: &Value) -> Result<RunView, AppError> {
    let request = StartRun { project_id: DEFAULT_PROJECT_ID, body, idempotency_key: None };
    let run_id = app.start_run(request).await?.run.run_id;
    app.wait(run_id).await
}

fn gated(gate: &Value) -> Value {
    json!({"name": "Gated", "steps": [
        {"step_name": "make", "model_type": "CodeGemma", "prompt": "Write a greeting.", "gate": gate}
    ]})
}

async fn allow(app: &App, commands: &[&str]) {
    let gate_commands = commands.iter().map(|line| (*line).to_owned()).collect();
    app.set_settings(Settings { gate_commands, ..Settings::default() }).await.unwrap();
}

fn findings(run: &RunView, attempt: usize) -> Vec<(String, String)> {
    let found = run.steps[0].report.attempts[attempt].findings.iter();
    found.map(|one| (one.message.clone(), one.excerpt.clone().unwrap_or_default())).collect()
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_sees_the_files_and_nothing_of_this_program() {
    let (_folder, app) = world().await;
    allow(&app, &["sh -c"]).await;
    let script = "grep -q Simulated make_component_0.py && [ -z \"$CARGO_MANIFEST_DIR\" ] && [ $(ls | wc -l) = 1 ]";
    let run = start(&app, &gated(&json!({"command": ["sh", "-c", script]}))).await.unwrap();
    assert_eq!((run.status, run.steps[0].gate_passed), (RunStatus::Success, Some(true)), "{:?}", findings(&run, 0));

    let complain = "echo \"$PWD/make_component_0.py:1: no good\" >&2; exit 3";
    let run = start(&app, &gated(&json!({"command": ["sh", "-c", complain], "repairs": 1}))).await.unwrap();
    assert_eq!((run.steps[0].gate_passed, run.steps[0].report.attempts.len()), (Some(false), 2));
    let (message, printed) = findings(&run, 0).remove(0);
    assert!(message.ends_with("exited with 3."), "{message}");
    assert_eq!(printed.trim(), "make_component_0.py:1: no good", "without this machine's paths");

    let slow = json!({"command": ["sh", "-c", "sleep 100 & sleep 100"], "timeout_s": 1, "repairs": 0});
    let run = start(&app, &gated(&slow)).await.unwrap();
    assert!(findings(&run, 0)[0].0.ends_with("did not end within 1 s and was stopped."), "{:?}", findings(&run, 0));

    let missing = json!({"command": ["sh", "-c", "exec no-such-program"], "repairs": 0, "required": true});
    let run = start(&app, &gated(&missing)).await.unwrap();
    assert_eq!(run.status, RunStatus::Failed);
    assert!(run.error.unwrap().contains("gate"));
}

/// Where the system can, a command has no network: not even this machine's own.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_command_has_no_network_where_the_system_can() {
    let (_folder, app) = world().await;
    let can = std::process::Command::new("unshare").args(["--map-current-user", "--net", "true"]).status();
    if !can.is_ok_and(|status| status.success()) {
        eprintln!("this system lets no user do that, so commands keep their network; nothing to try");
        return;
    }
    allow(&app, &["cat /proc/net/dev"]).await;
    let gate = json!({"command": ["cat", "/proc/net/dev", "no-such-file"], "repairs": 0});
    let run = start(&app, &gated(&gate)).await.unwrap();
    let printed = &findings(&run, 0)[0].1;
    let interfaces: Vec<&str> =
        printed.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name.trim()).collect();
    assert_eq!(interfaces.iter().filter(|name| !["cat", "lo"].contains(name)).count(), 0, "{printed}");
}

#[tokio::test]
async fn a_command_that_the_settings_do_not_allow_is_refused_before_anything_runs() {
    let (_folder, app) = world().await;
    let body = gated(&json!({"command": ["sh", "-c", "touch /tmp/never"]}));
    for commands in [&[][..], &["sh -d"], &["bash"], &[""]] {
        allow(&app, commands).await;
        let error = start(&app, &body).await.unwrap_err();
        let [found] = error.diagnostics() else { panic!("{error}") };
        assert_eq!((&*found.code, &*found.path), ("command_not_allowed", "$.steps[0].gate.command"));
        assert_eq!(app.validate(&body).await.unwrap()[0].code, "command_not_allowed");
    }
}

#[tokio::test]
async fn the_user_chooses_between_the_assemblers_result_and_the_pieces() {
    let (_folder, app) = world().await;
    let run = start(&app, &gated(&json!({}))).await.unwrap();
    let of = |run: &RunView| -> Vec<String> { run.final_artifacts.iter().map(|one| one.name.clone()).collect() };
    assert_eq!(of(&run), ["assembler_component_0.py"]);
    assert!(run.final_artifacts[0].syntax.as_ref().unwrap().is_valid());
    assert!(!run.assembly.as_ref().unwrap().fallback);
    let steps = app.choose_final(run.run_id, FinalRequest { from: FinalChoice::Steps }).await.unwrap();
    assert_eq!(of(&steps), ["make_component_0.py"]);
    assert_eq!(app.run(run.run_id).await.unwrap(), steps, "it is kept");
    let back = app.choose_final(run.run_id, FinalRequest { from: FinalChoice::Assembler }).await.unwrap();
    assert_eq!(back.final_artifacts, run.final_artifacts);
}

#[tokio::test]
async fn outputs_are_read_anew_without_generating_and_edits_stay() {
    let (_folder, app) = world().await;
    let run = start(&app, &gated(&json!({}))).await.unwrap();
    let again = app.reread_artifacts(run.run_id).await.unwrap();
    assert_eq!(again, run, "the same rules find the same");
    let request = serde_json::from_value(json!({
        "target": {"of": "step", "position": 0}, "operation": {"op": "rename", "index": 0, "name": "mine.py"}
    }));
    let edited = app.edit_artifacts(run.run_id, &request.unwrap()).await.unwrap();
    let again = app.reread_artifacts(run.run_id).await.unwrap();
    assert_eq!(again.steps[0].artifacts, edited.steps[0].artifacts, "what the user edited stays");
}

#[tokio::test]
async fn the_users_choice_of_the_final_pieces_outlives_reading_anew() {
    let (_folder, app) = world().await;
    let run = start(&app, &gated(&json!({}))).await.unwrap();
    let from = |run: &RunView| (run.final_artifacts_from, run.final_artifacts[0].name.clone());
    let chosen = app.choose_final(run.run_id, FinalRequest { from: FinalChoice::Steps }).await.unwrap();
    assert_ne!(from(&chosen), from(&run));
    let again = app.reread_artifacts(run.run_id).await.unwrap();
    assert_eq!(from(&again), from(&chosen));
    app.choose_final(run.run_id, FinalRequest { from: FinalChoice::Assembler }).await.unwrap();
    let again = app.reread_artifacts(run.run_id).await.unwrap();
    assert_eq!(from(&again), from(&run), "and so does another choice after it");
}

#[tokio::test]
async fn files_of_the_projects_folder_are_there_to_be_imported() {
    let (folder, app) = world().await;
    let place = folder.path().join("site");
    std::fs::create_dir_all(place.join("lib")).unwrap();
    std::fs::write(place.join("lib/there.js"), "export const there = 1;\n").unwrap();
    let project =
        ProjectRequest { name: "Site".into(), folder: Some(place.display().to_string()), ..ProjectRequest::default() };
    let project_id = app.create_project(project).await.unwrap().id;
    let body = json!({"name": "P", "steps": [
        {"step_name": "make", "model_type": "CodeGemma", "prompt": "Write a greeting.", "pause_after": true}
    ], "assembler": {"mode": "deterministic"}});
    let request = StartRun { project_id, body: &body, idempotency_key: None };
    let run_id = app.start_run(request).await.unwrap().run.run_id;
    assert!(app.wait_for_end_or_user(run_id).await.unwrap().paused);
    let import = |file: &str| format!("import {{ there }} from './lib/{file}.js';\nconsole.log(there);\n");
    let result = format!("```js a.js\n{}```\n```js b.js\n{}```\n", import("there"), import("gone"));
    app.edit_output(run_id, "make", result).await.unwrap();
    app.resume_run(run_id).await.unwrap();
    let run = app.wait(run_id).await.unwrap();
    let told: Vec<String> = run.assembly.unwrap().conflicts.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["`b.js` imports `./lib/gone.js` in line 1, which no file provides."]);
}

#[tokio::test]
async fn pieces_are_joined_where_no_assembler_is_bound() {
    let folder = tempfile::tempdir().unwrap();
    let app = App::open(brickwork_app::AppConfig::new(folder.path())).await.unwrap();
    app.bind("CodeGemma", "scripted").await.unwrap();
    let mut body = gated(&json!({}));
    assert!(matches!(start(&app, &body).await, Err(AppError::ModelProblem(_))));
    body["assembler"] = json!({"mode": "deterministic"});
    let run = start(&app, &body).await.unwrap();
    assert_eq!(run.status, RunStatus::Success);
    assert_eq!(run.final_artifacts.len(), 1);
    assert_eq!((run.assembler.model.id.as_str(), run.assembler.artifacts.len()), ("none", 1));
}
