//! How fast a model is, and what memory it takes.
//!
//! ```text
//! t5gemma_bench make DIR           write a model with random weights and the dimensions of b-b (2.4 GB)
//! t5gemma_bench quantize DIR TYPE  convert it
//! t5gemma_bench run PATH [SOURCE_TOKENS] [OUTPUT_TOKENS] [REPETITIONS]
//! ```
//!
//! `run` prints one JSON object: medians of tokens per second, the time to load, and the peak of resident memory in bytes
//! (Linux alone tells it). `t5gemma_peer.py` beside it does the same with Hugging Face's transformers.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use brickwork_t5gemma::{Batch, Device, ModelFiles, Network, Quantization, quantize, quantized_path};
use serde_json::{Value, json};

const TOKENIZER: &[u8] = include_bytes!("../tests/fixtures/tiny/tokenizer.json");

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["make", folder] => make(Path::new(folder)),
        ["quantize", folder, kind] => {
            let kind = Quantization::from_name(kind).ok_or("the type is q8_0 or q4_k")?;
            let started = Instant::now();
            let done = quantize(Path::new(folder), &quantized_path(Path::new(folder), kind), kind, &mut |_| true)?;
            println!("{} ({} bytes, {:.1} s)", done.path.display(), done.size_bytes, started.elapsed().as_secs_f64());
            Ok(())
        }
        ["run", path, rest @ ..] => {
            let number = |index: usize, default| rest.get(index).map_or(Ok(default), |text| text.parse::<usize>());
            run(Path::new(path), number(0, 512)?, number(1, 32)?, number(2, 3)?)
        }
        _ => Err("say make DIR, quantize DIR TYPE, or run PATH".into()),
    }
}

fn run(path: &Path, n_source: usize, n_output: usize, repetitions: usize) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let files = ModelFiles::open(path)?;
    let network = Network::load(&files, &Device::Cpu, &mut |_| true)?;
    let load_s = started.elapsed().as_secs_f64();
    let vocab = network.config().encoder.vocab_size as u32;
    let source: Vec<u32> = (0..n_source as u32).map(|n| 200 + n * 7919 % (vocab - 200)).collect();
    let (mut encode, mut decode, mut steps, mut ids) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    // The first pass only warms up.
    for repetition in 0..=repetitions {
        let started = Instant::now();
        let encoded = network.encode(&Batch::single(&source, &Device::Cpu)?, &mut |_, _| true, None)?;
        let encode_s = started.elapsed().as_secs_f64();
        let started = Instant::now();
        let mut session = network.begin(&encoded)?;
        let mut next = network.config().bos_id;
        ids.clear();
        for _ in 0..n_output {
            let started = Instant::now();
            let hidden = network.advance(&mut session, &[&[next]], None)?;
            next = network.likeliest(&hidden)?[0];
            ids.push(next);
            steps.push(1000.0 * started.elapsed().as_secs_f64());
        }
        if repetition > 0 {
            encode.push(n_source as f64 / encode_s);
            decode.push(n_output as f64 / started.elapsed().as_secs_f64());
        }
    }
    steps.sort_by(f64::total_cmp);
    let result = json!({
        "path": path, "params": files.n_params(), "source_tokens": n_source, "output_tokens": n_output,
        "load_s": load_s, "encode_tokens_per_s": median(encode), "decode_tokens_per_s": median(decode),
        "step_ms": {"min": steps.first(), "median": median(steps.clone())}, "peak_bytes": peak_bytes(), "first_ids": ids[..n_output.min(8)],
    });
    println!("{result}");
    Ok(())
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1024)
}

fn make(folder: &Path) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    let layers: Vec<&str> =
        (0..12).map(|layer| if layer % 2 == 0 { "sliding_attention" } else { "full_attention" }).collect();
    let mut side = json!({
        "model_type": "t5_gemma_module", "hidden_size": 768, "intermediate_size": 2048, "num_hidden_layers": 12,
        "num_attention_heads": 12, "num_key_value_heads": 12, "head_dim": 64, "query_pre_attn_scalar": 64,
        "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0, "sliding_window": 4096, "layer_types": layers,
        "rms_norm_eps": 1e-6, "hidden_activation": "gelu_pytorch_tanh", "max_position_embeddings": 8192,
        "rope_theta": 10000.0, "vocab_size": 256_000, "attention_bias": false, "is_decoder": false,
    });
    let encoder = side.clone();
    side["cross_attention_hidden_size"] = 768.into();
    side["is_decoder"] = true.into();
    let config = json!({
        "architectures": ["T5GemmaForConditionalGeneration"], "model_type": "t5gemma", "is_encoder_decoder": true,
        "tie_word_embeddings": true, "vocab_size": 256_000, "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": [1, 107],
        "encoder": encoder, "decoder": side,
    });
    std::fs::write(folder.join("config.json"), config.to_string())?;
    std::fs::write(folder.join("tokenizer.json"), TOKENIZER)?;
    let tensors = brickwork_t5gemma::Config::parse(config.to_string().as_bytes(), None)?.tensors();
    let (mut header, mut end) = (serde_json::Map::new(), 0);
    for (name, shape) in &tensors {
        let start = end;
        end += 4 * shape.iter().product::<usize>();
        header.insert(name.clone(), json!({"dtype": "F32", "shape": shape, "data_offsets": [start, end]}));
    }
    header.insert("__metadata__".to_owned(), json!({"format": "pt"}));
    let header = Value::Object(header).to_string();
    let mut file = BufWriter::new(File::create(folder.join("model.safetensors"))?);
    file.write_all(&(header.len() as u64).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    let mut random = 1_u64;
    for (name, shape) in &tensors {
        let size = if name.ends_with("norm.weight") { 0.2 } else { 0.05 };
        for _ in 0..shape.iter().product::<usize>() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let number = ((random >> 40) as f32 / (1_u64 << 23) as f32 - 1.0) * size;
            file.write_all(&number.to_le_bytes())?;
        }
    }
    Ok(file.flush()?)
}
