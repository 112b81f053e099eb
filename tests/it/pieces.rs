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

    let run_id = text(&result["run"]["run_id"]);
    home.run(&["export", run_id, &out, "--undo"]).expect_code(0);
    assert!(!std::path::Path::new(&home.path(&format!("out/{name}"))).exists());
    assert!(home.read("out/.editorconfig").starts_with("root"), "what was there stays");
    home.run(&["export", run_id, &out, "--undo"]).expect_code(3).expect_stderr(&["no export"]);
    home.run(&["export", run_id, &out, "--new-branch", "x"]).expect_code(4).expect_stderr(&["no git repository"]);
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
}
