//! Figures of the layers that the inference library would not refuse, but end the process over.
//!
//! Each check stands for an assertion in `llama-model.cpp`, as of the llama.cpp that `llama-cpp-sys-2` 0.1.161 carries.

use super::fault::GgufFault;
use super::metadata::Metadata;

/// `LLAMA_MAX_LAYERS`.
const MAX_LAYERS: u64 = 512;
/// `LLAMA_MAX_EXPERTS`.
const MAX_EXPERTS: u64 = 1024;
/// `LLAMA_ROPE_SCALING_TYPES`.
const ROPE_SCALINGS: [&str; 4] = ["none", "linear", "yarn", "longrope"];

/// Refuses figures that end the process.
pub(super) fn check(metadata: &Metadata) -> Result<(), GgufFault> {
    let figure = |name: &'static str| metadata.figure(name).map(|value| (name, value));
    let experts = metadata.figure("expert_count").unwrap_or(0);
    let faulty = [
        figure("block_count").filter(|(_, layers)| !(1..=MAX_LAYERS).contains(layers)),
        figure("nextn_predict_layers")
            .filter(|(_, layers)| metadata.figure("block_count").is_some_and(|all| *layers > all)),
        figure("expert_count").filter(|(_, experts)| *experts > MAX_EXPERTS),
        figure("expert_used_count").filter(|(_, used)| *used > experts || (*used == 0) != (experts == 0)),
        figure("rope.dimension_count").filter(|(_, rotated)| *rotated > metadata.head_width().unwrap_or(u64::MAX)),
        figure("rope.dimension_count").filter(|(_, rotated)| rotated % 2 == 1),
    ];
    if let Some((name, found)) = faulty.into_iter().flatten().next() {
        return Err(GgufFault::Figure { name, found });
    }
    match &metadata.rope_scaling {
        Some(scaling) if !ROPE_SCALINGS.contains(&scaling.as_str()) => {
            Err(GgufFault::RopeScaling(scaling.chars().take(100).collect()))
        }
        _ => Ok(()),
    }
}
