//! Folders of safetensors files.

use std::fs;
use std::path::Path;

use brickwork_engine::Role;
use brickwork_models::fit::T5GemmaFigures;
use brickwork_models::found::{Surroundings, find_models};
use brickwork_models::safetensors::{SafetensorsFault, SafetensorsInfo, read_folder};
use brickwork_models::{
    BindingChoice, Bindings, ImportMode, ImportOrder, ImportOrigin, ModelFormat, ModelsFolder, carry_out, model_paths,
    plan_import, plan_relocation, relocate, remove_model, rename_model, resolve,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn side(cross: bool) -> Value {
    let mut side = json!({
        "hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "head_dim": 4, "max_position_embeddings": 512, "vocab_size": 32,
        "layer_types": ["sliding_attention", "full_attention"],
    });
    if cross {
        side["cross_attention_hidden_size"] = json!(8);
    }
    side
}

fn config() -> Value {
    json!({ "model_type": "t5gemma", "tie_word_embeddings": true, "encoder": side(false), "decoder": side(true) })
}

/// The names and shapes of the tensors of [`config`].
fn tensors() -> Vec<(String, Vec<u64>)> {
    let mut tensors = Vec::new();
    for side in ["encoder", "decoder"] {
        let mut add =
            |name: String, shape: &[u64]| tensors.push((format!("model.{side}.{name}.weight"), shape.to_vec()));
        add("embed_tokens".into(), &[32, 8]);
        add("norm".into(), &[8]);
        let attentions: &[&str] = if side == "decoder" { &["self_attn", "cross_attn"] } else { &["self_attn"] };
        for layer in 0..2 {
            for attention in attentions {
                add(format!("layers.{layer}.{attention}.q_proj"), &[16, 8]);
                add(format!("layers.{layer}.{attention}.k_proj"), &[8, 8]);
                add(format!("layers.{layer}.{attention}.v_proj"), &[8, 8]);
                add(format!("layers.{layer}.{attention}.o_proj"), &[8, 16]);
                add(format!("layers.{layer}.pre_{attention}_layernorm"), &[8]);
                add(format!("layers.{layer}.post_{attention}_layernorm"), &[8]);
            }
            add(format!("layers.{layer}.mlp.gate_proj"), &[16, 8]);
            add(format!("layers.{layer}.mlp.up_proj"), &[16, 8]);
            add(format!("layers.{layer}.mlp.down_proj"), &[8, 16]);
            add(format!("layers.{layer}.pre_feedforward_layernorm"), &[8]);
            add(format!("layers.{layer}.post_feedforward_layernorm"), &[8]);
        }
    }
    tensors
}

/// The header of a file of these tensors in BF16, and the bytes of their data.
fn header(tensors: &[(String, Vec<u64>)]) -> (Value, u64) {
    let mut header = Map::from_iter([("__metadata__".to_owned(), json!({ "format": "pt" }))]);
    let mut end = 0;
    for (name, shape) in tensors {
        let from = end;
        end += 2 * shape.iter().product::<u64>();
        header.insert(name.clone(), json!({ "dtype": "BF16", "shape": shape, "data_offsets": [from, end] }));
    }
    (Value::Object(header), end)
}

fn file(header: &Value, data: u64) -> Vec<u8> {
    let text = header.to_string();
    [&(text.len() as u64).to_le_bytes(), text.as_bytes(), &vec![0; data as usize]].concat()
}

fn write_model(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let (header, data) = header(&tensors());
    fs::write(folder.join("config.json"), config().to_string()).unwrap();
    fs::write(folder.join("tokenizer.json"), "{}").unwrap();
    fs::write(folder.join("model.safetensors"), file(&header, data)).unwrap();
}

#[track_caller]
fn refused(folder: &Path, expected: &str) {
    let text = read_folder(folder).expect_err(expected).to_string();
    assert!(text.contains(expected), "`{expected}` is not in: {text}");
    assert!(text.contains("; "), "the remedy is missing: {text}");
}

#[test]
fn a_whole_model_is_described() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path());
    let n_params = tensors().iter().map(|(_, shape)| shape.iter().product::<u64>()).sum();
    assert_eq!(
        read_folder(folder.path()).unwrap(),
        SafetensorsInfo {
            model_type: "t5gemma".into(),
            context_length: 512,
            vocab_size: 32,
            encoder_layers: 2,
            decoder_layers: 2,
            n_params,
            n_tensors: tensors().len() as u64,
            tensor_type: "BF16".into(),
            size_bytes: fs::metadata(folder.path().join("model.safetensors")).unwrap().len(),
            n_files: 1,
            figures: T5GemmaFigures {
                encoder_layers: 2,
                decoder_layers: 2,
                source_tokens: 512,
                output_tokens: 512,
                vocab_size: 32,
                n_table_params: 2 * 32 * 8,
                // Keys and values of 2 layers of 2 heads of 4 numbers of 4 bytes.
                kv_bytes_per_token: 2 * 2 * 2 * 4 * 4,
                compute_bytes_per_token: 2 * 4 * (8 + 16),
            },
            has_chat_template: false,
        }
    );
}

