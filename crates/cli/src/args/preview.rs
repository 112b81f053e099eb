//! The grammar of `brickwork preview`, and the values that it shares with `brickwork run`.

use std::path::PathBuf;

use clap::Args;
use uuid::Uuid;

#[derive(Debug, Args)]
pub(crate) struct PreviewArgs {
    /// The pipeline's JSON file, a template's id, or `-` for standard input. It may be unfinished.
    pub(crate) pipeline: String,
    /// Print the text that this step's model would get, instead of the budgets; `assembler` for the last one.
    #[arg(long, value_name = "NAME")]
    pub(crate) step: Option<String>,
    /// The project that the run would belong to.
    #[arg(long)]
    pub(crate) project: Option<Uuid>,
    /// A run, or `latest`, whose outputs are known where running it again would take them over.
    #[arg(long, value_name = "RUN")]
    pub(crate) run: Option<String>,
    #[command(flatten)]
    pub(crate) context: ContextArgs,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Values that are added to a pipeline's global context.
#[derive(Debug, Args)]
pub(crate) struct ContextArgs {
    /// A JSON file whose object is added to the global context.
    #[arg(long, value_name = "FILE")]
    pub(crate) context: Option<PathBuf>,
    /// Set a value of the global context; JSON where it parses as such, text otherwise.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Set a value of the global context to the text of a file.
    #[arg(long, value_name = "KEY=PATH")]
    pub(crate) set_file: Vec<String>,
}
