//! What would fit where a model does not.

use std::path::Path;

use serde::Serialize;

use super::{FitRequest, estimate};
use crate::gguf::GgufInfo;

/// Contexts are proposed in multiples of this, in tokens.
const CONTEXT_STEP: u32 = 256;

/// The shortest context that is worth proposing, in tokens.
const LEAST_CONTEXT: u32 = 1024;

/// Something that would fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Advice {
    /// Another file of the same model.
    SmallerQuantization {
        /// The file's id in the catalog.
        file_id: String,
        /// Its quantization.
        quantization: String,
        /// Its size in bytes.
        size_bytes: u64,
    },
    /// A shorter context.
    ShorterContext {
        /// The longest context that fits, in tokens.
        context_tokens: u32,
    },
    /// Fewer layers on the GPU.
    FewerGpuLayers {
        /// The most layers that fit.
        gpu_layers: u32,
    },
    /// The folder of a T5Gemma converted to a smaller form, once.
    Quantize {
        /// The folder.
        folder: String,
        /// What to convert it to, as the command takes it: `q8_0` or `q4_k`.
        quantization: &'static str,
        /// Bytes of the weights then, on disk as in memory.
        size_bytes: u64,
    },
    /// None of the others helps.
    SmallerModel,
}

impl Advice {
    /// The advice in words.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::SmallerQuantization { file_id, quantization, size_bytes } => {
                format!("Take the file {file_id} of the same model: {quantization} has {} MB.", size_bytes / 1_000_000)
            }
            Self::ShorterContext { context_tokens } => {
                format!("Limit the role's context to {context_tokens} tokens.")
            }
            Self::FewerGpuLayers { gpu_layers } => format!("Put at most {gpu_layers} layers on the GPU."),
            Self::Quantize { folder, quantization, size_bytes } => format!(
                "Convert it once to a smaller form, which takes {} MB: `brickwork models quantize \"{folder}\" --type \
                 {quantization}`.",
                size_bytes / 1_000_000
            ),
            Self::SmallerModel => "Choose a smaller model, or close other programs.".to_owned(),
        }
    }
}

/// What the T5Gemma of `info`, whose folder is `folder`, is to be converted to so that it takes no more than
/// `machine_bytes`: the finer form that does. `None` for a model that is converted already, and where neither does.
#[must_use]
pub fn conversion(folder: &Path, info: &GgufInfo, request: &FitRequest, machine_bytes: u64) -> Option<Advice> {
    let figures = info.t5gemma.filter(|_| folder.is_dir())?;
    [("q8_0", false), ("q4_k", true)].into_iter().find_map(|(quantization, to_four_bits)| {
        let size_bytes = figures.converted_bytes(info.n_params?, to_four_bits);
        let converted = GgufInfo { tensor_bytes: size_bytes, ..info.clone() };
        let folder = folder.to_string_lossy().into_owned();
        (estimate(&converted, request).machine.total_bytes() <= machine_bytes).then_some(Advice::Quantize {
            folder,
            quantization,
            size_bytes,
        })
    })
}

/// The longest context of at most `request.context_tokens`, in tokens, with which the model takes no more than
/// `machine_bytes` of the machine's and `gpu_bytes` of the GPU's memory. `None` when no context that is of use does.
#[must_use]
pub fn longest_context(info: &GgufInfo, request: &FitRequest, machine_bytes: u64, gpu_bytes: u64) -> Option<u32> {
    let fits = |context_tokens: u32| {
        let estimate = estimate(info, &FitRequest { context_tokens, ..*request });
        estimate.machine.total_bytes() <= machine_bytes && estimate.gpu.total_bytes() <= gpu_bytes
    };
    if fits(request.context_tokens) {
        return Some(request.context_tokens);
    }
    let (mut least, mut most) = (LEAST_CONTEXT / CONTEXT_STEP, request.context_tokens / CONTEXT_STEP);
    if least > most || !fits(least * CONTEXT_STEP) {
        return None;
    }
    while least < most {
        let middle = (least + most).div_ceil(2);
        if fits(middle * CONTEXT_STEP) {
            least = middle;
        } else {
            most = middle - 1;
        }
    }
    Some(least * CONTEXT_STEP)
}

/// The most layers on a GPU, of at most `request.gpu_layers`, that take no more than `gpu_bytes` of its memory.
#[must_use]
pub fn most_gpu_layers(info: &GgufInfo, request: &FitRequest, gpu_bytes: u64) -> u32 {
    let all = u32::try_from(info.block_count.unwrap_or(0)).unwrap_or(u32::MAX).saturating_add(1);
    let fits = |gpu_layers| estimate(info, &FitRequest { gpu_layers, ..*request }).gpu.total_bytes() <= gpu_bytes;
    (0..=request.gpu_layers.min(all)).rev().find(|gpu_layers| fits(*gpu_layers)).unwrap_or(0)
}
