//! The grammar of `brickwork models fit`, `brickwork models options`, `brickwork models quantize` and
//! `brickwork lend`.

use std::net::IpAddr;
use std::path::PathBuf;

use brickwork_app::CacheType;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

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
    /// A machine that lends its devices (`brickwork lend`, or llama.cpp's RPC server): the model is spread over it, and
    /// its weights and what it computes travel there, unencrypted. May be given several times.
    #[arg(long = "rpc", value_name = "HOST:PORT")]
    pub(crate) rpc_servers: Vec<String>,
    /// How keys and values are kept: fewer bits take less memory, so that a longer context fits, and cost a little quality.
    #[arg(long, value_parser = cache_type())]
    pub(crate) cache_type: Option<CacheType>,
    /// Whether attention is computed in one pass; on GPUs that can when absent. Processors are faster without it.
    #[arg(long, value_enum)]
    pub(crate) flash_attention: Option<Switch>,
    /// A listed model, smaller and with the same vocabulary, that guesses what the role's model says next.
    #[arg(long, value_name = "ID")]
    pub(crate) draft_model: Option<String>,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Reads a [`CacheType`], whose names the help and the completions list.
fn cache_type() -> impl TypedValueParser<Value = CacheType> {
    let names = PossibleValuesParser::new(CacheType::ALL.map(CacheType::name));
    names.map(|name| CacheType::named(&name).expect("clap lets only these names pass"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

#[derive(Debug, Args)]
pub(crate) struct LendArgs {
    /// The address of this machine at which others reach it.
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) host: IpAddr,
    /// The port.
    #[arg(long, default_value_t = 50052, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: u16,
    /// A device to lend, as `brickwork doctor` lists them; all GPUs when absent, or the processor where there are none.
    /// May be given several times.
    #[arg(long = "device", value_name = "NAME")]
    pub(crate) devices: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct QuantizeArgs {
    /// A T5Gemma folder, or the id of a listed one.
    pub(crate) model: String,
    /// Bits of the weights: q8_0 (8) or q4_k (4, embeddings 8).
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) kind: String,
    /// The file to make; the folder's name with the type, inside the folder, when absent.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}
