//! What `brickwork models show` tells of a model.

use brickwork_tests::Home;

/// The default model.
const ID: &str = "SmolLM2-135M-Instruct.Q4_1";

#[test]
fn a_model_file_is_shown_with_what_is_inside() {
    let home = Home::new();
    let shown = home.run(&["models", "show", ID, "--json"]).expect_code(0).json();
    assert_eq!(shown["file"]["id"], ID);
    assert_eq!(shown["file"]["runnable"], true);
    assert_eq!(shown["gguf"]["block_count"], 30);
    assert_eq!(shown["catalog_id"], "smollm2-135m-instruct");
    assert!(shown["chat_template"].as_str().unwrap().contains("<|im_start|>"), "{shown}");
    let plain = home.run(&["models", "show", ID]).expect_code(0);
    for expected in ["llama", "134.5 million", "Q4_1", "8192 tokens", "apache-2.0", "gpt2, smollm"] {
        assert!(plain.stdout.contains(expected), "`{expected}` is missing in:\n{}", plain.stdout);
    }
    let unknown = home.run(&["models", "show", "unheard-of"]);
    assert_ne!(unknown.code, Some(0));
    assert!(unknown.stderr.contains("unheard-of"), "{}", unknown.stderr);
}
