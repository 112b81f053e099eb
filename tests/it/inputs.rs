//! How values reach a run: `--set`, `--set-file`, `--context`, standard input, and the contexts of the pipeline.

use brickwork_tests::Home;
use serde_json::{Value, json};

use crate::common::{one_step, text};

/// Runs on the placeholder, which takes no time, and returns the run.
fn run(home: &Home, args: &[&str]) -> Value {
    let mut all = vec!["run"];
    all.extend(args);
    all.push("--json");
    home.run(&all).expect_code(0).result()["run"].clone()
}

#[test]
fn values_of_the_command_line_become_the_global_context() {
    let home = Home::scripted();
    let mut body = one_step("Write {{ thing }} for {{ user.name }} in {{ language }}: {{ source }} x{{ count }}");
    body["global_context"] = json!({ "thing": "a poem", "language": "Python" });
    let pipeline = home.write_pipeline("one.json", &body);
    let context = home.write("context.json", r#"{ "user": { "name": "Ada" }, "language": "Rust", "count": 1 }"#);
    let source = home.write("source.txt", "let {{ thing }} = `1`;\n");
    let made = run(
        &home,
        &[
            &pipeline,
            "--context",
            &context,
            "--set",
            "count=2",
            "--set",
            "thing=a=b",
            "--set-file",
            &format!("source={source}"),
        ],
    );
    // The last word wins, what was inserted is not rendered again, and only the first `=` separates.
    let prompt = text(&made["steps"][0]["prompt"]);
    assert!(prompt.contains("Write a=b for Ada in Rust: let {{ thing }} = `1`;\n x2"), "{prompt}");
    assert_eq!(made["pipeline"]["global_context"]["count"], 2, "numbers stay numbers");
    assert_eq!(made["pipeline"]["global_context"]["thing"], "a=b");
    assert_eq!(made["steps"][0]["warnings"], json!([]));
}

#[test]
fn a_variable_that_nothing_defines_stays_and_is_warned_of() {
    let home = Home::scripted();
    let file = home.write_pipeline("one.json", &one_step("Use {{ missing.thing }} and ${{ secrets.KEY }}"));
    let checked = home.run(&["validate", &file, "--json"]).expect_code(0).json();
    assert_eq!(checked["valid"], true);
    assert_eq!(checked["diagnostics"].as_array().unwrap().len(), 1, "{checked}");
    assert_eq!(checked["diagnostics"][0]["severity"], "warning");
    assert_eq!(checked["diagnostics"][0]["path"], "$.steps[0].prompt");
    let made = run(&home, &[&file]);
    assert!(text(&made["steps"][0]["prompt"]).contains("Use {{ missing.thing }} and ${{ secrets.KEY }}"));
    assert!(text(&made["steps"][0]["warnings"][0]).contains("missing.thing"));
}

#[test]
fn outputs_and_artifacts_of_earlier_steps_are_context() {
    let home = Home::scripted();
    let body = json!({
        "name": "Chain",
        "steps": [
            { "step_name": "first", "model_type": "CodeLlama", "prompt": "alpha" },
            { "step_name": "second", "model_type": "CodeGemma", "prompt": "<<{{ step_0_output }}>> {{ step_0_artifacts }} {{ kind }}", "context": { "kind": "own" } }
        ]
    });
    let file = home.write_pipeline("chain.json", &body);
    let made = run(&home, &[&file]);
    let prompt = text(&made["steps"][1]["prompt"]);
    assert!(prompt.contains(&format!("<<{}>>", text(&made["steps"][0]["result"]))), "{prompt}");
    assert!(prompt.contains("first_component_0.py"), "{prompt}");
    assert!(prompt.contains("own"), "{prompt}");
}

#[test]
fn a_pipeline_may_come_from_standard_input_or_be_a_template() {
    let home = Home::scripted();
    let piped = home.run_with_input(&["run", "-", "--json"], &one_step("x").to_string()).expect_code(0).result();
    assert_eq!(piped["run"]["name"], "One step");
    assert_eq!(run(&home, &["react-component"])["name"], "React Component Pipeline");
    let checked = home.run_with_input(&["validate", "-", "--json"], &one_step("x").to_string()).expect_code(0).json();
    assert_eq!(checked["valid"], true);
}

#[test]
fn the_result_can_go_into_a_file_as_well() {
    let home = Home::scripted();
    let file = home.write_pipeline("one.json", &one_step("x"));
    let result =
        home.run(&["run", &file, "--json", "--result-file", &home.path("result.json")]).expect_code(0).result();
    assert_eq!(serde_json::from_str::<Value>(&home.read("result.json")).unwrap(), result);
}

#[test]
fn a_person_reads_words_and_not_json() {
    let home = Home::scripted();
    let file = home.write_pipeline("one.json", &one_step("x"));
    let ended = home.run(&["run", &file, "--out", &home.path("out")]).expect_code(0);
    for part in ["Simulated", "assembler_component_0.py", "Exported to"] {
        assert!(ended.stdout.contains(part), "`{part}` is missing in:\n{}", ended.stdout);
    }
    assert!(!ended.stdout.contains("\"event\""), "{}", ended.stdout);
    let shown = home.run(&["runs", "show", "latest"]).expect_code(0).stdout;
    for part in ["One step", "SUCCESS", "only", "scripted", "simulated"] {
        assert!(shown.contains(part), "`{part}` is missing in:\n{shown}");
    }
}
