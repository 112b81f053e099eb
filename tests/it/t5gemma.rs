//! T5Gemma as a user meets it: a folder that generates, is converted, plays its role by itself, and is refused with the place
//! of its fault. The model is a tiny one with random weights, whose outputs Hugging Face transformers computed.

use std::fs;
use std::path::{Path, PathBuf};

use brickwork_tests::{DEFAULT_MODEL, Home, TEMPLATE_LESS_MODEL, model, turn};
use serde_json::{Value, json};

use crate::common::{number, text};

/// The tiny model's folder in the sources.
fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/t5gemma/tests/fixtures/tiny")
}

/// A copy of it at `to`, with room for the prompts of a pipeline.
fn copy_to(to: &Path) {
    fs::create_dir_all(to).unwrap();
    for name in ["config.json", "generation_config.json", "model.safetensors", "tokenizer.json"] {
        fs::copy(source().join(name), to.join(name)).unwrap();
    }
    let config = fs::read_to_string(to.join("config.json")).unwrap();
    let config = config.replace("\"max_position_embeddings\": 512", "\"max_position_embeddings\": 8192");
    fs::write(to.join("config.json"), config).unwrap();
}

fn reference() -> Value {
    serde_json::from_slice(&fs::read(source().join("reference.json")).unwrap()).unwrap()
}

fn generate(home: &Home, folder: &Path, prompt: &str, more: &[&str]) -> Value {
    let mut args = vec!["generate", "--model", folder.to_str().unwrap(), "--raw", "--temperature", "0", "--json"];
    args.extend(["--prompt", prompt]);
    args.extend(more);
    home.run(&args).expect_code(0).json()
}

#[test]
fn a_folder_generates_the_tokens_of_the_reference() {
    let _turn = turn();
    let home = Home::new();
    let reference = reference();
    let mut n = 0;
    for case in reference["cases"].as_array().unwrap().iter().filter(|case| case["name"] != "chat") {
        let answer = generate(&home, &source(), text(&case["text"]), &["--max-tokens", "32"]);
        let mut expected = case["generate"]["ids_with_cache"].as_array().unwrap().clone();
        if case["generate"]["ended_by_eos"] == json!(true) {
            expected.pop();
        }
        assert_eq!(answer["token_ids"].as_array().unwrap(), &expected, "{}", case["name"]);
        let n_source = case["encoder_input_ids"].as_array().unwrap().len() as u64;
        assert_eq!(number(&answer["timings"]["prompt_tokens"]), n_source, "{}", case["name"]);
        n += 1;
    }
    assert!(n >= 4, "the reference has cases");
}

