//! Reading a model file into memory, and telling why that failed.

use std::ffi::CString;
use std::path::Path;
use std::pin::pin;

use brickwork_worker_protocol::{Compute, DeviceKind, FailureCode};
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;

use crate::devices::{self, Known};
use crate::failure::{Failure, Stopped};
use crate::log;
use crate::rpc::Servers;

/// Memory of each GPU that is left free, in bytes.
const GPU_MARGIN_BYTES: usize = 1 << 30;

/// The smallest context that a GPU must have room for before layers are moved to it, in tokens.
const GPU_LEAST_CONTEXT: u32 = 4096;

/// Where a model's layers go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Placement {
    /// The RPC servers whose devices are among `gpus`.
    servers: Vec<String>,
    /// What holds layers beside the processor, by place in llama.cpp's list; devices of servers first.
    gpus: Vec<usize>,
    /// Layers for those; as many as fit when absent.
    gpu_layers: Option<u32>,
}

impl Placement {
    /// The placement that `compute` asks for. `is_in_use` says whether a loaded model is spread over a server.
    ///
    /// # Errors
    /// [`FailureCode::BadRequest`] when there is no such device, and those of [`Servers::devices`].
    pub(crate) fn of(
        compute: &Compute,
        servers: &mut Servers,
        is_in_use: impl Fn(&str) -> bool,
    ) -> Result<Self, Failure> {
        let mut gpus = local_gpus(&devices::known(), compute.device.as_deref())?;
        // Layers go from the front of the list to its end, so those next to each other stay on one machine.
        let mut of_servers = Vec::new();
        for address in &compute.rpc_servers {
            of_servers.extend(servers.devices(address, is_in_use(address))?);
        }
        gpus.splice(0..0, of_servers);
        // Without a GPU there is nothing that a model could be loaded differently for.
        let gpu_layers = if gpus.is_empty() { Some(0) } else { compute.gpu_layers };
        Ok(Self { servers: compute.rpc_servers.clone(), gpus, gpu_layers })
    }

    /// Whether a GPU or a server has a part in the work.
    pub(crate) fn uses_gpu(&self) -> bool {
        self.gpu_layers != Some(0)
    }

    /// Whether a part of the model may be on the server at `address`.
    pub(crate) fn is_on(&self, address: &str) -> bool {
        self.servers.iter().any(|server| server == address)
    }
}

/// The GPUs of this machine that a model may use: the one that is called `name`, or all; those in the processor only
/// where there are no others.
///
/// # Errors
/// [`FailureCode::BadRequest`] when there is no such device.
fn local_gpus(known: &[Known], name: Option<&str>) -> Result<Vec<usize>, Failure> {
    let local = || known.iter().filter(|device| !device.is_remote());
    let Some(name) = name else {
        let of = |kind| local().filter(move |device| device.kind == kind).map(|device| device.index);
        let discrete: Vec<usize> = of(DeviceKind::Gpu).collect();
        return Ok(if discrete.is_empty() { of(DeviceKind::IntegratedGpu).collect() } else { discrete });
    };
    let Some(device) = local().find(|device| device.name == name) else {
        let names: Vec<&str> = local().map(|device| device.name.as_str()).collect();
        let message = format!(
            "There is no device `{name}`. This worker knows {}: choose one of them for the role.",
            names.join(", ")
        );
        let failure = Failure::new(FailureCode::BadRequest, message).saying("worker_lacks_device");
        return Err(failure.text("device", name).text("devices", names.join(", ")));
    };
    // What is no GPU works together with the processor.
    Ok(if device.is_gpu() { vec![device.index] } else { Vec::new() })
}

/// How much of a file is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Everything.
    Weights(Placement),
    /// Metadata and vocabulary, enough to count tokens.
    Vocabulary,
}

