//! Every exit code, with what the program says beside it.

use brickwork_tests::{DEFAULT_MODEL, Home, models_dir, turn};
use serde_json::{Value, json};

use crate::common::{one_step, short_react, text};

#[test]
fn usage() {
    let home = Home::scripted();
    for args in [&["run"][..], &["frobnicate"], &["run", "x.json", "--project", "no-uuid"], &["generate"]] {
        home.run(args).expect_code(2).expect_stderr(&["error:"]);
    }
    home.run(&["--help"]).expect_code(0);
    home.run(&["--version"]).expect_code(0);
}

#[test]
fn an_invalid_pipeline_hears_of_every_fault_and_leaves_nothing_behind() {
    let home = Home::scripted();
    let faulty = json!({
        "name": "Faulty",
        "stepz": [],
        "steps": [
            { "step_name": "a/b", "model_type": "CodeLlama", "prompt": "x" },
            { "step_name": "b", "model_type": "Assembler", "prompt": "x", "parameters": { "temperature": 2 } },
            { "step_name": "b", "model_type": "GPT", "promt": "x" }
        ]
    });
    let file = home.write_pipeline("faulty.json", &faulty);
    home.run(&["run", &file]).expect_code(3).expect_stderr(&[
        "$.stepz: ",
        "$.steps[2].promt: ",
        "$.steps[2].prompt: The field `prompt` is missing. Add `prompt`.",
        "$.steps[2].model_type: ",
    ]);
    // What a right shape means is judged next.
    let meaning = json!({
        "name": "Faulty",
        "steps": [
            { "step_name": "a/b", "model_type": "CodeLlama", "prompt": "x" },
            { "step_name": "b", "model_type": "CodeGemma", "prompt": "  ", "parameters": { "temperature": 2, "max_tokens": 0 } },
            { "step_name": "b", "model_type": "T5Gemma", "prompt": "x", "gate": { "syntax": false } }
        ]
    });
    let file = home.write_pipeline("faulty.json", &meaning);
    let places = [
        "$.steps[0].step_name",
        "$.steps[1].prompt",
        "$.steps[1].parameters.temperature",
        "$.steps[1].parameters.max_tokens",
        "$.steps[2].step_name",
        "$.steps[2].gate",
    ];
    home.run(&["run", &file]).expect_code(3).expect_stderr(&places);
    let checked = home.run(&["validate", &file, "--json"]).expect_code(3).json();
    assert_eq!(checked["valid"], false);
    for place in places {
        let found = checked["diagnostics"].as_array().unwrap().iter().find(|found| found["path"] == place);
        let found = found.unwrap_or_else(|| panic!("nothing at {place}: {checked}"));
        assert!(!text(&found["remedy"]).is_empty() && !text(&found["code"]).is_empty(), "{found}");
    }
    assert_eq!(home.run(&["runs", "list", "--json"]).expect_code(0).json()["runs"], json!([]));
}

#[test]
fn each_remedy_is_said_once() {
    let home = Home::scripted();
    let mut one = one_step("x");
    one["steps"][0]["parameters"]["max_tokens"] = json!(0);
    let mut two = one.clone();
    two["steps"][0]["parameters"]["temperature"] = json!(2);
    // A shape that cannot be read is told of in another way than a value that cannot be.
    let mut unread = one_step("x");
    unread["steps"][0]["promt"] = json!("x");
    for (pipeline, n_found) in [(one, 1), (two, 2), (unread, 1)] {
        let file = home.write_pipeline("faulty.json", &pipeline);
        let checked = home.run(&["validate", &file, "--json"]).expect_code(3).json();
        let found = checked["diagnostics"].as_array().unwrap();
        assert_eq!(found.len(), n_found, "{checked}");
        for command in ["run", "validate"] {
            let ended = home.run(&[command, &file]).expect_code(3);
            let said = ended.stdout + &ended.stderr;
            for finding in found {
                let remedy = text(&finding["remedy"]);
                assert_eq!(said.matches(remedy).count(), 1, "{command} says `{remedy}` not once:\n{said}");
                assert!(said.contains(text(&finding["path"])), "{command} does not say where:\n{said}");
            }
        }
    }
}

#[test]
fn input_that_cannot_be_used() {
    let home = Home::scripted();
    home.run(&["run", "no-such-file.json"]).expect_code(3).expect_stderr(&["no-such-file.json", "react-component"]);
    let broken = home.write("broken.json", "{ \"name\": ");
    home.run(&["run", &broken]).expect_code(3).expect_stderr(&["broken.json"]);
    home.run(&["runs", "show", "550e8400-e29b-41d4-a716-446655440001"]).expect_code(3);
    home.run(&["runs", "show", "no-id"]).expect_code(3).expect_stderr(&["no-id"]);
    home.run(&["runs", "show", "latest"]).expect_code(3);
    home.run(&["models", "bind", "CodeGPT", "scripted"]).expect_code(3).expect_stderr(&["CodeGPT", "CodeLlama"]);
    home.run(&["models", "bind", "CodeGemma", "no-such-model"]).expect_code(3).expect_stderr(&["no-such-model"]);
    let good = home.write_pipeline("good.json", &one_step("x"));
    home.run(&["run", &good, "--set", "no-equals-sign"]).expect_code(3).expect_stderr(&["--set"]);
    home.run(&["run", &good, "--context", "no-such.json"]).expect_code(3).expect_stderr(&["no-such.json"]);
    let unknown = "550e8400-e29b-41d4-a716-446655440001";
    home.run(&["run", &good, "--project", unknown]).expect_code(3).expect_stderr(&[unknown]);
}