#[test]
fn a_model_in_several_files_is_read_by_its_index() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path());
    fs::remove_file(folder.path().join("model.safetensors")).unwrap();
    let all = tensors();
    let (first, second) = all.split_at(20);
    let names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    let mut map = Map::new();
    for (part, name) in [first, second].into_iter().zip(names) {
        let (header, data) = header(part);
        fs::write(folder.path().join(name), file(&header, data)).unwrap();
        map.extend(part.iter().map(|(tensor, _)| (tensor.clone(), json!(name))));
    }
    let index = |map: &Map<String, Value>| {
        let index = json!({ "metadata": { "total_size": 1 }, "weight_map": map });
        fs::write(folder.path().join("model.safetensors.index.json"), index.to_string()).unwrap();
    };
    index(&map);
    let info = read_folder(folder.path()).unwrap();
    assert_eq!((info.n_files, info.n_tensors), (2, all.len() as u64));

    let mut elsewhere = map.clone();
    elsewhere.insert("x".into(), json!("../secret.safetensors"));
    index(&elsewhere);
    refused(folder.path(), "`../secret.safetensors`, which is no file of a model");
    let mut lost = map.clone();
    lost.insert("x".into(), json!(names[0]));
    index(&lost);
    refused(folder.path(), "tensor `x` is missing");
    index(&map);
    fs::copy(folder.path().join(names[0]), folder.path().join(names[1])).unwrap();
    refused(folder.path(), "is missing");
    fs::remove_file(folder.path().join(names[1])).unwrap();
    refused(folder.path(), "model-00002-of-00002.safetensors: this file of the model is missing");
}

#[test]
fn other_models_and_missing_files_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let write = |config: Value| fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    refused(folder.path(), "config.json: this file of the model is missing");
    write_model(folder.path());
    for (model_type, name) in [("t5gemma2", "t5gemma2"), ("llama", "llama")] {
        write(json!({ "model_type": model_type }));
        refused(
            folder.path(),
            &format!("its model type is `{name}`, and in this format this program runs T5Gemma only"),
        );
    }
    write(json!({}));
    refused(folder.path(), "it has no 'model_type'");
    write(json!({ "model_type": "t5gemma" }));
    refused(folder.path(), "missing field");
    let mut huge = config();
    huge["decoder"]["num_hidden_layers"] = json!(u64::MAX);
    write(huge);
    refused(folder.path(), "'decoder.num_hidden_layers' is 18446744073709551615");
    let mut odd = config();
    odd["encoder"]["num_key_value_heads"] = json!(3);
    write(odd);
    refused(folder.path(), "'encoder.num_key_value_heads' is 3");
    let mut wide = config();
    wide["encoder"]["intermediate_size"] = json!(17);
    write(wide);
    refused(folder.path(), "its shape is [16, 8], where the configuration needs [17, 8]");
    let mut untied = config();
    untied["tie_word_embeddings"] = json!(false);
    write(untied);
    refused(folder.path(), "tensor `lm_head.out_proj.weight` is missing");
    write(config());
    fs::remove_file(folder.path().join("tokenizer.json")).unwrap();
    refused(folder.path(), "tokenizer.json: this file of the model is missing");
}

