//! T5Gemma models, which llama.cpp does not run: a folder of safetensors files, or the file that it was converted into.
//!
//! They answer in the same frames as the others. The encoder reads the whole prompt in one piece, so nothing of it is taken
//! from a cache and its progress is told by layers.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use brickwork_t5gemma as t5gemma;
use brickwork_worker_protocol::{
    Compute, Done, FailureCode, FinishReason, FromWorker, Generate, ModelFacts, Prompt, Role, Timings,
};
use t5gemma::{Device, ModelFiles, Source, Step, T5Gemma, T5GemmaError, Vocabulary};

use crate::devices::{self, Known};
use crate::failure::{Failure, Stopped};
use crate::generation::Stream;
use crate::inference::Work;
use crate::text::{GrowingText, Stop};

/// How the format of converted files begins, and how far its architecture is looked for, in bytes.
const MAGIC: &[u8] = b"GGUF";
const HEAD_BYTES: u64 = 4096;

/// Whether the model at `path` is for this module: every folder, and files whose head names the architecture.
pub(crate) fn is_for(path: &Path) -> bool {
    use std::io::Read;

    if path.is_dir() {
        return true;
    }
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut head));
    let key = b"general.architecture";
    let Some(at) = head.windows(key.len()).position(|part| part == key) else { return false };
    // Behind the key stand the type of the value (4 bytes) and its length (8 bytes).
    let value = head.get(at + key.len() + 12..).unwrap_or_default();
    read.is_ok() && head.starts_with(MAGIC) && value.starts_with(b"t5gemma")
}

/// What the weights of the model at `path` take in memory, which for 16 bits is twice their file; `None` for one that cannot
/// be read, which its load tells.
pub(crate) fn memory_bytes(path: &Path) -> Option<u64> {
    ModelFiles::open(path).ok().map(|files| files.memory_bytes())
}

/// What lays prompts out and counts, without the weights.
#[derive(Debug)]
pub(crate) struct Reading {
    vocabulary: Vocabulary,
    pub(crate) facts: ModelFacts,
}

impl Reading {
    /// Reads the tokenizer of the model at `path`.
    ///
    /// # Errors
    /// [`FailureCode::ModelInvalid`] with what is wrong with the model.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let files = ModelFiles::open(path).map_err(failure)?;
        Ok(Self { facts: facts(path, &files), vocabulary: Vocabulary::load(&files).map_err(failure)? })
    }

    /// A prompt as the encoder gets it.
    ///
    /// # Errors
    /// [`FailureCode::BadRequest`] for an empty prompt.
    pub(crate) fn lay_out(&self, prompt: &Prompt) -> Result<Source, Failure> {
        lay_out(&self.vocabulary, prompt)
    }

    /// How many tokens `text` has by itself.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.vocabulary.tokenizer().encode(text).map_or(0, |ids| ids.len())
    }
}

/// A model in memory.
#[derive(Debug)]
pub(crate) struct EncoderDecoder {
    model: T5Gemma,
    device: Option<String>,
    pub(crate) facts: ModelFacts,
    pub(crate) weights_bytes: u64,
    /// What the keys and values of the latest job took.
    pub(crate) kv_bytes: u64,
    /// The longest source and output of the latest job, in tokens.
    pub(crate) n_ctx: u32,
}

impl EncoderDecoder {
    /// Reads the model at `path` into memory. `on_progress` gets the part done, 0 to 1, and stops the load by `false`.
    ///
    /// # Errors
    /// [`Stopped::Cancelled`], what is wrong with the model, or [`FailureCode::BadRequest`] for a place where it cannot be.
    pub(crate) fn load(
        path: &Path,
        compute: &Compute,
        mut on_progress: impl FnMut(f32) -> bool,
    ) -> Result<Self, Stopped> {
        let place = place(compute, &devices::known())?;
        let files = ModelFiles::open(path).map_err(stopped)?;
        let device = place.device().map_err(stopped)?;
        let model = T5Gemma::of(&files, &device, &mut on_progress).map_err(stopped)?;
        let (facts, weights_bytes) = (facts(path, &files), files.memory_bytes());
        Ok(Self { model, device: compute.device.clone(), facts, weights_bytes, kv_bytes: 0, n_ctx: 0 })
    }

    /// Whether it is where `compute` wants it.
    pub(crate) fn suits(&self, compute: &Compute) -> bool {
        self.device == compute.device
    }