/// Reads the model at `path`. `on_progress` gets the part done, 0 to 1, and stops the load by returning `false`.
///
/// # Errors
/// [`Stopped::Cancelled`] when `on_progress` stopped it; otherwise [`FailureCode::OutOfMemory`],
/// [`FailureCode::LoadFailed`] or [`FailureCode::ModelInvalid`].
pub(crate) fn load(
    backend: &LlamaBackend,
    path: &str,
    extent: &Extent,
    mut on_progress: impl FnMut(f32) -> bool + 'static,
) -> Result<LlamaModel, Stopped> {
    use std::cell::Cell;
    use std::rc::Rc;

    let is_stopped = Rc::new(Cell::new(false));
    let stopped = Rc::clone(&is_stopped);
    let mut params = LlamaModelParams::default().with_vocab_only(*extent == Extent::Vocabulary).with_progress_callback(
        move |fraction| {
            let goes_on = on_progress(fraction);
            stopped.set(!goes_on);
            goes_on
        },
    );
    let mut is_fitted = false;
    if let Extent::Weights(placement) = extent {
        // An empty list means the processor alone; without a list llama.cpp would use all that it knows.
        params = params.with_devices(&placement.gpus).map_err(|error| {
            let message = format!("The devices for {path} cannot be used ({error}). Choose others for the role.");
            let failure = Failure::new(FailureCode::BadRequest, message).saying("devices_unusable");
            failure.text("path", path).text("cause", error.to_string())
        })?;
        match placement.gpu_layers {
            Some(layers) => params = params.with_n_gpu_layers(layers),
            None => is_fitted = true,
        }
    }
    let mut params = pin!(params);
    if is_fitted {
        fit_to_gpu(params.as_mut(), path);
    }
    log::take_errors();
    log::take_buffers();
    LlamaModel::load_from_file(backend, Path::new(path), &params).map_err(|error| {
        if is_stopped.get() {
            return Stopped::Cancelled;
        }
        Stopped::Failed(load_failure(path, &error.to_string(), &log::take_errors()))
    })
}

/// Lets llama.cpp choose how many layers go to the GPU. Without an answer its default stays: all of them.
fn fit_to_gpu(params: std::pin::Pin<&mut LlamaModelParams>, path: &str) {
    let Ok(path) = CString::new(path) else { return };
    let mut context = LlamaContextParams::default();
    let mut margins = vec![GPU_MARGIN_BYTES; llama_cpp_2::max_devices()];
    let level = llama_cpp_sys_2::GGML_LOG_LEVEL_ERROR;
    if let Err(error) = params.fit_params(&path, &mut context, &mut margins, GPU_LEAST_CONTEXT, level) {
        eprintln!("layers could not be fitted to the GPU: {error}");
    }
    // Fitting replaces llama.cpp's log for a while.
    log::install();
}

/// The failure that llama.cpp's words about a load stand for.
fn load_failure(path: &str, error: &str, errors: &[String]) -> Failure {
    let reason = telling(errors).unwrap_or(error);
    let whole = errors.join("\n");
    if is_out_of_memory(&whole) {
        return out_of_memory(path, reason);
    }
    let (code, reason_word, remedy) =
        if whole.contains("unknown model architecture") || whole.contains("unknown pre-tokenizer") {
            (
                FailureCode::LoadFailed,
                "unknown_kind_of_model",
                "This version does not know that kind of model. Choose another model.",
            )
        } else {
            (
                FailureCode::ModelInvalid,
                "model_not_loaded",
                "The file may be damaged or incomplete. Download it again, or choose another model.",
            )
        };
    Failure::new(code, format!("The model {path} could not be loaded: {reason}. {remedy}"))
        .saying(reason_word)
        .text("path", path)
        .text("cause", reason)
}

/// The last of llama.cpp's errors that says why: it ends with one that only says that the load failed.
fn telling(errors: &[String]) -> Option<&str> {
    let is_telling = |error: &&String| !error.ends_with("failed to load model");
    let reason = errors.iter().rev().find(is_telling).or(errors.last())?;
    Some(reason.rsplit_once("error loading model: ").map_or(reason, |(_, reason)| reason))
}

