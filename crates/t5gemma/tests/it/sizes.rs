//! Every size of the family, from headers alone: files of their whole length that hold nothing.

use std::fs::{self, File};
use std::io::Write;

use brickwork_models::catalog_entry;
use brickwork_models::safetensors::read_folder;
use brickwork_t5gemma::{Config, ModelFiles};
use serde_json::{Value, json};

/// A side's width, inner width, layers, heads, key heads, and width of a head.
type Figures = (u64, u64, u64, u64, u64, u64);

const S: Figures = (512, 1024, 8, 8, 8, 64);
const B: Figures = (768, 2048, 12, 12, 12, 64);
const L: Figures = (1024, 2816, 24, 16, 16, 64);
const ML: Figures = (1152, 6912, 26, 16, 16, 64);
const XL: Figures = (2048, 5120, 24, 32, 32, 64);
const GEMMA_2B: Figures = (2304, 9216, 26, 8, 4, 256);
const GEMMA_9B: Figures = (3584, 14336, 42, 16, 8, 256);

fn side((hidden, inner, layers, heads, kv_heads, head_dim): Figures) -> Value {
    json!({
        "hidden_size": hidden, "intermediate_size": inner, "num_hidden_layers": layers, "num_attention_heads": heads,
        "num_key_value_heads": kv_heads, "head_dim": head_dim, "vocab_size": 256_000
    })
}

#[test]
fn every_size_is_opened_from_its_headers_alone() {
    for (name, encoder, decoder, millions) in [
        ("s-s", S, S, 312),
        ("b-b", B, B, 591),
        ("l-l", L, L, 1240),
        ("ml-ml", ML, ML, 2200),
        ("xl-xl", XL, XL, 3770),
        ("2b-2b", GEMMA_2B, GEMMA_2B, 5600),
        ("9b-2b", GEMMA_9B, GEMMA_2B, 12_300),
        ("9b-9b", GEMMA_9B, GEMMA_9B, 20_300),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let config = json!({ "model_type": "t5gemma", "encoder": side(encoder), "decoder": side(decoder) }).to_string();
        let (mut header, mut end) = (serde_json::Map::new(), 0);
        for (tensor, shape) in Config::parse(config.as_bytes(), None).unwrap().tensors() {
            let start = end;
            end += 2 * shape.iter().map(|length| *length as u64).product::<u64>();
            header.insert(tensor, json!({ "dtype": "BF16", "shape": shape, "data_offsets": [start, end] }));
        }
        let header = Value::Object(header).to_string();
        let mut file = File::create(folder.path().join("model.safetensors")).unwrap();
        file.write_all(&(header.len() as u64).to_le_bytes()).unwrap();
        file.write_all(header.as_bytes()).unwrap();
        file.set_len(8 + header.len() as u64 + end).unwrap();
        fs::write(folder.path().join("config.json"), config).unwrap();
        fs::write(folder.path().join("tokenizer.json"), "{}").unwrap();

        let files = ModelFiles::open(folder.path()).unwrap();
        let found = files.n_params() / 1_000_000;
        assert!(found.abs_diff(millions) <= millions / 100, "{name}: {found} million");
        assert_eq!(files.memory_bytes(), files.n_params() * 4, "{name}: 16 bits become 32");
        let seen = read_folder(folder.path()).unwrap();
        assert_eq!((seen.n_params, seen.tensor_type.as_str()), (files.n_params(), "BF16"), "{name}");
        let listed = catalog_entry(&format!("t5gemma-{name}-prefixlm-it")).unwrap();
        assert_eq!((listed.n_params, listed.files[0].size_bytes), (files.n_params(), files.n_params() * 2), "{name}");
        let figures = seen.figures;
        assert!(figures.converted_bytes(seen.n_params, false) < seen.n_params * 11 / 10, "{name}: 8 bits");
        assert!(figures.converted_bytes(seen.n_params, true) < figures.converted_bytes(seen.n_params, false), "{name}");
    }
}