    /// Lays the prompt out, and checks that it and the output fit.
    ///
    /// # Errors
    /// [`FailureCode::PromptTooLong`] or [`FailureCode::BadRequest`], with the counts and what to change.
    pub(crate) fn prepare(&mut self, request: &Generate) -> Result<Source, Failure> {
        let source = lay_out(self.model.vocabulary(), &request.prompt)?;
        let (n_source, max_tokens) = (source.ids.len(), request.max_tokens as usize);
        self.model.check_fits(n_source, max_tokens).map_err(failure)?;
        if let Some(limit) = request.limits.max_context_tokens.map(|limit| limit as usize)
            && n_source > limit
        {
            return Err(failure(T5GemmaError::SourceTooLong { n_tokens: n_source, limit }));
        }
        let decoder = &self.model.network().config().decoder;
        let width = decoder.n_kv_heads * decoder.head_dim;
        let n_tokens = n_source + max_tokens;
        // Keys and values of each layer, in 32 bits: the source's, and those of what is written.
        self.kv_bytes = (2 * 4 * decoder.layers.len() * width * n_tokens) as u64;
        self.n_ctx = u32::try_from(n_tokens).unwrap_or(u32::MAX);
        Ok(source)
    }

    /// Encodes `source` and writes the output, whose text is sent as it comes.
    ///
    /// # Errors
    /// [`Stopped::Cancelled`], or a failure of the computation.
    pub(crate) fn generate(
        &self,
        source: &Source,
        request: &Generate,
        load_ms: f64,
        work: Work<'_>,
    ) -> Result<Done, Stopped> {
        let n_source = source.ids.len();
        let report = |done: usize| {
            let (done, total) = (count(done), count(n_source));
            work.output.send(&FromWorker::PromptProgress { job: work.job, done, total, cached: 0 });
        };
        report(0);
        let started = Instant::now();
        let sampling = &request.sampling;
        let sampling = t5gemma::Sampling {
            temperature: sampling.temperature,
            seed: sampling.seed,
            top_p: sampling.top_p,
            repeat_penalty: sampling.repeat_penalty,
            dry_multiplier: sampling.dry_multiplier,
        };
        let mut on_layer = |done: usize, all: usize| {
            report(n_source * done / all.max(1));
            !work.cancels.contains(work.job)
        };
        let mut generation =
            self.model.start(&source.ids, request.max_tokens as usize, sampling, &mut on_layer).map_err(stopped)?;
        let begun = begun(&request.prompt);
        if !begun.is_empty() {
            let ids = self.model.vocabulary().tokenizer().encode(begun).map_err(stopped)?;
            generation.go_on_behind(&ids).map_err(stopped)?;
        }
        let prompt_ms = started.elapsed().as_secs_f64() * 1000.0;

        let started = Instant::now();
        let stops = request.stop.iter().map(|text| Stop { text: text.clone(), ends_turn: false }).collect();
        let mut text = GrowingText::new(stops);
        let mut stream = Stream::new(Arc::clone(work.output), work.job);
        let mut token_ids = Vec::new();
        let finish_reason = loop {
            work.check_cancelled()?;
            match generation.advance().map_err(stopped)? {
                Step::End => break FinishReason::EndOfTurn,
                Step::Length => break FinishReason::Length,
                Step::Token { id, bytes } => {
                    token_ids.push(id);
                    if text.push(&bytes).is_some() {
                        break FinishReason::StopString;
                    }
                    stream.offer(&mut text, token_ids.len());
                }
            }
        };
        stream.end(&mut text, token_ids.len());
        let timings = Timings {
            load_ms,
            prompt_ms,
            generate_ms: started.elapsed().as_secs_f64() * 1000.0,
            prompt_tokens: count(n_source),
            cached_tokens: 0,
            generated_tokens: count(token_ids.len()),
            ..Timings::default()
        };
        Ok(Done { job: work.job, finish_reason, timings, token_ids })
    }
}

fn facts(path: &Path, files: &ModelFiles) -> ModelFacts {
    let config = files.config();
    ModelFacts {
        architecture: "t5gemma".to_owned(),
        name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        n_ctx_train: count(config.source_limit()),
        n_params: files.n_params(),
        n_vocab: count(config.decoder.vocab_size),
        has_chat_template: files.is_instruction_tuned(),
    }
}

/// What the model has written already of the turn that it is to go on with.
fn begun(prompt: &Prompt) -> &str {
    let Prompt::Chat(chat) = prompt else { return "" };
    chat.last().filter(|last| last.role == Role::Assistant).map_or("", |last| &last.content)
}

