//! The catalog with the user's own entries, and what is known of a model file.

use std::fs;

use brickwork_app::ErrorCode;
use serde_json::json;

use crate::world;

/// A GGUF file with one entry a pair, and one tensor of eight numbers.
fn gguf(entries: &[(&str, &str)]) -> Vec<u8> {
    let text = |text: &str| [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat();
    let mut bytes =
        [&b"GGUF"[..], &3_u32.to_le_bytes(), &1_u64.to_le_bytes(), &(entries.len() as u64).to_le_bytes()].concat();
    for (key, value) in entries {
        bytes.extend([text(key), 8_u32.to_le_bytes().to_vec(), text(value)].concat());
    }
    let shape = [1_u32.to_le_bytes().to_vec(), 8_u64.to_le_bytes().to_vec()].concat();
    bytes.extend(
        [text("token_embd.weight"), shape, 0_u32.to_le_bytes().to_vec(), 0_u64.to_le_bytes().to_vec()].concat(),
    );
    bytes.resize(bytes.len().next_multiple_of(32) + 32, 0);
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalog_tells_what_is_here_and_what_is_wrong_with_own_entries() {
    let (folder, app) = world().await;
    let view = app.catalog().await.unwrap();
    assert!(view.entries.len() >= 15 && view.own_entries_problem.is_none());
    assert!(view.entries.iter().all(|entry| !entry.own && entry.files.iter().all(|file| !file.present)));

    fs::create_dir_all(folder.path().join("models")).unwrap();
    fs::write(folder.path().join("models/codegemma-2b-Q4_K_M.gguf"), gguf(&[("general.architecture", "gemma")]))
        .unwrap();
    let own = json!({ "entries": [{
        "id": "mine", "title": "Mine", "roles": ["Assembler"], "description": "", "licence": "mine", "gated": false,
        "context_length": 4096, "n_params": 1, "architecture": "llama", "repository": "me/mine", "workstation": ["cpu"],
        "files": [{ "id": "mine.Q8_0", "quantization": "Q8_0", "paths": ["mine.Q8_0.gguf"], "size_bytes": 1 }],
        "recommended_file": "mine.Q8_0", "source_note": "mine",
    }] });
    fs::write(folder.path().join("catalog.json"), own.to_string()).unwrap();
    let view = app.catalog().await.unwrap();
    let here: Vec<_> =
        view.entries.iter().flat_map(|entry| &entry.files).filter(|file| file.present).map(|file| &*file.id).collect();
    assert_eq!(here, ["codegemma-2b-Q4_K_M"]);
    let mine = view.entries.last().unwrap();
    assert_eq!((&*mine.id, mine.own, &*mine.roles), ("mine", true, &["Assembler"][..]));

    fs::write(folder.path().join("catalog.json"), "{ \"entries\": [\n  { } ] }").unwrap();
    let broken = app.catalog().await.unwrap();
    assert_eq!(broken.entries.len(), view.entries.len() - 1, "the program's own entries are never hidden");
    let problem = broken.own_entries_problem.unwrap();
    assert!(problem.path.ends_with("catalog.json") && problem.place.starts_with("line 2"), "{problem:?}");
    assert!(problem.message.contains("missing field") && !problem.remedy.is_empty(), "{problem:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_file_is_described() {
    let (folder, app) = world().await;
    let models = folder.path().join("models");
    fs::create_dir_all(&models).unwrap();
    let template = "é".repeat(40_000);
    let entries = [
        ("general.architecture", "llama"),
        ("general.name", "Tiny"),
        ("tokenizer.ggml.model", "gpt2"),
        ("tokenizer.ggml.pre", "smollm"),
        ("tokenizer.chat_template", &template),
    ];
    fs::write(models.join("codegemma-2b-Q4_K_M.gguf"), gguf(&entries)).unwrap();
    fs::write(models.join("unknown.gguf"), gguf(&[("general.architecture", "t5gemma")])).unwrap();

    let detail = app.model_file("codegemma-2b-Q4_K_M").await.unwrap();
    assert!(detail.file.runnable && detail.file.has_chat_template);
    assert_eq!((detail.file.format, detail.file.name.as_deref()), ("gguf", Some("Tiny")));
    assert_eq!(detail.file.tokenizer.as_deref(), Some("gpt2, smollm"));
    assert_eq!((detail.chat_template.unwrap().len(), detail.chat_template_bytes), (65_536, Some(80_000)));
    assert_eq!(detail.file.licence.as_deref(), Some("Gemma Terms of Use"), "the catalog's, since the file names none");
    assert_eq!(detail.catalog_id.as_deref(), Some("codegemma-2b"));
    assert_eq!(detail.gguf.unwrap().n_tensors, 1);

    let refused = app.model_file("unknown").await.unwrap();
    assert!(!refused.file.runnable && refused.gguf.is_none());
    assert!(refused.file.problem.unwrap().contains("`t5gemma` is not known"));
    assert_eq!(app.model_file("none").await.unwrap_err().code(), ErrorCode::NotFound);
    let bound = app.bind("CodeLlama", "unknown").await.unwrap_err();
    assert_eq!(bound.code(), ErrorCode::ModelProblem, "{bound}");
}
