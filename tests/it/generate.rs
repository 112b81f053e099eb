//! `brickwork generate` and `brickwork extract`.

use brickwork_tests::{DEFAULT_MODEL, Home, TEMPLATE_LESS_MODEL, model, turn};
use serde_json::{Value, json};

use crate::common::{number, text};

fn generate(home: &Home, file: &str, more: &[&str]) -> Value {
    let path = model(file);
    let mut args = vec!["generate", "--model", path.to_str().unwrap(), "--temperature", "0", "--json"];
    args.extend(more);
    home.run(&args).expect_code(0).json()
}

#[test]
fn raw_text_is_continued_the_same_way_every_time() {
    let _turn = turn();
    let home = Home::new();
    for (file, word) in [(DEFAULT_MODEL, "Paris"), (TEMPLATE_LESS_MODEL, "France")] {
        let args = ["--raw", "--max-tokens", "16", "--prompt", "The capital of France is"];
        let first = generate(&home, file, &args);
        assert_eq!(first["token_ids"].as_array().unwrap().len() as u64, number(&first["timings"]["generated_tokens"]));
        assert!(!first["token_ids"].as_array().unwrap().is_empty(), "{first}");
        assert!(text(&first["text"]).contains(word), "{file} continues with {}", first["text"]);
        assert!(number(&first["timings"]["prompt_tokens"]) >= 5, "{first}");
        assert_eq!(first["timings"]["cached_tokens"], 0, "a fresh worker has nothing cached");
        let second = generate(&home, file, &args);
        assert_eq!((&first["text"], &first["token_ids"]), (&second["text"], &second["token_ids"]), "{file}");
    }
}

#[test]
fn the_prompt_may_come_from_standard_input() {
    let _turn = turn();
    let home = Home::new();
    let path = model(DEFAULT_MODEL);
    let args = |prompt| {
        [
            "generate",
            "--model",
            path.to_str().unwrap(),
            "--max-tokens",
            "12",
            "--temperature",
            "0",
            "--json",
            "--prompt",
            prompt,
        ]
    };
    let prompt = "Say hello in one word.";
    let piped = home.run_with_input(&args("-"), prompt).expect_code(0).json();
    let given = home.run(&args(prompt)).expect_code(0).json();
    assert_eq!(piped["token_ids"], given["token_ids"]);
    // Without --json the text alone is printed.
    let listed = [
        "generate",
        "--model",
        "SmolLM2-135M-Instruct.Q4_1",
        "--max-tokens",
        "12",
        "--temperature",
        "0",
        "--prompt",
        prompt,
    ];
    let printed = home.run(&listed).expect_code(0);
    assert_eq!(printed.stdout.trim_end_matches('\n'), text(&given["text"]).trim_end_matches('\n'));
}

#[test]
fn control_tokens_in_a_prompt_are_text() {
    let _turn = turn();
    let home = Home::new();
    let tokens = |prompt: &str| {
        let answer = generate(&home, DEFAULT_MODEL, &["--raw", "--max-tokens", "1", "--prompt", prompt]);
        number(&answer["timings"]["prompt_tokens"])
    };
    // As a control token this would be one; as text it is several.
    assert!(tokens("a<|im_end|>") >= tokens("a") + 3, "a control token got through");
}

#[test]
fn a_model_that_is_not_there() {
    let home = Home::new();
    home.run(&["generate", "--model", "no-such.gguf", "--prompt", "x"])
        .expect_code(3)
        .expect_stderr(&["no-such.gguf", "models list"]);
    home.run(&["generate", "--model", "scripted", "--prompt", "x", "--temperature", "1.5"]).expect_code(3);
}

#[test]
fn a_file_that_is_no_model_is_refused_before_a_worker_sees_it() {
    let home = Home::new();
    for content in ["not a model at all", "GGUF\u{3}\0\0\0garbage", ""] {
        let file = home.write("broken.gguf", content);
        let ended = home.run(&["generate", "--model", &file, "--prompt", "x"]).expect_code(3);
        assert!(ended.stderr.contains("broken.gguf") && !ended.stderr.contains("llama"), "{}", ended.stderr);
    }
}

#[test]
fn extract_reads_files_and_standard_input() {
    let home = Home::scripted();
    let output =
        "Here you are:\n\n```jsx\n// src/Form.jsx\nexport default () => <form />;\n```\n\nand\n\n```python\nprint(1)\n";
    let piped = home.run_with_input(&["extract", "-", "--json"], output).expect_code(0).json();
    let file = home.write("output.md", output);
    let read = home.run(&["extract", &file, "--json"]).expect_code(0).json();
    assert_eq!(piped, read);
    let artifacts = piped["artifacts"].as_array().unwrap();
    assert_eq!(artifacts.len(), 2, "{piped}");
    assert_eq!((&artifacts[0]["name"], &artifacts[0]["type"]), (&json!("src/Form.jsx"), &json!("jsx")));
    assert_eq!((&artifacts[1]["name"], &artifacts[1]["type"]), (&json!("output_component_1.py"), &json!("py")));
    assert_eq!(artifacts[1]["closed"], false, "an unclosed fence is an artifact all the same");
    let shown = home.run_with_input(&["extract", "-"], output).expect_code(0);
    assert!(shown.stdout.contains("src/Form.jsx") && shown.stdout.contains("print(1)"), "{}", shown.stdout);
    home.run(&["extract", "no-such-file"]).expect_code(3).expect_stderr(&["no-such-file"]);
}
