//! What a model will take of memory when the worker runs it, and whether there is any way that it fits.
//!
//! The rule for refusing: a step is refused before its model is loaded when weights, key/value cache and the rest together
//! exceed what the system calls available and what the worker's models hold, which it frees for the next one. What the
//! system calls available counts cached files, so the pages of a mapped model file are not counted twice. The context is
//! taken as small as the step allows, and what a header leaves open for nothing: what might work is never refused.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use brickwork_engine::{Generation, InferenceError, InferenceErrorCode, ModelRef, Phrase};
use brickwork_models::fit::{
    Advice, CacheType, Estimate, FitRequest, Share, T5GemmaFigures, conversion, estimate, longest_context,
    most_gpu_layers,
};
use brickwork_models::gguf::GgufInfo;
use brickwork_models::{catalog_file, loaded_header_of};
use brickwork_worker_client::{Compute, Device, DeviceKind, WorkerClient, sizing};

use crate::cache_type;
use crate::config::AppConfig;
use crate::memory::{MachineMemory, machine_memory};

/// Memory of a GPU that llama.cpp's own fit leaves free, in bytes.
const GPU_MARGIN_BYTES: u64 = 1 << 30;

/// What models are computed with, for the arithmetic.
#[derive(Debug, Clone, Default)]
pub(crate) struct Machine {
    /// Where models can run; empty until a worker has told.
    pub(crate) devices: Vec<Device>,
    /// Threads that the worker chooses by itself.
    pub(crate) threads: u32,
}

impl Machine {
    /// Free memory of the GPUs that `compute` lets a model use, in bytes; `None` where it uses none.
    pub(crate) fn gpu_bytes(&self, compute: &Compute) -> Option<u64> {
        let is_gpu = |device: &&Device| matches!(device.kind, DeviceKind::Gpu | DeviceKind::IntegratedGpu);
        let is_chosen = |device: &&Device| compute.device.as_ref().is_none_or(|name| *name == device.name);
        let free: Vec<u64> =
            self.devices.iter().filter(is_gpu).filter(is_chosen).map(|device| device.memory_free_bytes).collect();
        let is_used = compute.gpu_layers != Some(0) && !free.is_empty();
        is_used.then(|| free.into_iter().fold(0, u64::saturating_add))
    }

    /// How the worker would run the model of `info` for `n_needed` tokens.
    pub(crate) fn request(&self, info: &GgufInfo, compute: &Compute, n_needed: u32) -> FitRequest {
        if let Some(figures) = &info.t5gemma {
            return t5gemma_request(figures, compute, n_needed);
        }
        let gpu_bytes = self.gpu_bytes(compute);
        let own_window = info.context_length.and_then(|tokens| u32::try_from(tokens).ok()).unwrap_or(u32::MAX);
        let window = own_window.min(compute.max_context_tokens.unwrap_or(u32::MAX));
        let context_tokens = sizing::context_tokens(n_needed, window);
        let cpu_threads = gpu_bytes.is_none().then(|| compute.threads.unwrap_or(self.threads));
        let vocabulary = info.vocab_size.and_then(|tokens| u32::try_from(tokens).ok()).unwrap_or(u32::MAX);
        let batch_tokens =
            sizing::batch_tokens(info.n_params.unwrap_or(0), vocabulary, cpu_threads).min(context_tokens);
        // A recurrent model has a whole state for each sequence, so the worker gives it one.
        let sequences = if info.recurrent { 1 } else { sizing::MOST_SEQUENCES.min(batch_tokens) };
        let cache_type = cache_type::from_worker(compute.cache_type);
        let flash_attention =
            sizing::flash_attention(compute.flash_attention, compute.cache_type, gpu_bytes.is_some()).unwrap_or(true);
        let mut request =
            FitRequest { context_tokens, sequences, batch_tokens, cache_type, flash_attention, gpu_layers: 0 };
        if let Some(gpu_bytes) = gpu_bytes {
            request.gpu_layers = compute.gpu_layers.unwrap_or_else(|| {
                let all = FitRequest { gpu_layers: u32::MAX, ..request };
                most_gpu_layers(info, &all, gpu_bytes.saturating_sub(GPU_MARGIN_BYTES))
            });
        }
        request
    }
}

