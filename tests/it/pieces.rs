//! What is made of a run's pieces on the command line: gates, the choice of the final ones, export, undo, and the same again
//! from a manifest.

use brickwork_tests::{Home, turn};
use serde_json::{Value, json};

use crate::common::text;

/// A pipeline of one gated step on this model.
fn gated(gate: &Value, max_tokens: u32) -> Value {
    json!({
        "name": "Gated",
        "steps": [{
            "step_name": "write", "model_type": "CodeGemma", "prompt": "Write a Python function that adds two numbers.",
            "parameters": { "max_tokens": max_tokens, "temperature": 0.3 }, "gate": gate
        }],
        "assembler": { "parameters": { "max_tokens": 200, "temperature": 0.3 } }
    })
}

#[test]
fn the_final_pieces_are_chosen_and_taken_back() {
    let home = Home::scripted();
    let file = home.write_pipeline("gated.json", &gated(&json!({}), 200));
    let run = home.run(&["run", &file, "--json"]).expect_code(0).result()["run"].clone();
    assert_eq!((&run["steps"][0]["gate_passed"], &run["final_artifacts_from"]), (&json!(true), &json!("assembler")));
    let listed = home.run(&["artifacts", "latest"]).expect_code(0);
    assert!(listed.stdout.contains("write_component_0.py") && listed.stdout.contains("parses"), "{}", listed.stdout);
    let chosen = home.run(&["artifacts", "latest", "--final", "steps", "--json"]).expect_code(0).json();
    let finals: Vec<&Value> =
        chosen["artifacts"].as_array().unwrap().iter().filter(|one| one["final"] == true).collect();
    assert_eq!((finals.len(), &finals[0]["name"]), (1, &json!("write_component_0.py")));
    assert_eq!(finals[0]["syntax"]["state"], "valid");
    home.run(&["artifacts", "latest", "--reread"]).expect_code(0);
}

#[test]
fn an_export_is_undone_and_reproduced() {
    let home = Home::scripted();
    let file = home.write_pipeline("gated.json", &gated(&json!({}), 200));
    let out = home.path("out");
    std::fs::create_dir(&out).unwrap();
    let _ = home.write("out/.editorconfig", "root = true\n[*.py]\nend_of_line = crlf\n");
    let result = home.run(&["run", &file, "--out", &out, "--json"]).expect_code(0).result();
    let seed = result["run"]["steps"][0]["seed"].clone();
    let name = text(&result["export"]["written"][0]["name"]).to_owned();
    assert!(home.read(&format!("out/{name}")).contains("\r\n"), "as the folder's .editorconfig says");
    let manifest: Value = serde_json::from_str(&home.read("out/brickwork.json")).unwrap();
    let entry = &manifest["files"][0];
    assert_eq!((&entry["syntax"], &entry["made_by_run"]), (&json!("valid"), &result["run"]["run_id"]));
    assert!(text(&entry["prompt"]).contains("Write the complete final code"), "{entry}");
    // The same pipeline with the same seeds, from the folder alone.
    let printed = home.run(&["reproduce", &out, "--print"]).expect_code(0).json();
    assert_eq!(printed["steps"][0]["parameters"]["seed"], seed);
    let again = home.run(&["reproduce", &out, "--json"]).expect_code(0).result();
    assert_eq!(again["run"]["final_artifacts"], result["run"]["final_artifacts"]);
    home.run(&["reproduce", &file]).expect_code(3).expect_stderr(&["no manifest"]);

    assert_eq!(printed["steps"][0]["parameters"]["temperature"], 0.3, "as it was written");
    let run_id = text(&result["run"]["run_id"]);
    // The folder's manifest names the run.
    home.run(&["export", &out, "--undo"]).expect_code(0);
    assert!(!std::path::Path::new(&home.path(&format!("out/{name}"))).exists());
    assert!(home.read("out/.editorconfig").starts_with("root"), "what was there stays");
    home.run(&["export", run_id, &out, "--undo"]).expect_code(3).expect_stderr(&["no export"]);
    home.run(&["export", &out, "--undo"]).expect_code(3).expect_stderr(&["brickwork.json", "export RUN DIR --undo"]);
    home.run(&["export", run_id, &out, "--new-branch", "x"]).expect_code(4).expect_stderr(&["no git repository"]);
}