#[test]
fn broken_headers_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path());
    let (sound, data) = header(&tensors());
    let check = |bytes: &[u8], expected: &str| {
        fs::write(folder.path().join("model.safetensors"), bytes).unwrap();
        refused(folder.path(), expected);
    };
    let changed = |name: &str, key: &str, value: Value| {
        let mut header = sound.clone();
        header[name][key] = value;
        file(&header, data)
    };
    let norm = "model.encoder.norm.weight";
    check(b"", "has 0 bytes");
    check(&u64::MAX.to_le_bytes(), "its header has 18446744073709551615 bytes");
    check(&[&1000_u64.to_le_bytes()[..], b"{}"].concat(), "the file is incomplete");
    check(&[&2_u64.to_le_bytes()[..], b"[]"].concat(), "not what it should be");
    check(&file(&sound, data - 1), "the file is incomplete");
    check(&file(&sound, data + 1), "its tensors end at");
    check(&changed(norm, "dtype", json!("F7")), "unknown type `F7`");
    check(&changed(norm, "shape", json!([9])), "bytes are not what its shape needs");
    check(&changed(norm, "shape", json!([u64::MAX, u64::MAX])), "bytes are not what its shape needs");
    check(&changed(norm, "shape", json!([-1])), "not what it should be");
    check(&changed(norm, "data_offsets", json!([0, 16])), "where the tensor before ends at");
    check(&changed(norm, "data_offsets", json!([16, 0])), "where the tensor before ends at");
    check(&changed(norm, "extra", json!(1)), "unknown field");
    let twice =
        r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#;
    check(&[&(twice.len() as u64).to_le_bytes()[..], twice.as_bytes(), &[0; 2]].concat(), "occurs twice");
    let nested = "[".repeat(100_000);
    check(&[&(nested.len() as u64).to_le_bytes()[..], nested.as_bytes()].concat(), "not what it should be");
    let mut short = tensors();
    short.retain(|(name, _)| name != norm);
    let (header, data) = header(&short);
    check(&file(&header, data), "tensor `model.encoder.norm.weight` is missing");
}

#[test]
fn a_folder_is_listed_and_plays_the_role_that_it_was_made_for() {
    let folder = tempfile::tempdir().unwrap();
    write_model(&folder.path().join("t5gemma-s-s"));
    write_model(&folder.path().join("google/t5gemma-b-b"));
    write_model(&folder.path().join(".downloads/unfinished"));
    fs::create_dir(folder.path().join("broken")).unwrap();
    fs::write(folder.path().join("broken/config.json"), "{").unwrap();
    fs::write(folder.path().join("broken/model.safetensors"), "").unwrap();
    let files = ModelsFolder::scan(folder.path()).unwrap();
    let ids: Vec<_> = files.iter().map(|file| &*file.id).collect();
    assert_eq!(ids, ["broken", "t5gemma-b-b", "t5gemma-s-s"]);
    assert!(files.iter().all(|file| file.format == ModelFormat::Safetensors));
    assert_eq!(files.iter().map(|file| file.is_t5gemma()).collect::<Vec<_>>(), [false, true, true]);
    assert!(files[0].safetensors.is_none() && files[0].problem.as_ref().unwrap().contains("config.json"));
    assert_eq!(files[2].safetensors.as_ref().unwrap().model_type, "t5gemma");
    assert!(files[2].size_bytes > files[2].safetensors.as_ref().unwrap().size_bytes);

    let mut bindings = Bindings::default();
    let served = resolve(Role::T5Gemma, &bindings, &files).unwrap();
    assert_eq!((&*served.id, served.stand_in), ("t5gemma-b-b", false), "without a choice, the first of them");
    assert!(resolve(Role::CodeLlama, &bindings, &files).is_err(), "it was made for one role");
    bindings.set(Role::T5Gemma, BindingChoice::named("t5gemma-s-s"));
    assert_eq!(resolve(Role::T5Gemma, &bindings, &files).unwrap().id, "t5gemma-s-s");
    let elsewhere = files[1].path.to_str().unwrap();
    bindings.set(Role::T5Gemma, BindingChoice::named(elsewhere));
    assert_eq!(resolve(Role::T5Gemma, &bindings, &[]).unwrap().path, elsewhere);
    bindings.set(Role::T5Gemma, BindingChoice::named("broken"));
    let refusal = resolve(Role::T5Gemma, &bindings, &files).unwrap_err().to_string();
    assert!(refusal.contains("config.json"), "{refusal}");
}

