//! What the program lists: templates, models, runs, completions.

use std::collections::BTreeSet;

use brickwork_tests::{DEFAULT_MODEL, Home, pipelines_dir};
use serde_json::{Value, json};

use crate::common::{one_step, text};

#[test]
fn templates() {
    let home = Home::scripted();
    let listed = home.run(&["templates", "list", "--json"]).expect_code(0).json();
    let templates = listed["templates"].as_array().unwrap();
    let ids: BTreeSet<&str> = templates.iter().map(|template| text(&template["id"])).collect();
    assert!(ids.len() >= 5, "{ids:?}");
    let react = templates.iter().find(|template| template["id"] == "react-component").unwrap();
    assert_eq!(react["name"], "React Component Pipeline");
    assert_eq!(react["description"], "Generate production-ready React components");
    assert_eq!(react["steps"][0]["prompt"], "Analyze the component requirements and create a design plan");
    let plain = home.run(&["templates", "list"]).expect_code(0);
    for id in &ids {
        assert!(plain.stdout.contains(id), "{id} is missing in:\n{}", plain.stdout);
    }
    let files: BTreeSet<String> = shipped_files().map(|file| file.trim_end_matches(".json").to_owned()).collect();
    assert_eq!(ids.iter().map(ToString::to_string).collect::<BTreeSet<_>>(), files, "every file of the folder ships");
}

#[test]
fn every_shipped_pipeline_is_valid() {
    let home = Home::scripted();
    for file in shipped_files() {
        let path = pipelines_dir().join(&file);
        let checked = home.run(&["validate", path.to_str().unwrap(), "--json"]).expect_code(0).json();
        assert_eq!(checked["valid"], true, "{file}");
        assert_eq!(checked["diagnostics"], json!([]), "{file}");
        home.run(&["validate", file.trim_end_matches(".json")]).expect_code(0);
    }
}

fn shipped_files() -> impl Iterator<Item = String> {
    std::fs::read_dir(pipelines_dir())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json") && !name.ends_with(".schema.json"))
}

#[test]
fn the_four_roles_read_as_specified_and_say_that_they_are_stand_ins() {
    let home = Home::new();
    let listed = home.run(&["models", "list", "--json"]).expect_code(0).json();
    let specified = json!([
        {
            "name": "CodeLlama",
            "description": "Meta's CodeLlama - Code generation and understanding",
            "capabilities": ["code_generation", "code_analysis", "refactoring"],
            "recommended_for": ["Initial analysis", "Code generation"]
        },
        {
            "name": "CodeGemma",
            "description": "Google's CodeGemma - Specialized code model",
            "capabilities": ["code_generation", "code_explanation", "bug_fixing"],
            "recommended_for": ["Code refinement", "Bug fixing"]
        },
        {
            "name": "T5Gemma",
            "description": "T5Gemma - Text-to-text transfer transformer",
            "capabilities": ["text_transformation", "summarization", "translation"],
            "recommended_for": ["Code transformation", "Documentation generation"]
        },
        {
            "name": "Assembler",
            "description": "Final assembly model - Combines and polishes outputs",
            "capabilities": ["code_assembly", "optimization", "validation"],
            "recommended_for": ["Final assembly (automatic)"]
        }
    ]);
    let models = listed["models"].as_array().unwrap();
    assert_eq!(models.len(), 4);
    for (model, specified) in models.iter().zip(specified.as_array().unwrap()) {
        for (field, value) in specified.as_object().unwrap() {
            assert_eq!(&model[field], value, "{field}");
        }
        assert_eq!(model["binding"]["stand_in"], true, "{model}");
        assert_eq!(model["binding"]["present"], true, "{model}");
        assert_eq!(model["binding"]["simulated"], false, "{model}");
    }
    let stem = DEFAULT_MODEL.trim_end_matches(".gguf");
    let file = listed["files"].as_array().unwrap().iter().find(|file| file["id"] == stem).unwrap();
    assert_eq!(file["architecture"], "llama");
    assert_eq!(file["problem"], Value::Null);
    let plain = home.run(&["models", "list"]).expect_code(0);
    assert_eq!(plain.stdout.matches("stand-in").count(), 4, "{}", plain.stdout);
}

#[test]
fn a_role_can_be_bound_to_a_file_and_back() {
    let home = Home::new();
    let stem = DEFAULT_MODEL.trim_end_matches(".gguf");
    home.run(&["models", "bind", "T5Gemma", stem]).expect_code(0);
    let roles = home.run(&["models", "list", "--json"]).expect_code(0).json();
    let binding = &roles["models"][2]["binding"];
    assert_eq!((&binding["id"], &binding["stand_in"]), (&json!(stem), &json!(false)), "a chosen model is no stand-in");
    home.run(&["models", "bind", "T5Gemma", "default"]).expect_code(0);
    let roles = home.run(&["models", "list", "--json"]).expect_code(0).json();
    assert_eq!(roles["models"][2]["binding"]["stand_in"], true);
}

#[test]
fn runs_are_listed_newest_first_and_can_be_searched() {
    let home = Home::scripted();
    assert!(home.run(&["runs", "list"]).expect_code(0).stdout.contains("No runs yet"));
    for name in ["Alpha", "Beta", "Gamma"] {
        let mut body = one_step("x");
        body["name"] = json!(name);
        let file = home.write_pipeline("one.json", &body);
        home.run(&["run", &file, "--json"]).expect_code(0);
    }
    let names = |args: &[&str]| -> Vec<String> {
        let page = home.run(args).expect_code(0).json();
        page["runs"].as_array().unwrap().iter().map(|run| text(&run["name"]).to_owned()).collect()
    };
    assert_eq!(names(&["runs", "list", "--json"]), ["Gamma", "Beta", "Alpha"]);
    assert_eq!(names(&["runs", "list", "--json", "--limit", "1"]), ["Gamma"]);
    assert_eq!(names(&["runs", "list", "--json", "--search", "beta"]), ["Beta"]);
}

#[test]
fn completions_for_every_shell() {
    let home = Home::scripted();
    for (shell, mark) in [("bash", "complete -F"), ("zsh", "#compdef brickwork"), ("fish", "complete -c brickwork")] {
        let script = home.run(&["completions", shell]).expect_code(0).stdout;
        assert!(script.contains(mark), "{shell}: {}", script.lines().take(5).collect::<Vec<_>>().join("\n"));
        assert!(script.contains("--set-file") || script.contains("set-file"), "{shell} completes no flags of run");
    }
    home.run(&["completions", "tcsh"]).expect_code(2);
}