/// How the worker runs a T5Gemma for `n_needed` tokens of source and output: it reserves nothing ahead, and both sides have
/// a limit of their own.
fn t5gemma_request(figures: &T5GemmaFigures, compute: &Compute, n_needed: u32) -> FitRequest {
    let source = figures.source_tokens.min(compute.max_context_tokens.map_or(u64::MAX, u64::from));
    let most = u32::try_from(source.saturating_add(figures.output_tokens)).unwrap_or(u32::MAX);
    let source = u32::try_from(source).unwrap_or(u32::MAX);
    FitRequest {
        context_tokens: n_needed.min(most),
        sequences: 1,
        // The encoder reads the source in one piece.
        batch_tokens: n_needed.min(source),
        cache_type: CacheType::F16,
        flash_attention: false,
        gpu_layers: 0,
    }
}

/// Threads that the worker chooses by itself: the physical cores that this process may use.
pub(crate) fn usual_threads() -> u32 {
    /// Counted once: each step asks, and the system's list has a page for every core.
    static PHYSICAL: LazyLock<Option<usize>> = LazyLock::new(|| sysinfo::System::physical_core_count().ok());
    let usable = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let physical = PHYSICAL.unwrap_or(usable);
    u32::try_from(physical.clamp(1, usable)).unwrap_or(1)
}

/// What would fit instead of the model `id` at `path` with `info`, which takes `estimate` where `machine_bytes` and
/// `gpu_bytes` are free.
pub(crate) fn advice(
    (path, id): (&Path, &str),
    info: &GgufInfo,
    request: &FitRequest,
    estimate: &Estimate,
    (machine_bytes, gpu_bytes): (u64, u64),
) -> Vec<Advice> {
    let mut found = Vec::new();
    if estimate.gpu.total_bytes() > gpu_bytes {
        found.push(Advice::FewerGpuLayers { gpu_layers: most_gpu_layers(info, request, gpu_bytes) });
    }
    let over = estimate.machine.total_bytes().saturating_sub(machine_bytes);
    if over > 0 {
        if let Some((entry, file)) = catalog_file(id) {
            let room = file.size_bytes.saturating_sub(over);
            let smaller = entry.files.iter().filter(|other| other.size_bytes <= room);
            if let Some(other) = smaller.max_by_key(|other| other.size_bytes) {
                found.push(Advice::SmallerQuantization {
                    file_id: other.id.clone(),
                    quantization: other.quantization.clone(),
                    size_bytes: other.size_bytes,
                });
            }
        }
        found.extend(conversion(path, info, request, machine_bytes));
        if let Some(context_tokens) = longest_context(info, request, machine_bytes, u64::MAX) {
            found.push(Advice::ShorterContext { context_tokens });
        }
    }
    if found.is_empty() {
        found.push(Advice::SmallerModel);
    }
    found
}

/// Refuses steps whose models surely do not fit.
#[derive(Debug)]
pub(crate) struct Admission {
    config: AppConfig,
    allows_overcommit: AtomicBool,
}

impl Admission {
    pub(crate) fn new(config: &AppConfig) -> Self {
        Self { config: config.clone(), allows_overcommit: AtomicBool::new(false) }
    }

    /// Whether nothing is refused from now on.
    pub(crate) fn set_overcommit(&self, allows: bool) {
        self.allows_overcommit.store(allows, Ordering::Relaxed);
    }

    /// Why `generation` cannot be carried out for certain.
    pub(crate) async fn refusal(&self, worker: &WorkerClient, generation: &Generation) -> Option<InferenceError> {
        // How much of a model that is spread over other machines stays here is not known beforehand.
        if self.allows_overcommit.load(Ordering::Relaxed)
            || !worker.compute_of(&generation.model).rpc_servers.is_empty()
        {
            return None;
        }
        let memory = machine_memory(&self.config)?;
        let (path, id) = (PathBuf::from(&generation.model.path), generation.model.id.clone());
        // What cannot be read is for the worker to refuse, with its own reason.
        let info = tokio::task::spawn_blocking(move || loaded_header_of(&path)).await.ok()?.ok()?;
        let held: u64 = worker.resident_models().iter().map(brickwork_worker_client::ResidentModel::total_bytes).sum();
        let request = request_of(worker, &generation.model, &info, generation.parameters.max_tokens);
        let estimate = with_draft_model(estimate(&info, &request), &worker.compute_of(&generation.model), &request);
        judge((&generation.model.path, &id), &info, &request, &estimate, memory, held)
    }
}