/// What a run read of its project goes with the manifest, or is told to be missing.
#[test]
fn a_pipeline_is_reproduced_with_what_its_project_gave() {
    let home = Home::scripted();
    for folder in ["site", "other"] {
        std::fs::create_dir(home.path(folder)).unwrap();
    }
    let _ = home.write("site/notes.txt", "Greet kindly.");
    let context = home.write("context.json", r#"{"framework": "react", "tone": "dry"}"#);
    let create = ["projects", "create", "Site", "--folder", &home.path("site"), "--context", &context, "--json"];
    let project = text(&home.run(&create).expect_code(0).json()["id"]).to_owned();
    let mut pipeline = gated(&json!({}), 200);
    pipeline["global_context"] = json!({"tone": "warm"});
    pipeline["steps"][0]["files"] = json!(["notes.txt"]);
    let (file, out) = (home.write_pipeline("p.json", &pipeline), home.path("out"));
    let first = home.run(&["run", &file, "--project", &project, "--out", &out, "--json"]).expect_code(0).result();
    // The placeholder repeats what it was asked, the context included.
    let prompt = |result: &Value| {
        let step = &result["run"]["steps"][0];
        format!("{}{}", text(&step["prompt"]), text(&step["result"]))
    };
    assert!(prompt(&first).contains("- framework: react") && prompt(&first).contains("- tone: warm"), "{first}");

    let warned = "warning: The steps read files of the project's folder, which are not in the export: `notes.txt`.";
    home.run(&["reproduce", &out]).expect_code(3).expect_stderr(&[warned, "project has no folder"]);
    let _ = home.write("other/notes.txt", "Greet kindly.");
    let create = ["projects", "create", "Other", "--folder", &home.path("other"), "--json"];
    let other = text(&home.run(&create).expect_code(0).json()["id"]).to_owned();
    let again = home.run(&["reproduce", &out, "--project", &other, "--json"]).expect_code(0);
    assert_eq!(prompt(&again.result()), prompt(&first), "word for word, though the other project has no context");
    assert!(!again.stderr.contains("differ"), "{}", again.stderr);
    let _ = home.write("other/notes.txt", "Greet coldly.");
    let changed = home.run(&["reproduce", &out, "--project", &other]).expect_code(0);
    changed.expect_stderr(&["warning: `notes.txt` is another one than the exported run read, so the prompts differ."]);
}

#[test]
fn files_are_chosen_renamed_compared_and_packed() {
    let home = Home::scripted();
    let file = home.write_pipeline("gated.json", &gated(&json!({}), 200));
    let run = home.run(&["run", &file, "--json"]).expect_code(0).result()["run"].clone();
    let (run_id, name) = (text(&run["run_id"]), text(&run["final_artifacts"][0]["name"]));
    let out = home.path("out");
    let rename = format!("{name}=src/greet.py");
    home.run(&["export", run_id, &out, "--rename", &rename]).expect_code(0);
    assert_eq!(home.read("out/src/greet.py"), text(&run["final_artifacts"][0]["content"]));
    home.run(&["export", run_id, &out, "--rename", "no-equals"]).expect_code(2);
    let _ = home.write("out/src/greet.py", "mine\n");
    let plan = home.run(&["export", run_id, &out, "--rename", &rename, "--plan", "--diff"]).expect_code(0);
    assert!(plan.stdout.contains("conflict  src/greet.py") && plan.stdout.contains("\n-mine\n"), "{}", plan.stdout);
    let piece = format!("pieces/write/{}", text(&run["steps"][0]["artifacts"][0]["name"]));
    home.run(&["export", run_id, &home.path("some"), "--all", "--include", &piece]).expect_code(0);
    assert!(!home.read(&format!("some/{piece}")).is_empty());
    assert!(!std::path::Path::new(&home.path(&format!("some/{name}"))).exists());

    let zip = home.path("files.zip");
    home.run(&["export", run_id, "--zip", &zip]).expect_code(0);
    let bytes = std::fs::read(&zip).unwrap();
    let holds = |name: &str| bytes.windows(name.len()).any(|part| part == name.as_bytes());
    assert!(bytes.starts_with(b"PK") && holds(name) && holds("brickwork.json"));
    home.run(&["export", run_id, "--zip", &zip]).expect_code(3).expect_stderr(&["exists already"]);
    home.run(&["export", run_id, "--zip", &zip, "--overwrite"]).expect_code(0);
    home.run(&["export", run_id]).expect_code(2);
}

fn git(folder: &str, words: &[&str]) -> String {
    let who = ["-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "init.defaultBranch=main"];
    let output = std::process::Command::new("git").args(who).args(words).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_new_branch_holds_the_export_and_goes_with_one_that_fails() {
    let home = Home::scripted();
    let file = home.write_pipeline("gated.json", &gated(&json!({}), 200));
    let run = home.run(&["run", &file, "--json"]).expect_code(0).result()["run"].clone();
    let run_id = text(&run["run_id"]);
    let out = home.path("out");
    std::fs::create_dir(&out).unwrap();
    let _ = home.write("out/mine.txt", "mine");
    for words in [&["init"][..], &["add", "."], &["commit", "-m", "first"]] {
        git(&out, words);
    }
    let state = || (git(&out, &["branch", "--list"]), git(&out, &["status", "--short"]));
    let before = state();
    // What is overwritten cannot be kept, so that the export fails after its branch was made.
    let exports = home.data_dir().join("exports");
    std::fs::write(&exports, "in the way").unwrap();
    home.run(&["export", run_id, &out, "--new-branch", "brickwork/form"])
        .expect_code(4)
        .expect_stderr(&["cannot be kept"]);
    assert_eq!(state(), before, "the old branch is checked out, and the new one gone");
    std::fs::remove_file(&exports).unwrap();

    let done = home.run(&["export", run_id, &out, "--new-branch", "brickwork/form"]).expect_code(0);
    assert!(done.stdout.contains("on the new branch brickwork/form"), "{}", done.stdout);
    assert_eq!(git(&out, &["branch", "--show-current"]), "brickwork/form");
    assert!(git(&out, &["status", "--short"]).lines().all(|line| line.starts_with("??")), "nothing is staged");
    let plan = home.run(&["export", run_id, &out, "--plan"]).expect_code(0);
    assert!(plan.stdout.contains("branch brickwork/form"), "{}", plan.stdout);
    let undone = home.run(&["export", run_id, &out, "--undo"]).expect_code(0);
    assert!(
        undone.stdout.contains("The branch brickwork/form, which was made for the export, stays."),
        "{}",
        undone.stdout
    );
    assert_eq!(git(&out, &["status", "--short"]), "");
}

#[test]
fn an_output_is_read_with_its_edits() {
    let home = Home::scripted();
    let earlier = home.write("a.js", "let a = 1;\n");
    let name = earlier.trim_start_matches('/');
    let output = home.write(
        "output.txt",
        format!("{name}\n<<<<<<< SEARCH\nlet a = 1;\n=======\nlet a = (2;\n>>>>>>> REPLACE\n\n```js\nlet b"),
    );
    let read = home.run(&["extract", &output, "--earlier", &earlier, "--json"]).expect_code(0).json();
    assert_eq!(read["unclosed"], true, "{read}");
    assert!(read["artifacts"].as_array().unwrap().iter().any(|one| one["syntax"]["state"] == "invalid"), "{read}");
}

/// A real model whose answer is cut off goes on, and what was tried is in the history.
#[test]
fn a_gate_works_with_a_real_model() {
    let _turn = turn();
    let home = Home::new();
    let gate = json!({ "repairs": 1, "continuations": 4 });
    let file = home.write_pipeline("gated.json", &gated(&gate, 24));
    let run = home.run(&["run", &file, "--seed", "3", "--json"]).expect_code(0).result()["run"].clone();
    let report = &run["steps"][0]["report"];
    let attempts = report["attempts"].as_array().unwrap();
    assert!((1..=2).contains(&attempts.len()), "{report}");
    let kept = usize::try_from(report["kept"].as_u64().unwrap()).unwrap();
    assert_eq!(attempts[kept]["result"], run["steps"][0]["result"]);
    assert_eq!(run["steps"][0]["gate_passed"], attempts[kept]["findings"].as_array().unwrap().is_empty());
    assert_eq!(run["status"], "SUCCESS", "a gate that is not required fails nothing");
    if run["final_artifacts"].as_array().is_some_and(|files| !files.is_empty()) {
        let out = home.path("out");
        home.run(&["export", text(&run["run_id"]), &out]).expect_code(0);
        let manifest: Value = serde_json::from_str(&home.read("out/brickwork.json")).unwrap();
        let entry = &manifest["files"][0];
        let files = entry["model_files"].as_array().unwrap();
        assert!(files.len() == 1 && text(&files[0]["name"]).ends_with(".gguf"), "{entry}");
        assert_eq!(text(&files[0]["sha256"]).len(), 64, "{entry}");
    }
}
