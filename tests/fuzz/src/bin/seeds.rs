//! Writes the inputs that the fuzzers begin with: sound ones, which they change. Run it in this folder.

#[path = "../../../../crates/models/tests/it/builder.rs"]
#[allow(dead_code, reason = "a part of it is enough here")]
mod builder;

use std::fs;
use std::io;
use std::path::Path;

use builder::Gguf;
use serde_json::json;
use sha2::{Digest, Sha256};

/// The manifest of an archive with the pipeline `{}` and this model.
fn manifest(model: &[u8]) -> String {
    let sha256 = |bytes: &[u8]| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    json!({
        "format": 1, "made_at": "1970-01-01T00:00:01Z", "program_version": "0.1.0",
        "pipelines": [{ "name": "x", "file": "pipelines/1.json", "size_bytes": 2, "sha256": sha256(b"{}") }],
        "models": [{ "id": "tiny", "path": "tiny.gguf", "size_bytes": model.len(), "sha256": sha256(model), "included": true }],
        "bindings": {},
    })
    .to_string()
}

fn main() -> io::Result<()> {
    write("gguf", "small", &Gguf::small().bytes())?;
    write("gguf", "llama", &llama().bytes())?;
    write("bundle", "manifest", &[b"\x01", manifest(&Gguf::small().bytes()).as_bytes()].concat())?;
    let header = br#"{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}"#;
    write("safetensors", "header", &[b"\x01\x10\0\0\0", &header[..]].concat())?;
    write("safetensors", "config", &[b"\x02", &fs::read("seeds/config.json")?[..]].concat())?;
    write("safetensors", "index", b"\x03{\"weight_map\":{\"a\":\"model-00001-of-00001.safetensors\"}}")?;
    write("authority", "own", b"127.0.0.1:7860\nhttp://localhost:7860\nhttp://[::1]:7860/api")?;
    write("authority", "other", b"127.0.0.1.evil.com:7860\nnull\n/")?;
    let frames = "{\"type\":\"hello\"}\n{\"type\":\"cancel\",\"job\":1}\n\n{}\n";
    write("frames", "lines", &[b"\x07", frames.as_bytes()].concat())?;
    write("artifacts", "blocks", b"\x05\x00Here: `src/a.rs`\n```rust\nfn a() {}\n```\n- b\n  ~~~js title=\"b.js\"\n  1\n  ~~~\n")?;
    for name in ["src/a.rs", "../a", "C:\\a", "nul.txt", ".git/hooks/x", "a/./b", "a\u{202e}b"] {
        write("names", &format!("{:x}", Sha256::digest(name.as_bytes())[0]), name.as_bytes())?;
    }
    for (kind, source) in [(2_u8, "let a: string = `x`;"), (7, "def f(a):\n    return a\n"), (13, "a:\n  - b: {c: 1}\n")] {
        write("syntax", &kind.to_string(), &[&[kind], source.as_bytes()].concat())?;
    }
    for entry in fs::read_dir("../../crates/artifacts/tests/corpus")?.flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|ending| ending == "txt") {
            write("artifacts", &entry.file_name().to_string_lossy(), &fs::read(path)?)?;
        }
    }
    for entry in fs::read_dir("../../pipelines")?.flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            write("pipeline", &entry.file_name().to_string_lossy(), &fs::read(path)?)?;
        }
    }
    Ok(())
}

/// A header with the figures of a model that runs.
fn llama() -> Gguf {
    let number = |n: u32| n.to_le_bytes();
    Gguf::small()
        .entry("llama.block_count", 4, &number(2))
        .entry("llama.embedding_length", 4, &number(64))
        .entry("llama.feed_forward_length", 4, &number(128))
        .entry("llama.attention.head_count", 4, &number(4))
        .entry("llama.attention.head_count_kv", 4, &number(2))
        .tensor("blk.0.attn_q.weight", &[64, 64], 0, 160, 160 + 64 * 64 * 4)
}

fn write(target: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
    let folder = Path::new("corpus").join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name), bytes)
}