fn lay_out(vocabulary: &Vocabulary, prompt: &Prompt) -> Result<Source, Failure> {
    let messages: Vec<t5gemma::Message<'_>>;
    let prompt = match prompt {
        Prompt::Raw(text) => t5gemma::Prompt::Plain(text),
        Prompt::Chat(chat) => {
            let chat = if begun(prompt).is_empty() { chat } else { &chat[..chat.len() - 1] };
            messages = chat
                .iter()
                .map(|message| t5gemma::Message {
                    speaker: match message.role {
                        Role::System => t5gemma::Speaker::System,
                        Role::User => t5gemma::Speaker::User,
                        Role::Assistant => t5gemma::Speaker::Model,
                    },
                    content: &message.content,
                })
                .collect();
            t5gemma::Prompt::Chat(&messages)
        }
    };
    vocabulary.lay_out(prompt).map_err(failure)
}

/// Where candle computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Processor,
    /// The graphics card of that number.
    #[cfg_attr(not(any(feature = "t5gemma-cuda", feature = "t5gemma-metal")), allow(dead_code))]
    Gpu(usize),
}

/// How the names of the devices begin that this build drives with candle, as llama.cpp calls them.
const GPU_NAMES: &[&str] = if cfg!(feature = "t5gemma-cuda") {
    &["CUDA"]
} else if cfg!(feature = "t5gemma-metal") {
    &["MTL", "Metal"]
} else {
    &[]
};

impl Place {
    #[allow(clippy::unnecessary_wraps, reason = "builds for GPUs can fail here")]
    fn device(self) -> Result<Device, T5GemmaError> {
        match self {
            #[cfg(feature = "t5gemma-cuda")]
            Self::Gpu(index) => Ok(Device::new_cuda(index)?),
            #[cfg(all(feature = "t5gemma-metal", not(feature = "t5gemma-cuda")))]
            Self::Gpu(index) => Ok(Device::new_metal(index)?),
            _ => Ok(Device::Cpu),
        }
    }
}

/// The place that `compute` asks for: on the processor, unless this build drives a GPU and the request leaves one to it.
fn place(compute: &Compute, known: &[Known]) -> Result<Place, Failure> {
    place_of(compute, known, GPU_NAMES)
}

/// # Errors
/// [`FailureCode::BadRequest`] for a device that is not there or that candle does not drive in this build, and for other
/// machines.
fn place_of(compute: &Compute, known: &[Known], gpu_names: &[&str]) -> Result<Place, Failure> {
    if !compute.rpc_servers.is_empty() {
        let servers = compute.rpc_servers.join(", ");
        let message = format!(
            "A T5Gemma cannot be spread over other machines, and its role names {servers}: take them from the role's \
             options, or choose a GGUF model for it."
        );
        return Err(Failure::new(FailureCode::BadRequest, message)
            .saying("t5gemma_not_spread")
            .text("servers", servers));
    }
    let number = |name: &str| {
        let rest = gpu_names.iter().find_map(|start| name.strip_prefix(start))?;
        if rest.is_empty() { Some(0) } else { rest.parse().ok() }
    };
    let is_here = |device: &&Known| !device.is_remote() && (!device.is_gpu() || number(&device.name).is_some());
    let Some(name) = compute.device.as_deref() else {
        let is_wanted = compute.gpu_layers != Some(0) && !gpu_names.is_empty();
        return Ok(if is_wanted { Place::Gpu(0) } else { Place::Processor });
    };
    let Some(device) = known.iter().filter(is_here).find(|device| device.name == name) else {
        let names: Vec<&str> = known.iter().filter(is_here).map(|device| device.name.as_str()).collect();
        let names = names.join(", ");
        let message = format!(
            "There is no device `{name}` for a T5Gemma. This worker knows {names}: choose one of them for the role."
        );
        let failure = Failure::new(FailureCode::BadRequest, message).saying("worker_lacks_t5gemma_device");
        return Err(failure.text("device", name).text("devices", names));
    };
    Ok(match number(name) {
        Some(index) if device.is_gpu() && compute.gpu_layers != Some(0) => Place::Gpu(index),
        _ => Place::Processor,
    })
}

fn stopped(error: T5GemmaError) -> Stopped {
    match error {
        T5GemmaError::Cancelled => Stopped::Cancelled,
        error => Stopped::Failed(failure(error)),
    }
}