#[test]
fn a_file_that_is_no_model_is_refused_when_it_is_bound() {
    let home = Home::new();
    for (name, bytes) in [
        ("magic.gguf", b"not a model at all".to_vec()),
        ("cut.gguf", std::fs::read(models_dir().join(DEFAULT_MODEL)).unwrap()[..4096].to_vec()),
        ("empty.gguf", Vec::new()),
    ] {
        let file = home.write(name, bytes);
        home.run(&["models", "bind", "CodeGemma", &file]).expect_code(3).expect_stderr(&["CodeGemma", name]);
    }
    let roles = home.run(&["models", "list", "--json"]).expect_code(0).json();
    assert_eq!(roles["models"][1]["binding"]["stand_in"], true, "a refused binding changes nothing");
}

#[test]
fn without_any_model_nothing_starts_and_the_remedy_is_said() {
    let models = tempfile::tempdir().unwrap();
    let home = Home::with_models(models.path());
    let file = home.write_pipeline("one.json", &one_step("x"));
    home.run(&["run", &file]).expect_code(3).expect_stderr(&["SmolLM2-135M-Instruct", "cargo xtask models"]);
    let roles = home.run(&["models", "list", "--json"]).expect_code(0).json();
    assert_eq!(roles["models"][0]["binding"]["present"], false);
}

#[test]
fn a_failing_step_stops_the_run_and_what_was_made_is_kept() {
    let _turn = turn();
    let home = Home::new();
    // The placeholder gives the first step a file for certain; the second asks the real model for more than fits.
    home.run(&["models", "bind", "CodeLlama", "scripted"]).expect_code(0);
    let mut body = short_react(64);
    body["steps"][1]["parameters"]["max_tokens"] = json!(131_072);
    let file = home.write_pipeline("long.json", &body);
    let out = home.path("out");
    let ended = home.run(&["run", &file, "--out", &out, "--json"]).expect_code(4);
    let run = &ended.result()["run"];
    let error = text(&run["error"]);
    assert_eq!(error, format!("Pipeline stopped at step 'generate_component': {}", text(&run["steps"][1]["error"])));
    assert!(ended.stderr.contains(&format!("error: {error}")), "{}", ended.stderr);
    assert_eq!(run["steps"][1]["error_code"], "prompt_too_long");
    assert!(error.contains("131072") || error.contains("131,072"), "the token counts are named: {error}");
    check_stopped(run);
    assert_eq!(ended.result()["export"], Value::Null);
    assert!(!std::path::Path::new(&out).exists(), "a failed run exports nothing");
    check_stopped(&home.latest_run());
}

fn check_stopped(run: &Value) {
    assert_eq!(run["status"], "FAILED");
    assert_eq!((&run["successful_steps"], &run["failed_steps"]), (&json!(1), &json!(1)));
    let statuses: Vec<&str> = run["steps"].as_array().unwrap().iter().map(|step| text(&step["status"])).collect();
    assert_eq!(statuses, ["SUCCESS", "FAILED", "PENDING"]);
    assert_eq!(run["assembler"]["status"], "PENDING");
    assert!(text(&run["steps"][0]["result"]).contains("simulated"));
    assert_eq!(run["steps"][0]["artifacts"][0]["name"], "analyze_requirements_component_0.py");
    assert_eq!(run["final_artifacts"], json!([]));
}

#[cfg(unix)]
#[test]
fn ctrl_c_cancels_the_run() {
    let _turn = turn();
    let home = Home::new();
    let file = home.write_pipeline("react.json", &short_react(4000));
    let mut running = home.watch(&["run", &file, "--json"]);
    running.wait_for("text of the first step", |line| line["event"] == "text");
    let asked = std::time::Instant::now();
    running.interrupt();
    let ended = running.wait().expect_code(5);
    assert!(asked.elapsed() < std::time::Duration::from_secs(5), "cancelling took {:?}", asked.elapsed());
    let run = &ended.result()["run"];
    assert_eq!(run["status"], "CANCELLED");
    assert_eq!(run["interrupted"], false);
    assert_eq!(run["steps"][0]["status"], "CANCELLED");
    assert!(!text(&run["steps"][0]["result"]).is_empty(), "what was written until then is kept");
    assert_eq!(home.latest_run()["status"], "CANCELLED");
    // The next run is none the worse for it.
    let file = home.write_pipeline("next.json", &short_react(8));
    assert_eq!(home.run(&["run", &file, "--json"]).expect_code(0).result()["run"]["status"], "SUCCESS");
}
