//! The two real models.

use std::env;
use std::path::{Path, PathBuf};

use brickwork_engine::Role;
use brickwork_models::gguf::{PerLayer, read_header};
use brickwork_models::{Bindings, DEFAULT_MODEL_ID, ModelsFolder, catalog_file, resolve, verify_sha256};
use directories::ProjectDirs;

fn models_dir() -> PathBuf {
    let in_data_dir = || env::var_os("BRICKWORK_DATA_DIR").map(|dir| Path::new(&dir).join("models"));
    let standard = || ProjectDirs::from("dev", "brickwork", "brickwork").map(|dirs| dirs.data_dir().join("models"));
    let named = env::var_os("BRICKWORK_MODELS_DIR").map(PathBuf::from);
    named.or_else(in_data_dir).or_else(standard).expect("this system has a home folder")
}

pub(crate) fn model(id: &str) -> PathBuf {
    let path = models_dir().join(format!("{id}.gguf"));
    assert!(path.is_file(), "{} is missing: get it with `cargo xtask models`", path.display());
    path
}

#[test]
fn headers_of_the_real_models_are_read_right() {
    let info = read_header(&model(DEFAULT_MODEL_ID)).unwrap();
    assert_eq!((info.version, &*info.architecture, info.n_tensors), (3, "llama", 272));
    assert_eq!(info.name.as_deref(), Some("Smollm2 135M 8k Lc100K Mix1 Ep2"));
    assert_eq!((info.context_length, info.n_params), (Some(8192), Some(134_515_008)));
    assert_eq!((info.quantization.as_deref(), info.licence.as_deref()), (Some("Q4_1"), Some("apache-2.0")));
    assert!(info.has_chat_template);
    assert_eq!((info.block_count, info.embedding_length, info.vocab_size), (Some(30), Some(576), Some(49_152)));
    assert_eq!((info.head_count, info.head_count_kv), (Some(PerLayer::All(9)), Some(PerLayer::All(3))));
    assert_eq!((info.tokenizer_model.as_deref(), info.tokenizer_pre.as_deref()), (Some("gpt2"), Some("smollm")));
    assert_eq!((info.layer_bytes.len(), info.output_bytes), (30, 0));
    assert_eq!(info.tensor_bytes - info.layer_bytes.iter().sum::<u64>() - info.token_embedding_bytes, 576 * 4);

    let info = read_header(&model("gemma-3-270m-q4_k_m")).unwrap();
    assert_eq!((info.version, &*info.architecture, info.n_tensors), (3, "gemma3", 236));
    assert_eq!((info.context_length, info.n_params), (Some(32_768), Some(268_098_176)));
    assert_eq!((info.quantization.as_deref(), info.licence.as_deref()), (Some("Q4_K_M"), Some("gemma")));
    assert!(!info.has_chat_template, "it is a base model");
    assert_eq!((info.block_count, info.key_length, info.sliding_window), (Some(18), Some(256), Some(512)));
    assert_eq!((info.head_count, info.head_count_kv), (Some(PerLayer::All(4)), Some(PerLayer::All(1))));
    assert_eq!((info.vocab_size, info.layer_bytes.len()), (Some(262_144), 18));
}

#[test]
fn the_catalog_describes_the_real_files() {
    for id in [DEFAULT_MODEL_ID, "gemma-3-270m-q4_k_m"] {
        let (entry, file) = catalog_file(id).unwrap();
        let path = model(id);
        let info = read_header(&path).unwrap();
        assert_eq!((info.size_bytes, info.context_length), (file.size_bytes, Some(entry.context_length)));
        assert_eq!((info.n_params, &info.architecture), (Some(entry.n_params), &entry.architecture));
        assert_eq!(info.quantization.as_deref(), Some(&*file.quantization));
        let mut last = (0, 0);
        verify_sha256(&path, &file.sha256[0], |done, total| last = (done, total)).unwrap();
        assert_eq!(last, (file.size_bytes, file.size_bytes));
    }
}

#[test]
fn the_default_model_stands_in_for_every_role() {
    model(DEFAULT_MODEL_ID);
    let files = ModelsFolder::scan(&models_dir()).unwrap();
    for role in Role::ALL {
        let resolved = resolve(role, &Bindings::default(), &files).unwrap();
        assert_eq!((&*resolved.id, resolved.stand_in), (DEFAULT_MODEL_ID, true));
        assert_eq!(Path::new(&resolved.path), std::path::absolute(model(DEFAULT_MODEL_ID)).unwrap());
    }
}