#[test]
fn a_snapshot_of_the_hugging_face_cache_is_found() {
    let home = tempfile::tempdir().unwrap();
    let cache = home.path().join(".cache/huggingface/hub");
    let snapshot = cache.join("models--google--t5gemma-s-s-it/snapshots/0a1b");
    write_model(&snapshot);
    let other = cache.join("models--owner--bert/snapshots/2c3d");
    write_model(&other);
    fs::write(other.join("config.json"), r#"{"model_type": "bert"}"#).unwrap();
    let surroundings = Surroundings { home: Some(home.path().to_owned()), ..Surroundings::nowhere() };
    let found = find_models(&surroundings);
    let [model] = found.models.as_slice() else { panic!("{found:?}") };
    assert_eq!((&*model.name, &model.path), ("google/t5gemma-s-s-it", &snapshot));
    assert!(
        model.info.as_ref().is_ok_and(|info| info.architecture == "t5gemma" && info.has_chat_template),
        "{model:?}"
    );
    assert!(found.problems.is_empty() && model.parts.len() == 3, "{found:?}");

    let dir = home.path().join("models");
    let origin = ImportOrigin { name: Some(model.name.clone()), ..ImportOrigin::default() };
    let order =
        ImportOrder { models_dir: &dir, source: &model.path, name: None, mode: ImportMode::Link, origin: &origin };
    carry_out(&plan_import(order).unwrap(), &mut |_| Ok(())).unwrap();
    let listed = ModelsFolder::scan(&dir).unwrap();
    assert_eq!((listed.len(), &listed[0].path), (1, &snapshot), "used in place");
    assert!(listed[0].is_t5gemma() && listed[0].id.contains("t5gemma-s-s-it"), "{}", listed[0].id);
}

#[test]
fn a_new_name_does_not_change_how_a_model_is_prompted() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("models");
    write_model(&dir.join("t5gemma-it"));
    let is_tuned = |path: &Path| read_folder(path).unwrap().has_chat_template;
    assert!(is_tuned(&dir.join("t5gemma-it")));
    let listed = |id: &str| ModelsFolder::scan(&dir).unwrap().into_iter().find(|model| model.id == id).unwrap();
    let renamed = rename_model(&dir, &listed("t5gemma-it"), "mine").unwrap();
    assert!(renamed.ends_with("mine") && is_tuned(&renamed));

    let elsewhere = folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let planned = plan_relocation(&dir, &listed("mine"), Some(&elsewhere)).unwrap();
    assert!(is_tuned(&relocate(&planned, &mut |_| Ok(())).unwrap().path), "moved with what was kept");

    write_model(&folder.path().join("base"));
    let origin = ImportOrigin::default();
    let order = ImportOrder {
        models_dir: &dir,
        source: &folder.path().join("base"),
        name: Some("base-it"),
        mode: ImportMode::Copy,
        origin: &origin,
    };
    let imported = carry_out(&plan_import(order).unwrap(), &mut |_| Ok(())).unwrap();
    assert!(!is_tuned(&imported[0].path), "a name that the user gives makes no turns");
    remove_model(&dir, &listed("base-it")).unwrap();
    assert!(!dir.join("base-it").exists(), "nothing is left behind");
}

#[test]
fn a_change_of_any_file_that_decides_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path());
    for file in ["generation_config.json", "tokenizer_config.json", "chat_template.jinja", "brickwork.json"] {
        fs::write(folder.path().join(file), "{}").unwrap();
        assert!(model_paths(folder.path()).contains(&folder.path().join(file)), "{file}");
    }
}

proptest! {
    #[test]
    fn changed_bytes_of_a_header_never_panic(changes in prop::collection::vec((0_usize..6000, any::<u8>()), 1..4)) {
        let folder = tempfile::tempdir().unwrap();
        write_model(folder.path());
        let path = folder.path().join("model.safetensors");
        let mut bytes = fs::read(&path).unwrap();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        fs::write(&path, bytes).unwrap();
        match read_folder(folder.path()) {
            Ok(info) => prop_assert_eq!(info.vocab_size, 32),
            Err(err) => prop_assert!(!matches!(err.fault, SafetensorsFault::Io(_))),
        }
    }
}