/// Whether llama.cpp's errors tell of a lack of memory, of the machine or of a GPU.
pub(crate) fn is_out_of_memory(errors: &str) -> bool {
    let errors = errors.to_lowercase();
    [
        "failed to allocate",
        "unable to allocate",
        "out of memory",
        "outofdevicememory",
        "cannot allocate memory",
        "bad_alloc",
    ]
    .iter()
    .any(|words| errors.contains(words))
}

/// The failure for a lack of memory.
pub(crate) fn out_of_memory(path: &str, reason: &str) -> Failure {
    Failure::new(
        FailureCode::OutOfMemory,
        format!(
            "There is not enough memory for the model {path} ({reason}). Close other programs, lower max_tokens, or choose \
             a smaller model."
        ),
    )
    .saying("not_enough_memory")
    .text("path", path)
    .text("cause", reason)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn gpus_of_this_machine_are_chosen() {
        let device = |index, name: &str, module: &str, kind| Known {
            index,
            name: name.to_owned(),
            module: module.to_owned(),
            kind,
        };
        let known = [
            device(0, "CUDA0", "CUDA", DeviceKind::Gpu),
            device(1, "Vulkan0", "Vulkan", DeviceKind::IntegratedGpu),
            device(2, "CPU", "CPU", DeviceKind::Cpu),
            device(3, "RPC0", "RPC[10.0.0.2:50052]", DeviceKind::Gpu),
        ];
        let check = |known: &[Known], name: Option<&str>, expected: Option<&[usize]>| {
            assert_eq!(local_gpus(known, name).ok().as_deref(), expected, "{name:?}");
        };
        check(&known, None, Some(&[0]));
        check(&known[1..], None, Some(&[1]));
        check(&known[2..], None, Some(&[]));
        check(&known, Some("Vulkan0"), Some(&[1]));
        check(&known, Some("CPU"), Some(&[]));
        check(&known, Some("RPC0"), None);
        assert!(local_gpus(&known, Some("CUDA7")).unwrap_err().message.contains("CUDA0, Vulkan0, CPU"));
    }

    #[test]
    fn reasons_are_told_apart() {
        let check = |errors: &[&str], expected: FailureCode| {
            let errors: Vec<String> = errors.iter().map(|text| (*text).to_owned()).collect();
            let failure = load_failure("/m.gguf", "null", &errors);
            assert_eq!(failure.code, expected, "{}", failure.message);
            assert!(failure.message.contains("/m.gguf"), "{}", failure.message);
        };
        check(
            &["ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 9"],
            FailureCode::OutOfMemory,
        );
        check(
            &["error loading model: mmap failed: Cannot allocate memory", "failed to load model"],
            FailureCode::OutOfMemory,
        );
        check(&["llama_model_load: error loading model: std::bad_alloc"], FailureCode::OutOfMemory);
        check(&["error loading model: unknown model architecture: 'x'"], FailureCode::LoadFailed);
        check(
            &["gguf_init_from_file_impl: invalid magic characters: 'abcd', expected 'GGUF'"],
            FailureCode::ModelInvalid,
        );
        check(&[], FailureCode::ModelInvalid);
    }

    #[test]
    fn the_reason_is_the_error_that_tells_one() {
        let check = |errors: &[&str], expected: &str| {
            let errors: Vec<String> = errors.iter().map(|text| (*text).to_owned()).collect();
            let said = load_failure("/m.gguf", "null", &errors).message;
            assert!(said.starts_with(&format!("The model /m.gguf could not be loaded: {expected}. ")), "{said}");
        };
        let vocabulary =
            "llama_model_load: error loading model: error loading model vocabulary: unknown pre-tokenizer type: 'x'";
        let generic = "llama_model_load_from_file_impl: failed to load model";
        check(&[vocabulary, generic], "error loading model vocabulary: unknown pre-tokenizer type: 'x'");
        check(&["gguf_init: bad magic"], "gguf_init: bad magic");
        check(&[generic], generic);
        check(&[], "null");
    }
}
