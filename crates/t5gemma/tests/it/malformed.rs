//! Folders that are no model: each is refused from its headers, with an error that names the place; and by the reader that
//! looks at a model before it is bound and before a worker gets it.

use std::path::Path;

use brickwork_models::safetensors::read_folder;
use brickwork_t5gemma::{ModelFiles, T5GemmaError};
use serde_json::{Value, json};

use crate::models::{Spec, write_json};

type Spoil = dyn Fn(&Path);

fn change_config(change: impl Fn(&mut Value) + 'static) -> Box<Spoil> {
    Box::new(move |folder| {
        let path = folder.join("config.json");
        let mut config: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        change(&mut config);
        write_json(&path, &config);
    })
}

fn set(side: &'static str, key: &'static str, value: Value) -> Box<Spoil> {
    change_config(move |config| config[side][key] = value.clone())
}

fn change_weights(change: impl Fn(&mut Vec<u8>) + 'static) -> Box<Spoil> {
    Box::new(move |folder| {
        let path = folder.join("model.safetensors");
        let mut bytes = std::fs::read(&path).unwrap();
        change(&mut bytes);
        std::fs::write(&path, bytes).unwrap();
    })
}

/// Changes the header of the weights, whose data stays as it is.
fn change_header(change: impl Fn(&mut Value) + 'static) -> Box<Spoil> {
    change_weights(move |bytes| {
        let n = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let mut header: Value = serde_json::from_slice(&bytes[8..8 + n]).unwrap();
        change(&mut header);
        let header = header.to_string();
        let data = bytes.split_off(8 + n);
        *bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.extend(data);
    })
}

fn remove(file: &'static str) -> Box<Spoil> {
    Box::new(move |folder| std::fs::remove_file(folder.join(file)).unwrap())
}

/// The kind of the error, and words that its message must hold.
const NORM: &str = "model.decoder.norm.weight";

#[test]
fn every_fault_is_told_with_its_place() {
    let cases: Vec<(&str, Box<Spoil>, &str, &[&str])> = vec![
        ("no configuration", remove("config.json"), "Missing", &["config.json", "Download"]),
        ("no tokenizer", remove("tokenizer.json"), "Missing", &["tokenizer.json"]),
        ("no weights", remove("model.safetensors"), "Missing", &["model.safetensors"]),
        ("no JSON", Box::new(|at| std::fs::write(at.join("config.json"), "{").unwrap()), "Config", &["config.json"]),
        ("T5Gemma 2", change_config(|c| c["model_type"] = "t5gemma2".into()), "OtherModel", &["t5gemma2", "T5Gemma 2"]),
        ("Gemma", change_config(|c| c["model_type"] = "gemma2".into()), "OtherModel", &["'gemma2'"]),
        (
            "no type",
            change_config(|c| drop(c.as_object_mut().unwrap().remove("model_type"))),
            "Config",
            &["model_type"],
        ),
        ("no decoder", change_config(|c| drop(c.as_object_mut().unwrap().remove("decoder"))), "Config", &["decoder"]),
        ("no width", set("encoder", "hidden_size", 0.into()), "Config", &["encoder.hidden_size", "0"]),
        (
            "huge width",
            set("decoder", "intermediate_size", json!(1_u64 << 60)),
            "Config",
            &["decoder.intermediate_size"],
        ),
        ("negative width", set("encoder", "hidden_size", json!(-1)), "Config", &["config.json"]),
        ("many layers", set("encoder", "num_hidden_layers", 5000.into()), "Config", &["encoder.num_hidden_layers"]),
        ("heads", set("encoder", "num_key_value_heads", 3.into()), "Config", &["num_key_value_heads", "3"]),
        ("odd head", set("decoder", "head_dim", 7.into()), "Config", &["decoder.head_dim", "7"]),
        ("cap", set("decoder", "attn_logit_softcapping", json!(-1.0)), "Config", &["attn_logit_softcapping"]),
        ("scalar", set("encoder", "query_pre_attn_scalar", 0.into()), "Config", &["query_pre_attn_scalar"]),
        ("window", set("encoder", "sliding_window", 0.into()), "Config", &["sliding_window"]),
        ("no window", set("encoder", "sliding_window", Value::Null), "Config", &["sliding_window"]),
        ("kinds", set("encoder", "layer_types", json!(["sliding_attention"])), "Config", &["layer_types", "2 layers"]),
        ("kind", set("decoder", "layer_types", json!(["full_attention", "linear"])), "Config", &["'linear'"]),
        ("base", set("encoder", "rope_theta", json!(0.0)), "Config", &["rope_theta"]),
        ("yarn", set("encoder", "rope_parameters", json!({"rope_type": "yarn"})), "Config", &["'yarn'"]),
        ("activation", set("encoder", "hidden_activation", "silu".into()), "Config", &["'silu'"]),
        ("cross", set("decoder", "cross_attention_hidden_size", 25.into()), "Config", &["cross_attention_hidden_size"]),
        ("start", change_config(|c| c["bos_token_id"] = 61.into()), "Config", &["bos_token_id"]),
        ("shape", set("encoder", "intermediate_size", 41.into()), "Tensor", &["mlp.gate_proj", "[40, 24]", "[41, 24]"]),
        ("vocabulary", set("decoder", "vocab_size", 62.into()), "Tensor", &["model.decoder.embed_tokens.weight", "62"]),
        ("untied", change_config(|c| c["tie_word_embeddings"] = false.into()), "TensorMissing", &["lm_head.out_proj"]),
        ("bias", set("encoder", "attention_bias", true.into()), "TensorMissing", &["q_proj.bias"]),
        ("empty file", change_weights(Vec::clear), "Damaged", &["model.safetensors", "0 bytes"]),
        ("short header", change_weights(|b| b.truncate(30)), "Damaged", &["model.safetensors", "header"]),
        ("long header", change_weights(|b| b[..8].fill(0xFF)), "Damaged", &["header"]),
        ("no header", change_weights(|b| b[8] = b'?'), "Damaged", &["header cannot be read"]),
        ("short data", change_weights(|b| b.truncate(b.len() - 1)), "Tensor", &["model.safetensors", "cut short"]),
        ("long data", change_weights(|b| b.push(0)), "Damaged", &["describes"]),
        (
            "lost",
            change_header(|h| h["x"] = h.as_object_mut().unwrap().remove(NORM).unwrap()),
            "TensorMissing",
            &[NORM],
        ),
        ("size", change_header(|h| h[NORM]["shape"] = json!([25])), "Tensor", &[NORM, "[25]"]),
        ("huge", change_header(|h| h[NORM]["shape"] = json!([1_u64 << 40, 1_u64 << 40])), "Tensor", &[NORM]),
        ("backwards", change_header(|h| h[NORM]["data_offsets"] = json!([9, 1])), "Tensor", &[NORM]),
        ("integers", change_header(|h| h[NORM]["dtype"] = "I32".into()), "Tensor", &[NORM, "I32", "BF16"]),
        (
            "template",
            Box::new(|at| std::fs::write(at.join("tokenizer_config.json"), "{").unwrap()),
            "Tokenizer",
            &["tokenizer_config.json"],
        ),
        (
            "generation",
            Box::new(|at| std::fs::write(at.join("generation_config.json"), "[").unwrap()),
            "Config",
            &["generation_config.json"],
        ),
        ("type", change_header(|h| h[NORM]["dtype"] = "Z7".into()), "Tensor", &[NORM, "Z7"]),
    ];
    let spec = Spec::small();
    let tensors = spec.tensors();
    for (what, spoil, kind, words) in cases {
        let folder = tempfile::tempdir().unwrap();
        spec.write(folder.path(), &tensors);
        ModelFiles::open(folder.path()).unwrap();
        read_folder(folder.path()).unwrap();
        spoil(folder.path());
        let error = ModelFiles::open(folder.path()).expect_err(what);
        read_folder(folder.path()).expect_err(what);
        let (debug, message) = (format!("{error:?}"), error.to_string());
        assert!(debug.starts_with(kind), "{what}: {debug}");
        assert!(words.iter().all(|word| message.contains(word)), "{what}: {message}");
    }
}