#[allow(clippy::needless_pass_by_value, reason = "it is what map_err gives")]
fn failure(error: T5GemmaError) -> Failure {
    use T5GemmaError as Error;

    let code = match &error {
        Error::Missing { .. } => FailureCode::ModelMissing,
        Error::SourceTooLong { .. } | Error::OutputTooLong { .. } => FailureCode::PromptTooLong,
        Error::EmptyPrompt | Error::BadRequest(_) => FailureCode::BadRequest,
        Error::Compute(_) => FailureCode::LoadFailed,
        Error::Cancelled => FailureCode::Internal,
        _ => FailureCode::ModelInvalid,
    };
    // Errors begin with a small letter, since they may follow other words; here they are a sentence of their own.
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().collect::<String>()).unwrap_or_default();
    let starts_with_path = text.starts_with(std::path::MAIN_SEPARATOR);
    let sentence = if starts_with_path { text.clone() } else { format!("{first}{}", letters.as_str()) };
    let failure = Failure::new(code, format!("{}.", sentence.trim_end_matches('.')));
    match &error {
        Error::Missing { path } => failure.saying("model_part_missing").text("path", path.display().to_string()),
        Error::EmptyPrompt => failure.saying("prompt_without_text"),
        Error::SourceTooLong { n_tokens, limit } => {
            failure.saying("source_too_long").count("tokens", count(*n_tokens)).count("limit", count(*limit))
        }
        Error::OutputTooLong { max_tokens, limit } => {
            failure.saying("output_too_long").count("tokens", count(*max_tokens)).count("limit", count(*limit))
        }
        Error::Compute(cause) => failure.saying("model_not_computed").text("cause", cause.to_string()),
        _ => failure,
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use brickwork_worker_protocol::DeviceKind;

    use super::*;

    #[test]
    fn a_place_is_the_one_that_was_asked_for_or_none() {
        let known: Vec<Known> = [
            ("CPU", "CPU", DeviceKind::Cpu),
            ("CUDA0", "CUDA", DeviceKind::Gpu),
            ("CUDA1", "CUDA", DeviceKind::Gpu),
            ("Vulkan0", "Vulkan", DeviceKind::Gpu),
            ("RPC0[host:1]", "RPC[host:1]", DeviceKind::Gpu),
        ]
        .into_iter()
        .enumerate()
        .map(|(index, (name, module, kind))| Known { index, name: name.into(), module: module.into(), kind })
        .collect();
        let on = |device: Option<&str>, gpu_layers: Option<u32>, gpu_names: &[&str]| {
            let compute = Compute { device: device.map(str::to_owned), gpu_layers, ..Compute::default() };
            place_of(&compute, &known, gpu_names).map_err(|failure| failure.message)
        };
        let cuda: &[&str] = &["CUDA"];
        for (device, gpu_layers, gpu_names, expected) in [
            (None, None, &[][..], Place::Processor),
            (Some("CPU"), None, &[], Place::Processor),
            (None, None, cuda, Place::Gpu(0)),
            (None, Some(0), cuda, Place::Processor),
            (Some("CPU"), None, cuda, Place::Processor),
            (Some("CUDA1"), None, cuda, Place::Gpu(1)),
            (Some("CUDA1"), Some(0), cuda, Place::Processor),
        ] {
            assert_eq!(on(device, gpu_layers, gpu_names), Ok(expected), "{device:?}, {gpu_layers:?}, {gpu_names:?}");
        }
        for (device, gpu_names, others) in [
            ("Nothing", &[][..], "CPU:"),
            ("CUDA0", &[], "CPU:"),
            ("CUDA2", cuda, "CPU, CUDA0, CUDA1:"),
            ("Vulkan0", cuda, "CPU, CUDA0, CUDA1:"),
            ("RPC0[host:1]", cuda, "CPU, CUDA0, CUDA1:"),
        ] {
            let message = on(Some(device), None, gpu_names).unwrap_err();
            assert!(message.contains(device) && message.contains(&format!("knows {others}")), "{message}");
        }
        let spread = Compute { rpc_servers: vec!["gpu-box:50052".to_owned()], ..Compute::default() };
        let failure = place_of(&spread, &known, &[]).unwrap_err();
        assert_eq!(failure.code, FailureCode::BadRequest);
        assert!(failure.message.contains("gpu-box:50052"), "{}", failure.message);
    }
}