/// `estimate` with what the model that drafts takes beside it, in a context of the same size. One that cannot be read counts for
/// nothing.
pub(crate) fn with_draft_model(mut estimate: Estimate, compute: &Compute, request: &FitRequest) -> Estimate {
    let info = compute.draft_model.as_ref().and_then(|path| loaded_header_of(Path::new(path)).ok());
    let Some(of_draft) = info.map(|info| brickwork_models::fit::estimate(&info, request)) else { return estimate };
    let add = |share: &mut Share, more: Share| {
        share.weights_bytes = share.weights_bytes.saturating_add(more.weights_bytes);
        share.kv_bytes = share.kv_bytes.saturating_add(more.kv_bytes);
        share.compute_bytes = share.compute_bytes.saturating_add(more.compute_bytes);
    };
    add(&mut estimate.machine, of_draft.machine);
    add(&mut estimate.gpu, of_draft.gpu);
    estimate
}

/// How the worker would run `model` for `n_needed` tokens.
fn request_of(worker: &WorkerClient, model: &ModelRef, info: &GgufInfo, n_needed: u32) -> FitRequest {
    let devices = worker.hello().map(|hello| hello.devices).unwrap_or_default();
    let machine = Machine { devices, threads: usual_threads() };
    machine.request(info, &worker.compute_of(model), n_needed)
}

/// What the model takes of the machine's memory with the smallest context that `worker` gives it, in bytes; 0 for one that
/// cannot be read, which fails its run by itself. Reads its header, unless that is known.
pub(crate) fn least_bytes(worker: &WorkerClient, model: &ModelRef) -> u64 {
    let info = loaded_header_of(Path::new(&model.path));
    info.map_or(0, |info| {
        let request = request_of(worker, model, &info, 1);
        with_draft_model(estimate(&info, &request), &worker.compute_of(model), &request).machine.total_bytes()
    })
}

fn judge(
    (path, id): (&str, &str),
    info: &GgufInfo,
    request: &FitRequest,
    estimate: &Estimate,
    memory: MachineMemory,
    held_bytes: u64,
) -> Option<InferenceError> {
    let needed = estimate.machine.total_bytes();
    let room = memory.available_bytes.saturating_add(held_bytes).min(memory.total_bytes);
    if needed <= room {
        return None;
    }
    let advice = advice((Path::new(path), id), info, request, estimate, (room, u64::MAX));
    let phrase = advice.iter().fold(Phrase::new("too_little_memory"), with_advice);
    let advice: Vec<String> = advice.iter().map(Advice::text).collect();
    let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy();
    let message = format!(
        "The model {name} needs {} MiB with a context of {} tokens, but only {} MiB of memory can be freed for it. {} Or \
         allow more than fits in the settings.",
        needed >> 20,
        request.context_tokens,
        room >> 20,
        advice.join(" ")
    );
    let phrase = phrase.with("model", name.into_owned()).with("needed_mib", needed >> 20);
    let phrase = phrase.with("context", request.context_tokens).with("room_mib", room >> 20);
    Some(InferenceError::new(InferenceErrorCode::OutOfMemory, message).saying(phrase))
}

/// `phrase` with what one piece of advice names; which pieces there are is told by their being named.
fn with_advice(phrase: Phrase, advice: &Advice) -> Phrase {
    match advice {
        Advice::SmallerQuantization { file_id, quantization, size_bytes } => phrase
            .with("smaller_file", file_id)
            .with("smaller_quantization", quantization)
            .with("smaller_mb", size_bytes / 1_000_000),
        Advice::ShorterContext { context_tokens } => phrase.with("shorter_context", *context_tokens),
        Advice::FewerGpuLayers { gpu_layers } => phrase.with("fewer_gpu_layers", *gpu_layers),
        Advice::Quantize { folder, quantization, size_bytes } => phrase
            .with("quantize_folder", folder)
            .with("quantize_type", *quantization)
            .with("quantize_mb", size_bytes / 1_000_000),
        Advice::SmallerModel => phrase.with("smaller_model", 1u32),
    }
}
