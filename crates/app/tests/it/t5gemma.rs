//! T5Gemma folders that are too large, before anything of them is read.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use brickwork_app::{
    App, AppConfig, DEFAULT_PROJECT_ID, FitRequest, GenerateRequest, InferenceErrorCode, InferenceEvent, Parameters,
    PreviewRequest, Settings, Verdict,
};
use futures::StreamExt;
use serde_json::{Value, json};

const SIDE: (u64, u64, u64, u64) = (768, 2048, 12, 64);

/// Writes a model of b-b dimensions in 16 bits whose file holds nothing, and returns its number of weights.
fn write_model(folder: &Path) -> u64 {
    let (width, inner, layers, head_dim) = SIDE;
    let side = json!({
        "hidden_size": width, "intermediate_size": inner, "num_hidden_layers": layers, "num_attention_heads": 12,
        "num_key_value_heads": 12, "head_dim": head_dim, "vocab_size": 256_000
    });
    let mut tensors: Vec<(String, Vec<u64>)> = Vec::new();
    for side in ["encoder", "decoder"] {
        let mut add = |name: String, shape: &[u64]| tensors.push((format!("model.{side}.{name}.weight"), shape.into()));
        add("embed_tokens".into(), &[256_000, width]);
        add("norm".into(), &[width]);
        for layer in 0..layers {
            let attentions: &[&str] = if side == "decoder" { &["self_attn", "cross_attn"] } else { &["self_attn"] };
            for attention in attentions {
                for projection in ["q", "k", "v", "o"] {
                    add(format!("layers.{layer}.{attention}.{projection}_proj"), &[width, width]);
                }
                add(format!("layers.{layer}.pre_{attention}_layernorm"), &[width]);
                add(format!("layers.{layer}.post_{attention}_layernorm"), &[width]);
            }
            add(format!("layers.{layer}.mlp.gate_proj"), &[inner, width]);
            add(format!("layers.{layer}.mlp.up_proj"), &[inner, width]);
            add(format!("layers.{layer}.mlp.down_proj"), &[width, inner]);
            add(format!("layers.{layer}.pre_feedforward_layernorm"), &[width]);
            add(format!("layers.{layer}.post_feedforward_layernorm"), &[width]);
        }
    }
    let (mut header, mut end) = (serde_json::Map::new(), 0);
    for (name, shape) in tensors {
        let start = end;
        end += 2 * shape.iter().product::<u64>();
        header.insert(name, json!({ "dtype": "BF16", "shape": shape, "data_offsets": [start, end] }));
    }
    let header = Value::Object(header).to_string();
    fs::create_dir_all(folder).unwrap();
    let mut file = File::create(folder.join("model.safetensors")).unwrap();
    file.write_all(&(header.len() as u64).to_le_bytes()).unwrap();
    file.write_all(header.as_bytes()).unwrap();
    file.set_len(8 + header.len() as u64 + end).unwrap();
    let config = json!({ "model_type": "t5gemma", "encoder": side, "decoder": side });
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
    fs::write(folder.join("tokenizer.json"), "{}").unwrap();
    end / 2
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_does_not_fit_is_refused_and_told_how_it_would() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = AppConfig::new(folder.path());
    config.memory_limit_bytes = Some(1 << 30);
    let model = config.models_dir.join("t5gemma-b-b");
    let n_params = write_model(&model);
    let app = App::open(config).await.unwrap();
    app.bind("T5Gemma", "t5gemma-b-b").await.unwrap();

    let request = FitRequest { model: Some("T5Gemma".into()), ..FitRequest::default() };
    let fit = app.fit(request.clone()).await.unwrap();
    let view = &fit.models[0];
    assert_eq!((view.verdict, view.machine.weights_bytes), (Verdict::DoesNotFit, n_params * 4), "32 bits in memory");
    assert!(view.machine.kv_bytes > 0 && view.machine.compute_bytes > 0, "{view:?}");
    let codes: Vec<&str> = view.advice.iter().map(|advice| advice.code).collect();
    assert_eq!(codes, ["smaller_model"], "with the longest source, neither form fits");

    let short = FitRequest { context_tokens: Some(1024), ..request.clone() };
    let fit = app.fit(short).await.unwrap();
    let advice = &fit.models[0].advice[0];
    assert_eq!((advice.code, advice.quantization.as_deref()), ("quantize", Some("q8_0")));
    let size_bytes = advice.size_bytes.unwrap();
    assert!(size_bytes > n_params && size_bytes < n_params * 11 / 10, "{size_bytes}");

    let generate = || async {
        let parameters = Parameters { max_tokens: 4, temperature: 0.0, ..Parameters::default() };
        let request = GenerateRequest { model: "T5Gemma".into(), prompt: "Hello".into(), raw: true, parameters };
        let mut events = app.generate(request).await.unwrap();
        while let Some(event) = events.next().await {
            if let InferenceEvent::Failed(error) = event {
                return error;
            }
        }
        panic!("it was not refused");
    };
    let error = generate().await;
    assert_eq!(error.code, InferenceErrorCode::OutOfMemory, "{error}");
    let command = format!("brickwork models quantize \"{}\" --type q8_0", model.display());
    assert!(error.message.contains("t5gemma-b-b") && error.message.contains(&command), "{error}");
    let phrase = error.phrase.unwrap();
    assert_eq!(phrase.reason, "too_little_memory");
    assert_eq!(phrase.params["quantize_type"], "q8_0".into());

    // Whoever allows more than fits gets the worker's own reason: this file holds no tokenizer.
    let settings = Settings { allow_overcommit: true, ..Settings::default() };
    app.set_settings(settings).await.unwrap();
    assert_ne!(generate().await.code, InferenceErrorCode::OutOfMemory);
    app.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn source_and_output_are_budgeted_each_by_its_own_limit() {
    let folder = tempfile::tempdir().unwrap();
    let config = AppConfig::new(folder.path());
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../t5gemma/tests/fixtures/tiny");
    let model = config.models_dir.join("tiny");
    fs::create_dir_all(&model).unwrap();
    for file in ["config.json", "generation_config.json", "tokenizer.json", "model.safetensors"] {
        fs::copy(fixture.join(file), model.join(file)).unwrap();
    }
    let app = App::open(config).await.unwrap();
    app.bind("T5Gemma", "tiny").await.unwrap();
    app.bind("Assembler", "scripted").await.unwrap();
    let preview = |prompt: String, max_tokens: u64| {
        let app = app.clone();
        async move {
            let step = json!({ "step_name": "one", "model_type": "T5Gemma", "prompt": prompt, "parameters": { "max_tokens": max_tokens } });
            let request =
                PreviewRequest { pipeline: json!({ "name": "P", "steps": [step] }), step: None, run_id: None };
            app.preview(DEFAULT_PROJECT_ID, request).await.unwrap().steps.remove(0)
        }
    };
    let short = preview("x".into(), 8).await;
    let (window, limit) = (short.context_length.unwrap(), short.output_limit.unwrap());
    assert_eq!(short.fits, Some(true), "{short:?}");
    // Nearly the whole window is filled, and the output is as long as it can be.
    let mut n_words = window as usize;
    let long = loop {
        let view = preview("a ".repeat(n_words), u64::from(limit)).await;
        if view.prompt_tokens.unwrap() <= window {
            break view;
        }
        n_words = n_words * 7 / 8;
    };
    assert!(long.prompt_tokens.unwrap() > window / 2, "{long:?}");
    assert_eq!(long.fits, Some(true), "{:?} and {limit} of {window}", long.prompt_tokens);
    assert_eq!(preview("x".into(), u64::from(limit) + 1).await.fits, Some(false));
    assert_eq!(preview("a ".repeat(2 * window as usize), 8).await.fits, Some(false));
    app.shutdown().await;
}
