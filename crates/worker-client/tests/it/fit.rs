//! What is foretold of a model's memory, against what the worker takes.

use brickwork_engine::{Inference, Parameters};
use brickwork_models::fit::{CacheType, Estimate, FitRequest, estimate};
use brickwork_models::gguf::read_header;
use brickwork_worker_client::{ResidentModel, WorkerClient, sizing};

use crate::support::{GEMMA, SMOL, WITHOUT_AMX, config, eventually, generation, model_path, owned, raw, read_tokens};

/// The largest part by which a figure may be wrong.
const MOST_ERROR: f64 = 0.10;

/// About how many tokens are read.
const READ_TOKENS: u32 = 400;

const MIB: f64 = 1_048_576.0;

/// What the worker takes with a model and a context: as llama.cpp tells, and of the machine's memory.
struct Measured {
    resident: ResidentModel,
    process_bytes: u64,
}

/// Runs `file` in a fresh worker, far enough that all of its memory is written, but for attention to positions behind
/// [`READ_TOKENS`].
async fn measure(file: &str, context_tokens: u32) -> Measured {
    let client = WorkerClient::new(brickwork_worker_client::WorkerConfig {
        max_context_tokens: Some(context_tokens),
        // With AMX llama.cpp packs a second copy of the weights, which is not foretold yet.
        environment: owned(&[WITHOUT_AMX]),
        ..config()
    });
    let prompt = raw(&"Once upon a time there was a compiler. ".repeat(READ_TOKENS as usize / 10));
    let max_tokens = context_tokens - 600;
    let parameters = Parameters { max_tokens, temperature: 1.0, seed: Some(1), ..Parameters::default() };
    let mut stream = client.generate(generation(file, prompt, parameters));
    read_tokens(&mut stream, 4).await;
    let resident = client.resident_models().pop().expect("the model at work is in memory");
    drop(stream);
    eventually("the job is cancelled", std::time::Duration::from_secs(20), || client.idle_process_id().is_some()).await;
    let process = client.idle_process_id().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let kib = |field: &str| -> u64 {
        let line = status.lines().find(|line| line.starts_with(field)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    Measured { resident, process_bytes: (kib("RssAnon:") + kib("RssFile:")) * 1024 }
}

/// What is foretold when the whole context is used, and of it what is written when [`READ_TOKENS`] are.
fn foretell(file: &str, measured: &ResidentModel) -> (Estimate, u64) {
    let info = read_header(&model_path(file)).unwrap();
    let vocabulary = u32::try_from(info.vocab_size.unwrap()).unwrap();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    // The worker computes with physical cores, which may be fewer than those that the system shows.
    let batches: Vec<u32> = (1..=u32::try_from(threads).unwrap())
        .map(|threads| sizing::batch_tokens(info.n_params.unwrap(), vocabulary, Some(threads)))
        .collect();
    assert!(batches.contains(&measured.n_batch), "{batches:?} foretold, {} seen", measured.n_batch);
    let (context_tokens, batch_tokens) = (measured.n_ctx, measured.n_batch);
    let sequences = sizing::MOST_SEQUENCES;
    let request = FitRequest {
        context_tokens,
        sequences,
        batch_tokens,
        cache_type: CacheType::F16,
        flash_attention: false,
        gpu_layers: 0,
    };
    let whole = estimate(&info, &request);
    let begun = estimate(&info, &FitRequest { context_tokens: READ_TOKENS, ..request });
    let written = whole.machine.total_bytes() - whole.machine.compute_bytes + begun.machine.compute_bytes;
    (whole, written)
}

#[tokio::test]
async fn the_fit_is_foretold_within_a_tenth_for_both_models() {
    println!("| model | context | figure | foretold MiB | measured MiB | error |");
    println!("|---|---|---|---|---|---|");
    let mut wrong = Vec::new();
    for (file, contexts) in [(SMOL, &[2048, 4096, 8192][..]), (GEMMA, &[2048, 8192, 20_480])] {
        for context_tokens in contexts {
            let Measured { resident, process_bytes } = measure(file, *context_tokens).await;
            assert_eq!(resident.n_ctx, *context_tokens, "the context is the one that was asked for");
            let (foretold, written) = foretell(file, &resident);
            let machine = foretold.machine;
            for (what, foretold, measured) in [
                ("weights", machine.weights_bytes, resident.weights_bytes),
                ("key/value cache", machine.kv_bytes, resident.kv_bytes),
                ("compute, reserved", machine.compute_bytes + foretold.unwritten_bytes, resident.compute_bytes),
                ("process", written, process_bytes),
            ] {
                #[expect(clippy::cast_precision_loss, reason = "a share of some hundred MiB")]
                let (foretold, measured) = (foretold as f64 / MIB, measured as f64 / MIB);
                let error = foretold / measured - 1.0;
                let row = format!(
                    "| {file} | {context_tokens} | {what} | {foretold:.1} | {measured:.1} | {:+.1} % |",
                    error * 100.0
                );
                println!("{row}");
                if error.abs() > MOST_ERROR {
                    wrong.push(row);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "more than a tenth off:\n{}", wrong.join("\n"));
}
