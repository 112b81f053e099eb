//! The grammar of `brickwork models fit` and `brickwork models options`.

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct FitArgs {
    /// A role, a listed model's id, a model's file, a pipeline's JSON file or a template's id; all roles when absent.
    pub(crate) what: Option<String>,
    /// Tokens of the context.
    #[arg(long, value_name = "TOKENS", value_parser = clap::value_parser!(u32).range(256..=16_777_216))]
    pub(crate) context: Option<u32>,
    /// Layers on the GPU.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) gpu_layers: Option<u32>,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct OptionsArgs {
    /// CodeLlama, CodeGemma, T5Gemma or Assembler.
    pub(crate) role: String,
    /// The device that computes, as `brickwork doctor` lists them.
    #[arg(long, value_name = "NAME")]
    pub(crate) device: Option<String>,
    /// Layers on the GPU.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) gpu_layers: Option<u32>,
    /// The largest context window, in tokens.
    #[arg(long, value_name = "TOKENS")]
    pub(crate) context: Option<u32>,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}
