//! Rows 3 and 8: files that are no models, and too little memory.

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use brickwork_engine::{Generation, InferenceErrorCode, ModelRef};
use brickwork_worker_client::WorkerClient;

use crate::support::{SMOL, ask, client, generation, greedy, model_at, model_path, raw};

fn small(model: ModelRef) -> Generation {
    Generation { model, prompt: raw("Hello"), parameters: greedy(2) }
}

/// The first `size` bytes of the SmolLM2 file, changed by `change`.
fn damaged(path: &Path, size: u64, change: impl FnOnce(&mut fs::File)) {
    let mut file = fs::File::create_new(path).unwrap();
    let mut source = fs::File::open(model_path(SMOL)).unwrap().take(size);
    std::io::copy(&mut source, &mut file).unwrap();
    change(&mut file);
}

#[tokio::test]
async fn damaged_files_are_typed_errors_and_the_next_job_works() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let whole = fs::metadata(model_path(SMOL)).unwrap().len();
    let write = |file: &mut fs::File, offset: u64, bytes: &[u8]| {
        file.seek(SeekFrom::Start(offset)).unwrap();
        file.write_all(bytes).unwrap();
    };
    fs::write(at("empty"), b"").unwrap();
    fs::write(at("text"), "not a model, just text\n".repeat(1000)).unwrap();
    damaged(&at("magic"), 1 << 20, |file| write(file, 0, b"GGML"));
    damaged(&at("version"), 1 << 20, |file| write(file, 4, &999_u32.to_le_bytes()));
    damaged(&at("tensors"), 1 << 20, |file| write(file, 8, &u64::MAX.to_le_bytes()));
    damaged(&at("pairs"), 1 << 20, |file| write(file, 16, &u64::MAX.to_le_bytes()));
    damaged(&at("header"), 1000, |_| {});
    damaged(&at("metadata"), 1 << 20, |_| {});
    damaged(&at("weights"), whole - 4096, |_| {});
    let client = client();
    for name in ["empty", "text", "magic", "version", "tensors", "pairs", "header", "metadata", "weights"] {
        let error = ask(&client, small(model_at(&at(name)))).await.error();
        assert_eq!(error.code, InferenceErrorCode::ModelInvalid, "{name}: {error}");
        assert!(error.message.contains(name), "the file is named: {error}");
        ask(&client, generation(SMOL, raw("Hello"), greedy(2))).await.done();
    }
}

#[tokio::test]
async fn a_missing_file_is_told_before_any_worker_starts() {
    let client = WorkerClient::new(brickwork_worker_client::WorkerConfig::new("/no/such/program"));
    let missing = tempfile::tempdir().unwrap().path().join("none.gguf");
    let error = ask(&client, small(model_at(&missing))).await.error();
    assert_eq!(error.code, InferenceErrorCode::ModelMissing, "{error}");
    let unbound = ModelRef { id: "none".to_owned(), path: String::new(), stand_in: false };
    let error = ask(&client, small(unbound)).await.error();
    assert_eq!(error.code, InferenceErrorCode::ModelMissing, "{error}");
}

#[tokio::test]
async fn a_missing_worker_is_a_typed_error() {
    let folder = tempfile::tempdir().unwrap();
    let client = WorkerClient::new(brickwork_worker_client::WorkerConfig::new(folder.path().join("none")));
    let error = ask(&client, generation(SMOL, raw("Hello"), greedy(2))).await.error();
    assert_eq!(error.code, InferenceErrorCode::WorkerUnavailable, "{error}");
    assert!(error.message.contains("BRICKWORK_WORKER"), "{error}");
}

#[tokio::test]
async fn a_changed_file_is_loaded_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    fs::copy(model_path(SMOL), &path).unwrap();
    let client = client();
    ask(&client, small(model_at(&path))).await.done();
    let (_, done) = ask(&client, small(model_at(&path))).await.done();
    assert!(done.timings.load_ms <= 0.0, "it is in memory");
    let file = fs::File::options().append(true).open(&path).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    let (_, done) = ask(&client, small(model_at(&path))).await.done();
    assert!(done.timings.load_ms > 0.0, "it was loaded anew");
}

#[tokio::test]
async fn an_unloaded_model_is_loaded_anew() {
    let client = client();
    let request = || generation(SMOL, raw("Hello"), greedy(2));
    ask(&client, request()).await.done();
    client.unload(&request().model).await;
    assert!(ask(&client, request()).await.done().1.timings.load_ms > 0.0);
}