/// Gives the model in `folder` an output table of its own, which holds what the decoder's embedding does, and another
/// vocabulary beside those of its sides, which counts for nothing.
fn untie(folder: &Path) {
    let path = folder.join("model.safetensors");
    let file = fs::read(&path).unwrap();
    let n = usize::try_from(u64::from_le_bytes(file[..8].try_into().unwrap())).unwrap();
    let (mut header, mut data) = (serde_json::from_slice::<Value>(&file[8..8 + n]).unwrap(), file[8 + n..].to_vec());
    let mut table = header["model.decoder.embed_tokens.weight"].clone();
    let place = |at: usize| usize::try_from(number(&table["data_offsets"][at])).unwrap();
    let (from, to, end) = (place(0), place(1), data.len());
    data.extend_from_within(from..to);
    table["data_offsets"] = json!([end, data.len()]);
    header["lm_head.out_proj.weight"] = table;
    let header = header.to_string();
    fs::write(&path, [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat()).unwrap();
    let config = folder.join("config.json");
    let mut value: Value = serde_json::from_slice(&fs::read(&config).unwrap()).unwrap();
    value["tie_word_embeddings"] = false.into();
    value["vocab_size"] = 999.into();
    fs::write(&config, value.to_string()).unwrap();
}

#[test]
fn an_untied_model_of_other_vocabularies_generates() {
    let _turn = turn();
    let home = Home::new();
    let folder = PathBuf::from(home.path("untied"));
    copy_to(&folder);
    untie(&folder);
    let reference = reference();
    let case = &reference["cases"][0];
    let answer = generate(&home, &folder, text(&case["text"]), &["--max-tokens", "8"]);
    let expected = case["generate"]["ids_with_cache"].as_array().unwrap();
    assert_eq!(answer["token_ids"].as_array().unwrap()[..], expected[..8], "the table is the same, so the tokens are");
    home.run(&["models", "quantize", folder.to_str().unwrap(), "--type", "q8_0"]).expect_code(0);
}

#[test]
fn a_converted_model_generates_and_is_listed() {
    let _turn = turn();
    let home = Home::new();
    let folder = PathBuf::from(home.path("t5gemma-tiny"));
    copy_to(&folder);
    let made = home.run(&["models", "quantize", folder.to_str().unwrap(), "--type", "q8_0", "--json"]);
    let made = made.expect_code(0).json();
    let path = PathBuf::from(text(&made["path"]));
    assert_eq!(path.file_name().unwrap(), "t5gemma-tiny-Q8_0.gguf");
    assert!(number(&made["size_bytes"]) < fs::metadata(folder.join("model.safetensors")).unwrap().len());

    let answer = generate(&home, &path, "Count the lines in a file.", &["--max-tokens", "8"]);
    assert_eq!(answer["token_ids"].as_array().unwrap().len(), 8, "{answer}");
    assert_eq!(number(&answer["timings"]["prompt_tokens"]), 12);

    let refused = home.run(&["models", "quantize", folder.to_str().unwrap(), "--type", "q5_1"]).expect_code(3);
    assert!(refused.stderr.contains("q8_0, q4_k"), "{}", refused.stderr);
    let again = home.run(&["models", "quantize", path.to_str().unwrap(), "--type", "q4_k"]).expect_code(3);
    assert!(again.stderr.contains("folder of a T5Gemma model"), "{}", again.stderr);
}

#[test]
fn a_damaged_folder_is_refused_with_the_place_of_its_fault() {
    let home = Home::new();
    let check = |name: &str, damage: &dyn Fn(&Path), words: &str| {
        let folder = PathBuf::from(home.path(name));
        copy_to(&folder);
        damage(&folder);
        let ended = home.run(&["generate", "--model", folder.to_str().unwrap(), "--prompt", "x"]).expect_code(3);
        assert!(ended.stderr.contains(words), "{name}: {}", ended.stderr);
    };
    check(
        "cut",
        &|folder| {
            let path = folder.join("model.safetensors");
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        },
        "model.safetensors",
    );
    check("unconfigured", &|folder| fs::remove_file(folder.join("config.json")).unwrap(), "config.json");
    check(
        "another",
        &|folder| {
            let path = folder.join("config.json");
            let config = fs::read_to_string(&path)
                .unwrap()
                .replace("\"model_type\": \"t5gemma\"", "\"model_type\": \"t5gemma2\"");
            fs::write(&path, config).unwrap();
        },
        "t5gemma2",
    );
}

#[test]
fn three_roles_run_on_three_kinds_of_models() {
    let _turn = turn();
    let models = tempfile::tempdir().unwrap();
    for file in [DEFAULT_MODEL, TEMPLATE_LESS_MODEL] {
        std::os::unix::fs::symlink(model(file), models.path().join(file)).unwrap();
    }
    copy_to(&models.path().join("t5gemma-tiny"));
    let home = Home::with_models(models.path());
    let gemma = TEMPLATE_LESS_MODEL.trim_end_matches(".gguf");
    home.run(&["models", "bind", "CodeGemma", gemma]).expect_code(0);
    let pipeline = PathBuf::from(home.path("three.json"));
    let step = |name: &str, role: &str| {
        json!({ "step_name": name, "model_type": role, "prompt": "Write one line.",
        "parameters": { "max_tokens": 12, "temperature": 0.0 } })
    };
    let document = json!({ "name": "Three kinds", "assembler": { "parameters": { "max_tokens": 12 } },
        "steps": [step("draft", "CodeLlama"), step("refine", "CodeGemma"), step("transform", "T5Gemma")] });
    fs::write(&pipeline, document.to_string()).unwrap();

    let preview =
        home.run(&["preview", pipeline.to_str().unwrap(), "--step", "transform", "--json"]).expect_code(0).json();
    let ended = home.run(&["run", pipeline.to_str().unwrap(), "--json"]).expect_code(0);
    let run = &ended.result()["run"];
    assert_eq!(run["status"], "SUCCESS", "{run}");
    let used: Vec<&str> = run["steps"].as_array().unwrap().iter().map(|step| text(&step["model"]["id"])).collect();
    assert_eq!(used, [DEFAULT_MODEL.trim_end_matches(".gguf"), gemma, "t5gemma-tiny"]);
    let transform = &run["steps"][2];
    assert_eq!(transform["model"]["stand_in"], false, "it was made for the role");
    assert!(number(&transform["timings"]["prompt_tokens"]) > 100, "it read the turns before: {transform}");
    assert!(number(&transform["timings"]["generated_tokens"]) > 0, "{transform}");
    assert!(preview.to_string().contains("Write one line."), "{preview}");
}
