//! The scripted placeholder runs only when chosen by name, and everything that it makes says so.

use brickwork_tests::{Home, turn};
use serde_json::Value;

use crate::common::{short_react, text};

#[test]
fn one_scripted_role_marks_its_steps_and_the_run() {
    let _turn = turn();
    let home = Home::new();
    home.run(&["models", "bind", "CodeGemma", "scripted"]).expect_code(0);
    let file = home.write_pipeline("react.json", &short_react(12));
    let run = home.run(&["run", &file, "--json"]).expect_code(0).result()["run"].clone();
    assert_eq!(run["simulated"], true);
    let marks: Vec<bool> =
        run["steps"].as_array().unwrap().iter().map(|step| step["simulated"].as_bool().unwrap()).collect();
    assert_eq!(marks, [false, true, false]);
    assert_eq!(run["assembler"]["simulated"], false);
    assert_eq!(run["steps"][1]["model"]["id"], "scripted");
    assert_eq!(run["steps"][0]["model"]["stand_in"], true);
    let listed = home.run(&["runs", "list", "--json"]).expect_code(0).json();
    assert_eq!(listed["runs"][0]["simulated"], true);
}

#[test]
fn the_exported_manifest_says_simulated() {
    let home = Home::scripted();
    let file = home.write_pipeline("react.json", &short_react(200));
    let out = home.path("out");
    let result = home.run(&["run", &file, "--out", &out, "--json"]).expect_code(0).result();
    assert_eq!(result["run"]["simulated"], true);
    let manifest: Value = serde_json::from_str(&home.read("out/brickwork.json")).unwrap();
    let files = manifest["files"].as_array().unwrap();
    assert!(!files.is_empty());
    for file in files {
        assert_eq!(file["simulated"], true, "{file}");
        assert_eq!(file["model"], "scripted", "{file}");
        assert_eq!(text(&file["sha256"]).len(), 64);
    }
    // All pieces of all steps go below `pieces/STEP/`.
    let all = home.path("all");
    let report = home.run(&["export", text(&result["run"]["run_id"]), &all, "--all", "--json"]).expect_code(0).json();
    let names: Vec<&str> = report["written"].as_array().unwrap().iter().map(|file| text(&file["name"])).collect();
    assert!(names.contains(&"pieces/generate_component/generate_component_component_0.py"), "{names:?}");
    assert!(home.read("all/pieces/optimize_code/optimize_code_component_0.py").contains("Simulated"));
}

#[test]
fn nothing_is_simulated_unless_asked_for() {
    let home = Home::new();
    let roles = home.run(&["models", "list", "--json"]).expect_code(0).json();
    for role in roles["models"].as_array().unwrap() {
        assert_eq!(role["binding"]["simulated"], false, "{role}");
    }
}