#[test]
fn shards_that_do_not_fit_their_index_are_refused() {
    let spec = Spec::small();
    let tensors = spec.tensors();
    let check = |map: Value, kind: &str, words: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        spec.write(folder.path(), &tensors);
        let (single, part) = (folder.path().join("model.safetensors"), folder.path().join("a.safetensors"));
        std::fs::rename(single, part).unwrap();
        write_json(&folder.path().join("model.safetensors.index.json"), &map);
        let error = ModelFiles::open(folder.path()).unwrap_err();
        read_folder(folder.path()).unwrap_err();
        assert!(format!("{error:?}").starts_with(kind), "{error:?}");
        assert!(words.iter().all(|word| error.to_string().contains(word)), "{error}");
    };
    check(json!({}), "Damaged", &["model.safetensors.index.json"]);
    check(json!({"weight_map": {NORM: "b.safetensors"}}), "Missing", &["b.safetensors"]);
    check(json!({"weight_map": {"x": "a.safetensors"}}), "TensorMissing", &["'x'"]);
    check(json!({"weight_map": {NORM: "../a.safetensors"}}), "Damaged", &["../a.safetensors"]);
    check(json!({"weight_map": {NORM: "a.safetensors"}}), "TensorMissing", &["model.encoder.embed_tokens.weight"]);
}

#[test]
fn a_load_that_is_cancelled_stops() {
    let folder = tempfile::tempdir().unwrap();
    let spec = Spec::small();
    spec.write(folder.path(), &spec.tensors());
    let files = ModelFiles::open(folder.path()).unwrap();
    let mut parts = Vec::new();
    let device = brickwork_t5gemma::Device::Cpu;
    brickwork_t5gemma::Network::load(&files, &device, &mut |part| {
        parts.push(part);
        true
    })
    .unwrap();
    assert!(parts.is_sorted() && parts.last() == Some(&1.0), "{parts:?}");
    let outcome = brickwork_t5gemma::Network::load(&files, &device, &mut |part| part < 0.5);
    assert!(matches!(outcome, Err(T5GemmaError::Cancelled)));
}
