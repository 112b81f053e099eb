//! Which architectures are accepted, against the inference library's own list.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use brickwork_models::gguf::{ARCHITECTURES, GgufFault, read_header_from};

use crate::builder::Gguf;

/// The source of the inference library that this workspace builds, found as cargo finds it.
fn vendored_source() -> String {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--manifest-path"])
        .arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../worker/Cargo.toml"))
        .output()
        .expect("cargo runs, since it runs this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "llama-cpp-sys-2").unwrap();
    let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap());
    fs::read_to_string(manifest.with_file_name("llama.cpp/src/llama-arch.cpp")).unwrap()
}

/// The names in the braces that follow `start`: `{ LLM_ARCH_X, "x" },`.
fn names(source: &str, start: &str) -> Vec<String> {
    let (_, rest) = source.split_once(start).expect("the table is there");
    let (table, _) = rest.split_once("};").expect("the table ends");
    let name = |line: &str| Some(line.split_once('"')?.1.split_once('"')?.0.to_owned());
    table.lines().filter_map(name).filter(|name| name != "(unknown)").collect()
}

#[test]
fn the_list_is_that_of_the_inference_library() {
    let mut expected = names(&vendored_source(), "LLM_ARCH_NAMES = {");
    expected.sort();
    assert!(expected.len() > 100, "the table is read whole");
    assert_eq!(ARCHITECTURES, expected, "the library was updated: take over its list, and say what is new");
}

fn refusal(file: &Gguf) -> String {
    let bytes = file.bytes();
    read_header_from(std::io::Cursor::new(&bytes), bytes.len() as u64).expect_err("it is refused").to_string()
}

#[test]
fn what_writes_no_text_is_refused_with_its_reason() {
    for (architecture, expected) in [
        ("t5gemma", "its architecture `t5gemma` is not known"),
        ("gptj", "is not known"),
        ("Llama", "is not known"),
        ("", "is not known"),
        ("bert", "a model for embeddings"),
        ("gemma-embedding", "a model for embeddings"),
        ("clip", "a projector of images"),
        ("t5", "encoder-decoder"),
        ("llada", "diffusion"),
        ("wavtokenizer-dec", "sound"),
    ] {
        let text = refusal(&Gguf::new().text("general.architecture", architecture));
        assert!(text.contains(expected), "{architecture}: {text}");
    }
    for (kind, expected) in [("adapter", "LoRA"), ("imatrix", "importance matrix"), ("mmproj", "projector")] {
        let named = Gguf::new().text("general.type", kind).text("general.architecture", "llama");
        assert!(refusal(&named).contains(expected), "{kind}");
        assert!(refusal(&Gguf::new().text("general.type", kind)).contains(expected), "{kind}");
    }
    let pooled = Gguf::new().text("general.architecture", "qwen3").entry("qwen3.pooling_type", 4, &3_u32.to_le_bytes());
    assert!(refusal(&pooled).contains("a model for embeddings"));
    let long = refusal(&Gguf::new().text("general.architecture", &"x".repeat(60_000)));
    assert!(long.len() < 1000, "{}", long.len());
}

#[test]
fn a_refusal_says_what_to_do() {
    let unknown = GgufFault::UnknownArchitecture("future".into());
    assert!(unknown.remedy().contains("update Brickwork"));
}
